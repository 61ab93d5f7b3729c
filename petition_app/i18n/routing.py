"""Every page's address begins with its locale; views never see it, and links carry it by themselves."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, current_app, g, request
from werkzeug.routing import BaseConverter

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
        abort(404)
    g.locale = locale


def _give_locale(endpoint: str, values: dict[str, Any]) -> None:
    if "locale" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "locale"):
        from petition_app.i18n.locales import selected_locale

        values["locale"] = selected_locale()


def is_localized() -> bool:
    """Whether the page that is being answered has its language in its address."""
    return request.url_rule is not None and "locale" in request.url_rule.arguments
