"""Which language a visitor is answered in, and the catalogues that hold its words."""

from __future__ import annotations

from flask import Flask

from petition_app.extensions import babel
from petition_app.i18n import catalogues, routing
from petition_app.i18n.locales import selected_locale


def init_app(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    catalogues.compile_all(settings.catalogues_dir)
    babel.init_app(
        app,
        default_locale=settings.default_locale,
        default_timezone=settings.timezone.key,
        default_translation_directories=str(settings.catalogues_dir),
        locale_selector=selected_locale,
    )
    routing.init_app(app)
