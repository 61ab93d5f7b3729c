"""Mails: written into the outbox with what caused them, made and sent by the worker."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.mail import mailbox

    app.register_blueprint(mailbox.blueprint)
