"""A petition as its readers see it, by one glance at the database, which tells whether what is known of it holds.

The petition itself, with its texts and recipients, is loaded whole and kept for as long as each glance finds the very
same: a page that is made anew for many readers asks for its numbers, and for little else.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.types import JSON, NullType

from petition_app.extensions import db
from petition_app.models import Petition, PetitionText, Recipient
from petition_app.models.base import now
from petition_app.models.counter import DayCounter, PetitionCounter
from petition_app.models.paper import PaperBatch
from petition_app.petitions.loading import load_public_petition
from petition_app.web.site import settings

# How many petitions a process keeps: with its texts in all languages one may take a hundred kilobytes.
MOST_KNOWN = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found. The petition belongs to no session, but to all threads: it is for reading.

    `standing` is all that makes up the petition itself, in short, and nothing that moves.
    """

    at: datetime
    petition: Petition
    standing: tuple[object, ...]
    confirmed: int
    today: int
    paper: int


def see(slug: str) -> Seen:
    """The petition of this name as of now; where readers have none, answered as by `load_public_petition`."""
    at = now()
    asked = {"slug": slug, "day": at.astimezone(settings().timezone).date()}
    row = _glance(asked)
    if row is None or row.status == "draft":
        load_public_petition(slug)
        return see(slug)  # it was opened meanwhile
    standing, (confirmed, today, paper) = row[:-3], row[-3:]
    return Seen(at, _petition(asked, standing), standing, int(confirmed or 0), int(today or 0), int(paper or 0))


def _petition(asked: dict[str, Any], standing: tuple[object, ...]) -> Petition:
    """The one that is known, or loaded anew where it is another now."""
    known: dict[str, tuple[tuple[object, ...], Petition]] = current_app.extensions.setdefault("petitions_seen", {})
    before = known.get(asked["slug"])
    if before is not None and before[0] == standing:
        return before[1]
    petition = load_public_petition(asked["slug"])
    _loaded = petition.texts, petition.recipients
    db.session.expunge(petition)
    row = _glance(asked)
    if row is not None and row[:-3] == standing:  # what was loaded is what was seen
        if len(known) >= MOST_KNOWN:
            known.clear()
        known[petition.slug] = standing, petition
    return petition


def _glance(asked: dict[str, Any]) -> Row[*tuple[Any, ...]] | None:
    connection = db.session.connection()
    return connection.execute(_statement(connection.dialect.name), asked).first()


@functools.cache
def _statement(dialect: str) -> Select[Any]:
    """The row; of its texts, whose words are never changed once anybody may have read them, how many there are and the
    newest; its recipients in one word; and its numbers. Where it is found out that a translation is up to date, that
    raises the row's revision (texts/publishing.py).
    """
    of_texts = PetitionText.petition_id == Petition.id
    concatenated = func.string_agg if dialect == "postgresql" else func.group_concat
    recipients = concatenated(_word(Recipient.locale, Recipient.position, Recipient.name, Recipient.office), _BREAK)
    return select(
        *(_in_short(column).label(column.key) for column in Petition.__table__.columns),
        select(func.count()).where(of_texts).scalar_subquery(),
        select(func.max(PetitionText.id)).where(of_texts).scalar_subquery(),
        select(recipients).where(Recipient.petition_id == Petition.id).scalar_subquery(),
        _sum(PetitionCounter.confirmed, PetitionCounter.petition_id == Petition.id),
        _sum(DayCounter.confirmed, DayCounter.petition_id == Petition.id, DayCounter.day == bindparam("day")),
        _sum(PaperBatch.counted, PaperBatch.petition_id == Petition.id),
    ).where(Petition.slug == bindparam("slug"))


# Nobody types it.
_BREAK: ColumnElement[str] = literal_column("'\x1f'", Text)


def _in_short(column: KeyedColumnElement[Any]) -> ColumnElement[Any]:
    """As the database has it: it is compared, not used."""
    return cast(column, Text) if isinstance(column.type, JSON) else type_coerce(column, NullType())


def _word(*columns: Any) -> ColumnElement[str]:
    joined: Any = _BREAK
    for column in columns:
        joined = joined.concat(cast(column, Text)).concat(_BREAK)
    return joined  # type: ignore[no-any-return]  # what it is made of is


def _sum(column: Any, *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(func.sum(column)).where(*conditions).scalar_subquery()
