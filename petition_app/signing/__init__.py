"""From the form to the count: sign, confirm, see, correct, withdraw, erase."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.signing import personal_views  # noqa: F401  # adds its routes to the blueprint of views.py
    from petition_app.signing.views import blueprint

    app.register_blueprint(blueprint)
