"""What is counted beforehand, so that a page of numbers never counts rows; and visits, of nobody in particular."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime

# The generation of what is not counted on but replaced at once.
REPLACED = 0


class Tally(Base):
    """How many confirmed signatures of a petition have a thing in common: `kind` says what, `key` which.

    A generation is one counting of all of them, which goes on with those who sign later. When a newer one has caught
    up it takes the place of the older.
    """

    __tablename__ = "tallies"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class TallyState(Base):
    """How far a generation's counting has come: up to the signature at this place, in the order of confirmation."""

    __tablename__ = "tally_states"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    begun_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # Everything confirmed until then is counted.
    counted_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    place_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    place_id: Mapped[int] = mapped_column(default=0)
    counted: Mapped[int] = mapped_column(default=0)
    is_complete: Mapped[bool] = mapped_column(default=False)


class VisitCount(Base):
    """How often a petition's page was read, and its form sent, in a day, by where the readers came from.

    `source` is a host, a share link's name, or nothing. No reader is known again: there is nothing to know one by.
    """

    __tablename__ = "visit_counts"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    source: Mapped[str] = mapped_column(String(120), primary_key=True)
    views: Mapped[int] = mapped_column(default=0)
    signed: Mapped[int] = mapped_column(default=0)
