"""What everybody sees: the list of petitions, a petition, its number as it moves, its signers, the legal pages."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.public import legal  # noqa: F401  # adds its routes to the blueprint of views.py
    from petition_app.public.pace import process_pacer
    from petition_app.public.structured_data import structured_data
    from petition_app.public.views import blueprint

    app.jinja_env.globals["structured_data"] = structured_data
    app.extensions["pacer"] = process_pacer()
    app.register_blueprint(blueprint)
