"""The association's colour on every page: a small style sheet of its own behind the site's, for nothing is inline."""

from __future__ import annotations

import hashlib
import re

from flask import Blueprint, Flask, Response, abort, url_for
from flask.typing import ResponseReturnValue

from petition_app.web.colours import dark_theme, light_theme
from petition_app.web.page_layer import cacheable
from petition_app.web.site import settings
from petition_app.web.static_files import CACHE_CONTROL, CONTENT_TYPES

blueprint = Blueprint("appearance", __name__)

# Of the mails' button where the association has picked no colour.
USUAL_MAIL_ACCENT = "#1f4e79"


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(colour_sheet=colour_sheet, mail_accent=mail_accent)


@blueprint.get("/appearance/<name>.css")
def sheet(name: str) -> ResponseReturnValue:
    """The tokens of both themes. The address names colour and content, so a copy may be kept for a year."""
    found = re.fullmatch(r"([0-9a-f]{6})-[0-9a-f]{12}", name) or abort(404)
    colour = f"#{found[1]}"
    if name != _name(colour):
        abort(404)
    response = Response(style_of(colour), content_type=CONTENT_TYPES["css"])
    if colour == settings().accent_colour:
        cacheable(response, "appearance")  # others are asked for by old copies of pages, and need no room
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response


def colour_sheet() -> str:
    """The address of the style sheet; "" where the association has picked no colour."""
    colour = settings().accent_colour
    return url_for("appearance.sheet", name=_name(colour)) if colour else ""


def mail_accent() -> str:
    """The colour of a mail's button, under white letters."""
    colour = settings().accent_colour
    return light_theme(colour).accent if colour else USUAL_MAIL_ACCENT


def style_of(colour: str) -> str:
    """On screens only: on paper, what is printed is black."""
    light, dark = light_theme(colour).tokens(), dark_theme(colour).tokens()
    return f"@media screen{{:root{{{light}}}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def preview_of(colour: str) -> str:
    """The same for two parts of one page, each in one theme."""
    return f".preview-light{{{light_theme(colour).tokens()}}}\n.preview-dark{{{dark_theme(colour).tokens()}}}\n"


def _name(colour: str) -> str:
    return f"{colour[1:]}-{hashlib.sha256(style_of(colour).encode()).hexdigest()[:12]}"
