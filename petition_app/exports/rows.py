"""The signatures of a petition, in batches that each are a short read of their own, by an index, however many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, and_, exists, literal_column, select, tuple_

from petition_app.exports.columns import Cell, Column
from petition_app.exports.uses import Use
from petition_app.extensions import db
from petition_app.models import Comment, Consent, PetitionText, Signature

BATCH = 2_000

_CONFIRMED = Signature.status == literal_column("'confirmed'")
_LEFT = Signature.status.in_([literal_column("'withdrawn'"), literal_column("'invalidated'")])


def batches(
    petition_id: int, use: Use, columns: Sequence[Column], until: datetime, *, with_left: bool = False
) -> Iterator[tuple[int, list[list[Cell]]]]:
    """How many signatures were looked at so far, and the cells of those of the last batch that the use may have.

    The confirmed ones come in the order in which they were confirmed, up to a moment; with `with_left`, those that
    were withdrawn or taken out follow. No transaction stays open between the batches, however slowly they are read.
    """
    query = _Query(petition_id, use, columns)
    looked_at = 0
    for rows in query.confirmed(until):
        looked_at += len(rows)
        yield looked_at, query.cells(rows)
    if with_left and use.may_have_left:
        for rows in query.left():
            looked_at += len(rows)
            yield looked_at, query.cells(rows)


class _Query:
    """What is asked of the database: no column that nobody will read, no consent that nobody looks at."""

    def __init__(self, petition_id: int, use: Use, columns: Sequence[Column]) -> None:
        self._petition_id, self._use, self._columns = petition_id, use, columns
        self._statement = _statement({column.name for column in columns}, use.news).where(
            Signature.petition_id == petition_id
        )

    def confirmed(self, until: datetime) -> Iterator[Sequence[Any]]:
        place: tuple[datetime, int] | None = None
        listed = self._statement.where(_CONFIRMED, Signature.confirmed_at <= until)
        while True:
            page = listed
            if place is not None:
                page = page.where(tuple_(Signature.confirmed_at, Signature.id) > tuple_(*place))
            rows = _read(page.order_by(Signature.confirmed_at, Signature.id).limit(BATCH))
            if rows:
                place = rows[-1].confirmed_at, rows[-1].id
                yield rows
            if len(rows) < BATCH:
                return

    def left(self) -> Iterator[Sequence[Any]]:
        last = 0
        while True:
            page = self._statement.where(_LEFT, Signature.id > last)
            rows = _read(page.order_by(Signature.id).limit(BATCH))
            if rows:
                last = rows[-1].id
                yield rows
            if len(rows) < BATCH:
                return

    def cells(self, rows: Sequence[Any]) -> list[list[Cell]]:
        as_shown, values = self._use.as_shown, [column.value for column in self._columns]
        if self._use.news is not None:
            rows = [row for row in rows if row.may_be_written_to]
        return [[value(row, as_shown) for value in values] for row in rows]


def _read(statement: Select[Any]) -> Sequence[Any]:
    rows = db.session.execute(statement).all()
    db.session.rollback()
    return rows


def _statement(names: set[str], news: str | None) -> Select[Any]:
    statement: Select[Any] = select(*_ALWAYS)
    if "email" in names:
        statement = statement.add_columns(Signature.email)
    if "comment" in names:
        statement = statement.join(Comment, Comment.signature_id == Signature.id, isouter=True)
        statement = statement.add_columns(Comment.text.label("comment"), Comment.status.label("comment_status"))
    if "text_version" in names:
        version = (PetitionText.locale + " " + PetitionText.version.cast(String)).label("text_version")
        statement = statement.join(PetitionText, PetitionText.id == Signature.text_id).add_columns(version)
    for purpose in names & {"petition_news", "association_news"}:
        statement = statement.add_columns(_agrees_to(purpose).label(purpose))
    if news is not None:
        statement = statement.add_columns(_agrees_to(news).label("may_be_written_to"))
    return statement


_ALWAYS: tuple[Any, ...] = (
    Signature.id,
    Signature.number,
    Signature.status,
    Signature.confirmed_at,
    Signature.given_name,
    Signature.surname,
    Signature.postal_code,
    Signature.country,
    Signature.locale,
    Signature.name_display,
)


def _agrees_to(purpose: str) -> Any:
    """Whether a consent stands: an older one was withdrawn before a newer one was given."""
    return exists().where(
        and_(
            Consent.signature_id == Signature.id,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
    )
