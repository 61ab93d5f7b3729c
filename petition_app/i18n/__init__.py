"""Which language a visitor is answered in, and the catalogues that hold its words."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import get_translations

from petition_app.extensions import babel
from petition_app.i18n import catalogues, routing
from petition_app.i18n.locales import selected_locale
from petition_app.site import effective


def init_app(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    catalogues.compile_all(settings.catalogues_dir)
    babel.init_app(
        app,
        default_locale=settings.default_locale,
        default_timezone=settings.timezone.key,
        default_translation_directories=str(settings.catalogues_dir),
        locale_selector=selected_locale,
        timezone_selector=lambda: effective.settings().timezone.key,
    )
    _speed_up_templates(app)
    routing.init_app(app)


def _speed_up_templates(app: Flask) -> None:
    """Give templates the catalogue of the locale directly: Flask-Babel looks up its context four times for a word."""
    kept: dict[str, Any] = {}

    def catalogue() -> Any:
        locale = selected_locale()
        if locale not in kept:
            kept[locale] = get_translations()
        return kept[locale]

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by Jinja's extension
        lambda word: catalogue().ugettext(word),
        lambda one, many, count: catalogue().ungettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, word: catalogue().upgettext(context, word),
        npgettext=lambda context, one, many, count: catalogue().unpgettext(context, one, many, count),
    )
