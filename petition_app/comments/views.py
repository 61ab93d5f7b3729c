"""Older comments, a page at a time."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from petition_app.comments.listing import comments_before
from petition_app.i18n.locales import selected_locale
from petition_app.petitions.loading import load_public_petition
from petition_app.web.keyset import place_of
from petition_app.web.page_layer import cacheable

blueprint = Blueprint("comments", __name__)


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/comments")
def index(slug: str) -> ResponseReturnValue:
    """The comments of a petition that has them."""
    petition = load_public_petition(slug)
    if petition.comments == "off":
        abort(404)
    place = place_of(request.args.get("before", ""))
    page = render_template(
        "comments/index.html",
        petition=petition,
        text=petition.text_for(selected_locale()),
        comments=comments_before(petition.id, place),
        is_first=place is None,
    )
    return cacheable(make_response(page), f"petition:{petition.id}")
