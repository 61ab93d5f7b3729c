"""The signatures of a petition, in batches that each are a short read of their own, by an index, however many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, literal_column, select, tuple_

from petition_app.exports.columns import Cell, Column, FieldWords, Signed
from petition_app.exports.fields import answers_of, words_of
from petition_app.exports.uses import Use
from petition_app.extensions import db
from petition_app.models import Comment, Consent, PetitionText, Signature

BATCH = 2_000

_CONFIRMED = Signature.status == literal_column("'confirmed'")
_LEFT = Signature.status.in_([literal_column("'withdrawn'"), literal_column("'invalidated'")])


# Opens a sealed address.
Opener = Callable[[str], str]


class AddressesSealed(Exception):
    """An address is wanted that rests sealed, and there is no key to open it."""


def batches(
    petition_id: int,
    use: Use,
    columns: Sequence[Column],
    until: datetime,
    *,
    with_left: bool = False,
    opener: Opener | None = None,
) -> Iterator[tuple[int, list[list[Cell]]]]:
    """How many signatures were looked at so far, and the cells of those of the last batch that the use may have.

    The confirmed ones come in the order in which they were confirmed, up to a moment; with `with_left`, those that
    were withdrawn or taken out follow. No transaction stays open between the batches, however slowly they are read.
    Raises AddressesSealed.
    """
    query = _Query(petition_id, use, columns, opener)
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

    def __init__(self, petition_id: int, use: Use, columns: Sequence[Column], opener: Opener | None) -> None:
        self._use, self._columns, self._opener = use, columns, opener
        self._names = {column.name for column in columns}
        self._news = sorted(self._names & {"petition_news", "association_news"}) + ([use.news] if use.news else [])
        self._texts = _versions(petition_id)
        self._fields = [column.field_id for column in columns if column.field_id is not None]
        self._words = words_of(self._fields) if self._fields else {}
        address = (Signature.email, Signature.sealed_email) if "email" in self._names else ()
        self._statement: Select[Any] = select(*_ALWAYS, *address).where(Signature.petition_id == petition_id)

    def confirmed(self, until: datetime) -> Iterator[Sequence[Signed]]:
        place: tuple[datetime, int] | None = None
        listed = self._statement.where(_CONFIRMED, Signature.confirmed_at <= until)
        while True:
            page = listed
            if place is not None:
                page = page.where(tuple_(Signature.confirmed_at, Signature.id) > tuple_(*place))
            rows = self._read(page.order_by(Signature.confirmed_at, Signature.id))
            if rows:
                place = rows[-1].row.confirmed_at, rows[-1].row.id
                yield rows
            if len(rows) < BATCH:
                return

    def left(self) -> Iterator[Sequence[Signed]]:
        last = 0
        while True:
            page = self._statement.where(_LEFT, Signature.id > last)
            rows = self._read(page.order_by(Signature.id))
            if rows:
                last = rows[-1].row.id
                yield rows
            if len(rows) < BATCH:
                return

    def _read(self, statement: Select[Any]) -> Sequence[Signed]:
        rows = db.session.execute(statement.limit(BATCH)).all()
        ids = [row.id for row in rows]
        comments = _comments(ids, self._use.as_shown) if "comment" in self._names else {}
        agreed = _agreed(ids, self._news) if self._news else {}
        answers = answers_of(ids, self._fields, self._words) if self._fields else {}
        db.session.rollback()
        return [
            Signed(
                row,
                comments.get(row.id, ""),
                agreed.get(row.id, _NOTHING),
                self._texts[row.text_id],
                answers.get(row.id, _NO_ANSWERS),
                # Nobody is opened who does not stand in the file.
                self._address(row) if self._use.news is None or self._use.news in agreed.get(row.id, _NOTHING) else "",
            )
            for row in rows
        ]

    def _address(self, row: Any) -> str:
        if "email" not in self._names:
            return ""
        if row.email is not None or row.sealed_email is None:
            return row.email or ""
        if self._opener is None:
            raise AddressesSealed
        return self._opener(row.sealed_email)

    def cells(self, rows: Sequence[Signed]) -> list[list[Cell]]:
        as_shown, values = self._use.as_shown, [column.value for column in self._columns]
        if self._use.news is not None:
            rows = [row for row in rows if self._use.news in row.agreed]
        return [[value(row, as_shown) for value in values] for row in rows]


_NOTHING: frozenset[str] = frozenset()
_NO_ANSWERS: dict[int, tuple[str, FieldWords]] = {}


def _comments(ids: Sequence[int], as_shown: bool) -> dict[int, str]:
    found = select(Comment.signature_id, Comment.text).where(Comment.signature_id.in_(ids))
    if as_shown:
        found = found.where(Comment.status == "published")
    return {row.signature_id: row.text for row in db.session.execute(found)}


def _agreed(ids: Sequence[int], purposes: Sequence[str]) -> dict[int, set[str]]:
    """What each agrees to now: an older consent was withdrawn before a newer one was given."""
    found = select(Consent.signature_id, Consent.purpose).where(
        Consent.signature_id.in_(ids), Consent.purpose.in_(purposes), Consent.withdrawn_at.is_(None)
    )
    agreed: dict[int, set[str]] = {}
    for signature_id, purpose in db.session.execute(found):
        agreed.setdefault(signature_id, set()).add(purpose)
    return agreed


def _versions(petition_id: int) -> dict[int, str]:
    """How each text of the petition is called in a cell: its language and its version."""
    found = select(PetitionText.id, PetitionText.locale, PetitionText.version)
    rows = db.session.execute(found.where(PetitionText.petition_id == petition_id)).all()
    db.session.rollback()
    return {row.id: f"{row.locale} {row.version}" for row in rows}


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
    Signature.text_id,
)
