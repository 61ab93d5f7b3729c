"""What moves on a petition's page: its number, its goal, its newest signers, and how soon to ask again."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import Row, bindparam, literal_column, select, tuple_

from petition_app.models import Signature
from petition_app.models.base import UTCDateTime
from petition_app.models.names import PublicName
from petition_app.petitions.goal import next_goal
from petition_app.public.pace import Pacer, poll_interval
from petition_app.public.seeing import Seen
from petition_app.web.keyset import Place, cursor_of, rows_from

NEWEST = 10
PAGE = 25


@dataclass(frozen=True)
class Signer(PublicName):
    """A signature that counts, as far as the public table shows it."""

    id: int
    confirmed_at: datetime
    given_name: str
    surname: str
    postal_code: str
    name_display: str

    @property
    def cursor(self) -> str:
        """Its place in the list."""
        return cursor_of(self.confirmed_at, self.id)


@dataclass(frozen=True)
class Signers:
    """A page of signers, newest first; `next` is the cursor of the page behind it, "" on the last."""

    rows: Sequence[Signer]
    next: str


@dataclass(frozen=True)
class Numbers:
    """Everything that the live fragment shows."""

    confirmed: int
    paper: int
    today: int
    goal: int
    signers: Signers
    poll: int | None

    @property
    def reached(self) -> int:
        """What the bar shows: never beyond its end."""
        return min(self.confirmed, self.goal)


def numbers_of(seen: Seen) -> Numbers:
    """The numbers as of now. A petition that takes no signatures is not asked about again."""
    petition = seen.petition
    signers = signers_before(petition.id, None, NEWEST)
    newest = signers.rows[0].confirmed_at if signers.rows else None
    moments = [moment for moment in (newest, petition.opened_at) if moment is not None]
    return Numbers(
        confirmed=seen.confirmed,
        paper=seen.paper,
        today=seen.today,
        goal=next_goal(seen.confirmed, petition.goal),
        signers=signers,
        poll=_poll(seen.at, max(moments, default=None)) if petition.takes_signatures(seen.at) else None,
    )


def _poll(at: datetime, last_activity: datetime | None) -> int:
    pacer: Pacer = current_app.extensions["pacer"]
    return poll_interval(at, last_activity, pacer.stretch(poll_interval(at, last_activity)))


def signers_before(petition_id: int, place: Place | None, limit: int = PAGE) -> Signers:
    """The signers from a place in the list on, by an index: as quick on the last page as on the first."""
    return _signers(rows_from(place, _NEWEST, _BEFORE, petition=petition_id, limit=limit + 1), limit)


@functools.lru_cache(maxsize=50)
def _signers(found: tuple[Row[*tuple[Any, ...]], ...], limit: int) -> Signers:
    """The same rows are found again and again, until somebody signs."""
    rows = tuple(Signer(*row) for row in found)
    shown = rows[:limit]
    return Signers(shown, shown[-1].cursor if len(rows) > limit else "")


# Built once, for every reader. The status is written out: it is what the index is about.
_NEWEST = (
    select(
        Signature.id,
        Signature.confirmed_at,
        Signature.given_name,
        Signature.surname,
        Signature.postal_code,
        Signature.name_display,
    )
    .where(Signature.petition_id == bindparam("petition"), Signature.status == literal_column("'confirmed'"))
    .order_by(Signature.confirmed_at.desc(), Signature.id.desc())
    .limit(bindparam("limit"))
)
_BEFORE = _NEWEST.where(
    tuple_(Signature.confirmed_at, Signature.id) < tuple_(bindparam("moment", type_=UTCDateTime), bindparam("row"))
)
