"""What signers say, once their signatures count."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.comments.charter import POINTS
    from petition_app.comments.views import blueprint

    app.register_blueprint(blueprint)
    # The charter, the personal page and the mail say the same sentences.
    app.jinja_env.globals["charter_points"] = POINTS
