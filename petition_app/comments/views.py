"""Older comments, a page at a time, and the small form by which a reader flags one."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from petition_app.antiabuse import rate_limit
from petition_app.comments import charter, flags
from petition_app.comments.listing import comments_before
from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.models import Comment, Petition
from petition_app.models.base import now
from petition_app.petitions.loading import load_public_petition
from petition_app.web.keyset import place_of
from petition_app.web.origin import require_same_origin
from petition_app.web.page_layer import cacheable
from petition_app.web.row_numbers import COMMENT, in_address

blueprint = Blueprint("comments", __name__)


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/comments")
def index(slug: str) -> ResponseReturnValue:
    """The comments of a petition that has them."""
    petition = _petition_with_comments(slug)
    place = place_of(request.args.get("before", ""))
    page = render_template(
        "comments/index.html",
        petition=petition,
        text=petition.text_for(selected_locale()),
        comments=comments_before(petition.id, place),
        is_first=place is None,
    )
    return cacheable(make_response(page), f"petition:{petition.id}")


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/comments/<comment:comment_id>/flag")
def flag_form(slug: str, comment_id: int) -> ResponseReturnValue:
    """What a reader can say against a comment that is on the page."""
    petition = _petition_with_comments(slug)
    comment = _published(petition, comment_id)
    page = render_template(
        "comments/flag_form.html",
        petition=petition,
        text=petition.text_for(selected_locale()),
        comment=comment,
        number=in_address(comment.id, COMMENT),
        points=charter.SHORT,
    )
    return cacheable(make_response(page), f"petition:{petition.id}")


@blueprint.post("/<locale:locale>/petitions/<slug:slug>/comments/<comment:comment_id>/flag")
@require_same_origin
def flag(slug: str, comment_id: int) -> ResponseReturnValue:
    """Take a reader's flag. The answer is the same, whether it is counted or not."""
    petition = _petition_with_comments(slug)
    point = request.form.get("point", "")
    network = rate_limit.network_of(request.remote_addr or "")
    flags.flag_comment(petition.id, comment_id, point if point in charter.POINTS else "", network, now())
    return redirect(url_for("comments.flagged", slug=slug), 303)


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/comments/flagged")
def flagged(slug: str) -> ResponseReturnValue:
    """The same thanks for everybody."""
    petition = _petition_with_comments(slug)
    page = render_template("comments/flagged.html", petition=petition, text=petition.text_for(selected_locale()))
    return cacheable(make_response(page), f"petition:{petition.id}")


def _petition_with_comments(slug: str) -> Petition:
    petition = load_public_petition(slug)
    return petition if petition.comments != "off" else abort(404)


def _published(petition: Petition, comment_id: int) -> Comment:
    if comment_id >= 2**31:
        abort(404)
    found = select(Comment).where(Comment.id == comment_id, Comment.petition_id == petition.id)
    comment: Comment | None = db.session.scalar(found.where(Comment.status == "published"))
    return comment if comment is not None else abort(404)
