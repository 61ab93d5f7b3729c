"""What keeps honest signers unhindered and floods out."""

from __future__ import annotations

from flask import Flask

from petition_app.antiabuse import redis_counts


def init_app(app: Flask) -> None:
    from petition_app.antiabuse.suspicion import Memory

    redis_counts.init_app(app)
    app.extensions["suspicion"] = Memory()
