"""The association's side of comments: see those that wait, take one off the page, put one on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from petition_app.extensions import db
from petition_app.models import Comment, Petition, Signature
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed


def comments_by_status(status: str, *, slug: str | None, limit: int) -> Sequence[Comment]:
    """The newest comments in this state, with their signatures. `waiting` are those whose signature counts."""
    found = select(Comment).where(Comment.status == status, Comment.text != "").join(Signature)
    if status == "waiting":
        found = found.where(Comment.needs_review, Signature.status == "confirmed")
    if slug is not None:
        found = found.join(Petition, Petition.id == Comment.petition_id).where(Petition.slug == slug)
    whole = joinedload(Comment.signature).joinedload(Signature.petition)
    return db.session.scalars(found.order_by(Comment.id.desc()).limit(limit).options(whole)).all()


def hide_comment(comment_id: int, reason: str) -> bool:
    """Take it off the page; False where there is none, its signer took it back, or its signature was withdrawn."""
    return _moderate(comment_id, lambda comment: comment.hide(reason))


def show_comment(comment_id: int, at: datetime) -> bool:
    """Publish it now, or as soon as its signature counts; False as above."""
    return _moderate(comment_id, lambda comment: comment.show(at))


def _moderate(comment_id: int, verb: Callable[[Comment], None]) -> bool:
    with writing() as session:
        comment = session.get(Comment, comment_id, with_for_update=True, populate_existing=True)
        if comment is None or comment.status == "withdrawn" or not comment.text:
            return False
        verb(comment)
        petition_id = comment.petition_id
    petition_changed.send(petition_id=petition_id)
    return True
