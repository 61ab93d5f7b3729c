"""Who is told of an update by mail: the signers who count, asked for news of this petition, and can be reached.

They are walked through in the order in which they confirmed, a window of the index at a time, so that no question to
the database takes long, whatever the size of the petition. One mail goes to a mailbox: where two people of one have
asked for news, the first of them gets it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import aliased

from petition_app.extensions import db
from petition_app.mail.outbox import Addressee
from petition_app.models import Consent, Signature
from petition_app.models.base import UTCDateTime
from petition_app.web.keyset import Place

WINDOW = 500
# For counting, where nothing of the rows is read.
LARGE_WINDOW = 5_000
START: Place = (datetime(1970, 1, 1, tzinfo=UTC), 0)


@dataclass(frozen=True)
class Window:
    """Those of a window who are to be told, each with the place in the walk; `end` is the last place looked at.

    With `is_last` there is nobody behind it.
    """

    found: Sequence[tuple[Place, Addressee]]
    end: Place
    is_last: bool


def window(petition_id: int, after: Place, until: datetime) -> Window:
    """The next window behind a place, of those who had confirmed by `until`."""
    rows = db.session.connection().execute(_WINDOW, _asked(petition_id, after, until, WINDOW)).all()
    found = [
        ((row.confirmed_at, row.id), addressee)
        for row in rows
        if row.is_meant and (addressee := Addressee.of(row)) is not None
    ]
    end = (rows[-1].confirmed_at, rows[-1].id) if rows else after
    return Window(found, end, len(rows) < WINDOW)


def count(petition_id: int, until: datetime) -> int:
    """How many mailboxes would be told if it were sent now to those who had confirmed by `until`: exactly so many."""
    return count_on(petition_id, START, until)[0]


def count_on(
    petition_id: int, after: Place, until: datetime, seconds: float = float("inf")
) -> tuple[int, Place | None]:
    """Count on from a place, for so long at most: how many more, and where to go on; None where that was all."""
    ends, counted = time.monotonic() + seconds, 0
    while True:
        row = db.session.connection().execute(_COUNT, _asked(petition_id, after, until, LARGE_WINDOW)).one()
        counted += row.meant or 0
        if (row.seen or 0) < LARGE_WINDOW:
            return counted, None
        after = (row.moment, row.last)
        if time.monotonic() > ends:
            return counted, after


def _asked(petition_id: int, after: Place, until: datetime, limit: int) -> dict[str, Any]:
    return {"petition": petition_id, "moment": after[0], "row": after[1], "until": until, "limit": limit}


def _agrees(signature: Any) -> ColumnElement[bool]:
    """A number that is looked up for each signature: PostgreSQL would read all consents of the site for an EXISTS."""
    return (
        select(func.max(Consent.id))
        .where(
            Consent.signature_id == signature.id,
            Consent.purpose == "petition_news",
            Consent.withdrawn_at.is_(None),
            Consent.undeliverable_at.is_(None),
        )
        .scalar_subquery()
        .is_not(None)
    )


# The status is written out: the index of those that count can then be chosen whatever the parameters are.
_CONFIRMED: ColumnElement[str] = literal_column("'confirmed'")
_FIRST = aliased(Signature)
_IS_TOLD_ALREADY = (
    select(_FIRST.id)
    .where(
        _FIRST.petition_id == Signature.petition_id,
        _FIRST.mailbox == Signature.mailbox,
        _FIRST.status == _CONFIRMED,
        or_(
            _FIRST.confirmed_at < Signature.confirmed_at,
            and_(_FIRST.confirmed_at == Signature.confirmed_at, _FIRST.id < Signature.id),
        ),
        _agrees(_FIRST),
    )
    .exists()
)
_IS_MEANT = and_(_agrees(Signature), ~_IS_TOLD_ALREADY)
_WALK = (
    select(
        Signature.id,
        Signature.confirmed_at,
        Signature.petition_id,
        Signature.email,
        Signature.mailbox,
        Signature.locale,
        _IS_MEANT.label("is_meant"),
    )
    .where(
        Signature.petition_id == bindparam("petition"),
        Signature.status == _CONFIRMED,
        tuple_(Signature.confirmed_at, Signature.id) > tuple_(bindparam("moment", type_=UTCDateTime), bindparam("row")),
        Signature.confirmed_at <= bindparam("until"),
    )
    .order_by(Signature.confirmed_at, Signature.id)
    .limit(bindparam("limit"))
)
_WINDOW = _WALK
# Counted in the database, where the rows stay; the last place of a window is its latest moment's highest number.
_SEEN = _WALK.cte("seen").prefix_with("MATERIALIZED")
_TOTAL = select(
    func.sum(1).label("seen"),
    func.sum(case((_SEEN.c.is_meant, 1), else_=0)).label("meant"),
    func.max(_SEEN.c.confirmed_at).label("moment"),
).cte("total")
_COUNT = select(
    _TOTAL.c.seen,
    _TOTAL.c.meant,
    _TOTAL.c.moment,
    select(func.max(_SEEN.c.id)).where(_SEEN.c.confirmed_at == _TOTAL.c.moment).scalar_subquery().label("last"),
)
