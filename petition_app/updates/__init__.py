"""News of a petition: on its page, and by mail to the signers who asked for it."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.mail import messages
    from petition_app.updates import mails
    from petition_app.updates.unsubscribing import blueprint

    messages.add_kind("update", mails.update, mails.unwanted)
    messages.add_kind("update_test", mails.test, mails.unwanted_test)
    app.register_blueprint(blueprint)
