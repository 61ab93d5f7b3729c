"""What keeps a site running: serve, work, examine, back up, and the commands for it."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.operations import health, logs

    logs.init_app(app)
    app.register_blueprint(health.blueprint)
