"""The signatures as a file for one use, with what that use needs and no more."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.exports.making import make_export
    from petition_app.files.making import register

    with app.app_context():
        register("export", make_export)
