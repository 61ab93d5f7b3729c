"""What keeps a site running: serve, work, examine, back up, and the commands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.operations import health, request_log

    request_log.init_app(app)
    app.register_blueprint(health.blueprint)
