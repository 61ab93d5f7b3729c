"""From the form to the count: sign, confirm, see, correct, withdraw, erase."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.petitions.fields import answer_label, answer_text
    from petition_app.signing import personal_views  # noqa: F401  # adds its routes to the blueprint of views.py
    from petition_app.signing.views import blueprint

    app.jinja_env.globals.update(answer_label=answer_label, answer_text=answer_text)
    app.register_blueprint(blueprint)
