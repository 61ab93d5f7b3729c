"""From the form to the count: sign, confirm, see, correct, withdraw, erase."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.mail import messages
    from petition_app.petitions.fields import answer_label, answer_text
    from petition_app.privacy import retention
    from petition_app.privacy.consent import OPTIONAL_BOXES
    from petition_app.signing import (
        lost_links,
        personal_views,  # noqa: F401  # adds its routes to the blueprint of views.py
        stored_data,
    )
    from petition_app.signing.views import blueprint

    messages.add_kind("lost_links", lost_links.mail, lost_links.unwanted)
    app.jinja_env.globals.update(
        answer_label=answer_label,
        answer_text=answer_text,
        mail_words=stored_data.MAIL_WORDS,
        optional_boxes=OPTIONAL_BOXES,
        signers_kept=retention.signers_kept,
        retention_rules=retention.RULES,
    )
    app.register_blueprint(blueprint)
