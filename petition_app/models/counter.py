"""The count of confirmed signatures: exact, and changed in the transaction that changes the signature.

Counters are rows that many signers change at once. On PostgreSQL a petition has up to 128 of them and each connection
has its own, so that signers do not wait for one another; on SQLite, which has one writer, one.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    ClauseElement,
    Connection,
    Date,
    ForeignKey,
    Insert,
    Integer,
    Select,
    Update,
    bindparam,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from petition_app.extensions import Base, db
from petition_app.ready_made import ReadyMade

SLOTS = 128


class PetitionCounter(Base):
    """One of the slots whose sum is the number of confirmed signatures."""

    __tablename__ = "petition_counters"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    confirmed: Mapped[int] = mapped_column(default=0)


class DayCounter(Base):
    """The same for one day, counted on the day (in the site's time zone) on which a signature was confirmed."""

    __tablename__ = "day_counters"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    confirmed: Mapped[int] = mapped_column(default=0)


def add_to_count(session: Session, petition_id: int, day: date, difference: int) -> None:
    """Add to the count and to the day's, in the session's own transaction."""
    connection = session.connection()
    row = {"petition_id": petition_id, "slot": _slot(connection), "confirmed": difference}
    connection.execute(_add(connection.dialect.name, PetitionCounter), row)
    connection.execute(_add(connection.dialect.name, DayCounter), {**row, "day": day})


def change_and_count(
    connection: Connection, change: Update, row: Mapping[str, Any], petition_id: int, day: date
) -> bool:
    """Change a pending signature to one that counts, and count it; False, and nothing is done, where it has changed.

    On PostgreSQL that is one question, so that the counters' rows are held for the shortest time; SQLite's statements
    cannot be put together.
    """
    if connection.dialect.name != "postgresql":
        if _ready(change).execute(connection, row).rowcount != 1:
            return False
        counts = {"petition_id": petition_id, "slot": 0, "confirmed": 1}
        _ready(_add("sqlite", PetitionCounter)).execute(connection, counts)
        _ready(_add("sqlite", DayCounter)).execute(connection, {**counts, "day": day})
        return True
    counted = {"counted_petition": petition_id, "slot": _slot(connection), "day": day}
    return bool(_ready(_at_once(change)).execute(connection, {**row, **counted}).scalar_one())


@functools.cache
def _ready(statement: ClauseElement) -> ReadyMade:
    return ReadyMade(statement)


@functools.cache
def _at_once(change: Update) -> Select[Any]:
    """The change, then both counts, in this order; and whether a row was changed."""
    changed = change.returning(literal_column("1")).cte("changed")
    petition, slot = bindparam("counted_petition", type_=Integer), bindparam("slot", type_=Integer)
    day, one = bindparam("day", type_=Date), literal_column("1", Integer)
    # Each is made of the one before: left alone, PostgreSQL begins with the last, and those who hold the rows in the
    # order of `add_to_count` would wait for those who wait for them.
    before = changed
    for model, values in ((PetitionCounter, [petition, slot, one]), (DayCounter, [petition, day, slot, one])):
        row: Any = postgresql.insert(model).from_select(
            [column.name for column in model.__table__.columns], select(*values).select_from(before)
        )
        added = row.on_conflict_do_update(
            index_elements=[column.name for column in model.__table__.primary_key],
            set_={"confirmed": model.confirmed + row.excluded.confirmed},
        )
        before = added.returning(literal_column("1")).cte(f"counted_{model.__tablename__}")
    found: Select[Any] = select(exists().select_from(before))
    return found


def _slot(connection: Connection) -> int:
    """The slot of this connection. Server processes are numbered one after another, so that few share one."""
    if connection.dialect.name != "postgresql":
        return 0
    driver: Any = connection.connection.driver_connection
    return int(driver.info.backend_pid) % SLOTS


@functools.cache
def _add(dialect: str, model: type[PetitionCounter | DayCounter]) -> Insert:
    """The statement that adds to a counter, made once."""
    row: Any = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(model)
    keys = [column.name for column in model.__table__.primary_key]
    added: Insert = row.on_conflict_do_update(
        index_elements=keys, set_={"confirmed": model.confirmed + row.excluded.confirmed}
    )
    return added


def confirmed_count(petition_id: int) -> int:
    """How many confirmed signatures the petition has, as of the session's transaction."""
    return int(db.session.connection().scalar(COUNT, {"petition": petition_id}) or 0)


def confirmed_in_all_and_on(petition_id: int, day: date) -> tuple[int, int]:
    """How many confirmed signatures the petition has, and how many of them were confirmed on this day."""
    row = db.session.connection().execute(_BOTH_COUNTS, {"petition": petition_id, "day": day}).one()
    return int(row[0] or 0), int(row[1] or 0)


# The count itself, of a petition that is named when it is asked.
COUNT = select(func.sum(PetitionCounter.confirmed)).where(PetitionCounter.petition_id == bindparam("petition"))
_COUNT_OF_DAY = select(func.sum(DayCounter.confirmed)).where(
    DayCounter.petition_id == bindparam("petition"), DayCounter.day == bindparam("day")
)
_BOTH_COUNTS = select(COUNT.scalar_subquery(), _COUNT_OF_DAY.scalar_subquery())
