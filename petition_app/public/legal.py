"""The pages that tell who runs the site and what happens with data, made from the site's settings."""

from __future__ import annotations

from flask import make_response, render_template
from flask.typing import ResponseReturnValue

from petition_app.models import ModerationSettings
from petition_app.public.views import blueprint
from petition_app.web.page_layer import cacheable


@blueprint.get("/<locale:locale>/privacy")
def privacy() -> ResponseReturnValue:
    return _page("public/privacy.html")


@blueprint.get("/<locale:locale>/charter")
def charter() -> ResponseReturnValue:
    return _page("public/charter.html", rules=ModerationSettings.current())


@blueprint.get("/<locale:locale>/legal")
def legal() -> ResponseReturnValue:
    return _page("public/legal.html")


def _page(template: str, **values: object) -> ResponseReturnValue:
    return cacheable(make_response(render_template(template, **values)), "legal")
