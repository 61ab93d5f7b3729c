"""The pictures, as every page shows them: an address names its bytes, so whoever has a copy need never ask again."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from petition_app.extensions import db
from petition_app.models import PictureFile
from petition_app.web.page_layer import cacheable
from petition_app.web.static_files import CACHE_CONTROL, CONTENT_TYPES

blueprint = Blueprint("pictures", __name__)

_NAME = re.compile(r"[0-9a-f]{32}\.(png|jpg)")


@blueprint.get("/media/<name>")
def show(name: str) -> ResponseReturnValue:
    found = _NAME.fullmatch(name) or abort(404)
    data = db.session.scalar(select(PictureFile.data).where(PictureFile.name == name).limit(1))
    if data is None:
        abort(404)
    response = cacheable(Response(data, content_type=CONTENT_TYPES[found[1]]), "pictures")
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response
