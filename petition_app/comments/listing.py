"""The published comments of a petition, newest first."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, literal_column, select, tuple_

from petition_app.models import Comment, Signature
from petition_app.models.base import UTCDateTime
from petition_app.models.names import PublicName
from petition_app.web.keyset import Place, cursor_of, rows_from

PAGE = 25


@dataclass(frozen=True)
class Item(PublicName):
    """A published comment, and as whose it is shown."""

    id: int
    text: str
    published_at: datetime
    given_name: str
    surname: str
    postal_code: str
    name_display: str


@dataclass(frozen=True)
class Comments:
    """A page of comments; `next` is the cursor of the page behind it, "" on the last."""

    items: Sequence[Item]
    next: str


def comments_before(petition_id: int, place: Place | None, limit: int = PAGE) -> Comments:
    """The comments from a place in the list on, as those who signed with them want to be shown."""
    return _comments(rows_from(place, _NEWEST, _BEFORE, petition=petition_id, limit=limit + 1), limit)


@functools.lru_cache(maxsize=50)
def _comments(found: tuple[Row[*tuple[Any, ...]], ...], limit: int) -> Comments:
    """The same rows are found again and again, until somebody writes."""
    items = tuple(Item(*row) for row in found)
    if len(items) <= limit:
        return Comments(items, "")
    last = items[limit - 1]
    return Comments(items[:limit], cursor_of(last.published_at, last.id))


_NEWEST = (
    select(
        Comment.id,
        Comment.text,
        Comment.published_at,
        Signature.given_name,
        Signature.surname,
        Signature.postal_code,
        Signature.name_display,
    )
    .join(Signature, Comment.signature_id == Signature.id)
    .where(Comment.petition_id == bindparam("petition"), Comment.status == literal_column("'published'"))
    .order_by(Comment.published_at.desc(), Comment.id.desc())
    .limit(bindparam("limit"))
)
_BEFORE = _NEWEST.where(
    tuple_(Comment.published_at, Comment.id) < tuple_(bindparam("moment", type_=UTCDateTime), bindparam("row"))
)
