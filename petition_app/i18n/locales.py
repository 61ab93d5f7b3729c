"""The locale of what is being answered, and of what is written outside a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import flask_babel
from babel import Locale, negotiate_locale
from flask import g, request

from petition_app.config_values import PSEUDO_LOCALES
from petition_app.site.effective import settings


def selected_locale() -> str:
    """The locale for Flask-Babel: the URL's, else (an error outside any locale) the visitor's, else the default."""
    if "locale" not in g:
        g.locale = preferred_locale()
    return str(g.locale)


def preferred_locale() -> str:
    """The best of the site's locales for the visitor's `Accept-Language`, else the default one."""
    site = settings()
    if not request:
        return site.default_locale
    wanted = [tag.replace("-", "_") for tag, quality in request.accept_languages if quality > 0]
    offered = {locale.replace("-", "_"): locale for locale in site.locales}
    return str(offered.get(negotiate_locale(wanted, offered) or "", site.default_locale))


def page_locale(text_locale: str) -> str:
    """The locale of the page that a text is read on: its own, or the default one where the site has none in it."""
    site = settings()
    return text_locale if text_locale in site.locales else site.default_locale


@contextmanager
def use_locale(locale: str) -> Iterator[None]:
    """Write what stands in the block in this locale: a mail, a page's part for somebody else."""
    before = g.get("locale")
    g.locale = locale
    try:
        with flask_babel.force_locale(babel_locale(locale)):
            yield
    finally:
        if before is None:
            g.pop("locale", None)
        else:
            g.locale = before


@cache
def babel_locale(locale: str) -> Locale:
    """What Babel knows of a locale; of a pseudo-locale, what it knows of the language that stands in for it."""
    return Locale.parse(PSEUDO_LOCALES.get(locale, locale).replace("-", "_"))


@cache
def own_name(locale: str) -> str:
    """The language's own name, as its speakers begin a sentence with it: “Français”."""
    if locale in PSEUDO_LOCALES:
        return locale
    name = babel_locale(locale).get_display_name() or locale
    return name[0].upper() + name[1:]


@cache
def usual_country(locale: str) -> str:
    """The country that a form in this locale starts with, as ISO 3166 two letters; "" where none is likely."""
    tag = babel_locale(locale)
    if tag.territory:
        return tag.territory
    if tag.language == "en":
        return "GB"  # the likeliest by CLDR is the United States, which readers of a European site seldom are
    if tag.language == "ar":
        return ""  # of the many countries that speak it, none is where most readers of such a site live
    from babel.core import get_global

    likely = str(get_global("likely_subtags").get(tag.language, ""))
    return Locale.parse(likely).territory or "" if likely else ""
