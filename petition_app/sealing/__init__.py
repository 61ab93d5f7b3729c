"""Signers' addresses at rest in sealed boxes, where the association has chosen so (docs/sealing.md).

The program can put an address into a box, and cannot open one: for that it takes the private key, which lies in the
database locked by a passphrase that administrators know. What has to be told apart without opening (who has signed
already, whose pace it is, who wants no news) goes by a keyed hash of the mailbox, whose key lies outside the database.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.sealing.keyring import Keyring

    app.extensions["keyring"] = Keyring()
