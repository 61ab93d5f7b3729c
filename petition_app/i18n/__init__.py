"""Which language a visitor is answered in, and the catalogues that hold its words."""

from __future__ import annotations

from typing import Any

from flask import Flask

from petition_app.extensions import babel
from petition_app.i18n import catalogues, routing, site_words
from petition_app.i18n.locales import babel_locale, selected_locale
from petition_app.i18n.marking import MarkedWords, is_marking
from petition_app.site import effective


def init_app(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    catalogues.init_app(app, settings.catalogues_dir, watches=settings.development)
    site_words.init_app(app)
    babel.init_app(
        app,
        default_locale=settings.default_locale,
        default_timezone=settings.timezone.key,
        locale_selector=lambda: babel_locale(selected_locale()),
        timezone_selector=lambda: effective.settings().timezone.key,
    )
    babel.domain_instance = catalogues.Words()
    _speed_up_templates(app)
    routing.init_app(app)


def _speed_up_templates(app: Flask) -> None:
    """Give templates the catalogue of the locale directly: Flask-Babel looks up its context four times for a word."""

    def current() -> Any:
        # Asked for each time: the translators' sample site is given the words of the real one.
        words = app.extensions["catalogues"].of(selected_locale())
        return MarkedWords(words) if is_marking() else words

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by Jinja's extension
        lambda word: current().ugettext(word),
        lambda one, many, count: current().ungettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, word: current().upgettext(context, word),
        npgettext=lambda context, one, many, count: current().unpgettext(context, one, many, count),
    )
