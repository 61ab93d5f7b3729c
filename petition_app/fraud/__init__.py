"""What signatures have in common that honest ones seldom have: found by a job, decided on by the association."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.fraud.watching import Watcher

    app.extensions["fraud"] = Watcher()
