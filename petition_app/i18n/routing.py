"""Every page's address begins with its locale; views never see it, and links carry it by themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Flask, abort, current_app, g, redirect, request
from werkzeug.routing import BaseConverter

from petition_app.config_values import available_locales
from petition_app.site.effective import settings


class SlugConverter(BaseConverter):
    """A petition's name in an address."""

    regex = "[a-z0-9]+(?:-[a-z0-9]+)*"
    part_isolating = True


class LocaleConverter(BaseConverter):
    """A locale's name, with or without a region; whether the site has it is looked at later."""

    regex = "[A-Za-z]{2,3}(?:[-_][A-Za-z]{2,8}){0,2}"
    part_isolating = True


def init_app(app: Flask) -> None:
    app.url_map.converters.update(slug=SlugConverter, locale=LocaleConverter)
    app.url_value_preprocessor(_take_locale)
    app.url_defaults(_give_locale)


def _take_locale(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values is None or "locale" not in values:
        return
    locale = values.pop("locale")
    if locale not in settings().locales:
        if locale not in available_locales():
            abort(404)
        _lead_on()
    g.locale = locale


def _lead_on() -> None:
    """The association has taken a language away: links in mails that were sent in it open in another one.

    A form that was open meanwhile is taken and answered as it was begun, so that nothing typed is lost.
    """
    if request.method in ("GET", "HEAD"):
        rest = quote(request.path.split("/", 2)[2])
        query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
        abort(redirect(f"/{settings().default_locale}/{rest}{query}", 302))


def _give_locale(endpoint: str, values: dict[str, Any]) -> None:
    if "locale" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "locale"):
        from petition_app.i18n.locales import selected_locale

        values["locale"] = selected_locale()


def is_localized() -> bool:
    """Whether the page that is being answered has its language in its address."""
    return request.url_rule is not None and "locale" in request.url_rule.arguments
