"""The published comments of a petition, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.orm import joinedload

from petition_app.extensions import db
from petition_app.models import Comment
from petition_app.web.keyset import Place, cursor_of

PAGE = 25


@dataclass(frozen=True)
class Comments:
    """A page of comments; `next` is the cursor of the page behind it, "" on the last."""

    items: Sequence[Comment]
    next: str


def comments_before(petition_id: int, place: Place | None, limit: int = PAGE) -> Comments:
    """The comments from a place in the list on, with their signatures."""
    found = select(Comment).where(Comment.petition_id == petition_id, Comment.status == "published")
    if place is not None:
        found = found.where(tuple_(Comment.published_at, Comment.id) < tuple_(*place))
    newest_first = found.order_by(Comment.published_at.desc(), Comment.id.desc())
    items = db.session.scalars(newest_first.limit(limit + 1).options(joinedload(Comment.signature))).all()
    if len(items) <= limit:
        return Comments(items, "")
    last = items[limit - 1]
    return Comments(items[:limit], cursor_of(last.published_at or last.created_at, last.id))
