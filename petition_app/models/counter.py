"""The count of confirmed signatures: exact, and changed in the transaction that changes the signature.

Counters are rows that many signers change at once. On PostgreSQL a petition has up to 16 of them and each
transaction takes one at random, so that signers do not wait for one another; on SQLite, which has one writer, one.
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from sqlalchemy import Date, ForeignKey, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from petition_app.extensions import Base, db

SLOTS = 16


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
    name = session.get_bind().dialect.name
    slot = secrets.randbelow(SLOTS) if name == "postgresql" else 0
    insert: Any = postgresql.insert if name == "postgresql" else sqlite.insert
    for model, key in (
        (PetitionCounter, {"petition_id": petition_id, "slot": slot}),
        (DayCounter, {"petition_id": petition_id, "day": day, "slot": slot}),
    ):
        row = insert(model).values(**key, confirmed=difference)
        session.execute(
            row.on_conflict_do_update(
                index_elements=list(key), set_={"confirmed": model.confirmed + row.excluded.confirmed}
            )
        )


def confirmed_count(petition_id: int) -> int:
    """How many confirmed signatures the petition has, as of the session's transaction."""
    total = select(func.coalesce(func.sum(PetitionCounter.confirmed), 0))
    return int(db.session.scalar(total.where(PetitionCounter.petition_id == petition_id)) or 0)


def confirmed_on(petition_id: int, day: date) -> int:
    """How many of the signatures that count were confirmed on this day."""
    total = select(func.coalesce(func.sum(DayCounter.confirmed), 0))
    return int(db.session.scalar(total.where(DayCounter.petition_id == petition_id, DayCounter.day == day)) or 0)
