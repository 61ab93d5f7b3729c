"""A petition site that an association runs on its own machine, and whose count anyone can check."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from petition_app.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Wire the program together. Without settings, they are read from the environment and `.env`."""
    from flask import Flask

    from petition_app import (
        admin,
        antiabuse,
        comments,
        delivery,
        engine,
        exports,
        fraud,
        i18n,
        mail,
        operations,
        outcomes,
        pictures,
        public,
        sealing,
        signing,
        site,
        updates,
        web,
    )
    from petition_app.config import read_settings
    from petition_app.extensions import db, prepare_engine
    from petition_app.paths import resource_folder

    settings = settings or read_settings()
    app = Flask(__name__, template_folder=str(resource_folder("templates")), static_folder=None)
    # No view is a coroutine: Flask looks for one eleven times in each request.
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]
    app.config.from_mapping(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SITE_URL=settings.site_url,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine.options(settings),
    )
    db.init_app(app)
    prepare_engine(app)
    for layer in (
        site,
        antiabuse,
        i18n,
        sealing,
        web,
        mail,
        pictures,
        signing,
        comments,
        outcomes,
        exports,
        fraud,
        updates,
        delivery,
        public,
        admin,
        operations,
    ):
        layer.init_app(app)
    return app
