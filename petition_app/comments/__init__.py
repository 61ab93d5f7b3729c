"""What signers say, once their signatures count."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.comments.views import blueprint

    app.register_blueprint(blueprint)
