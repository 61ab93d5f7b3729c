"""Signatures on paper: a batch is what one member typed from a sheet. They are counted apart from those online."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, bindparam, func, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base, db
from petition_app.models.base import UTCDateTime, now

_COUNTED = text("is_counted")


class PaperBatch(Base):
    """`counted` is how many of its lines count; it changes in the transaction that changes a line."""

    __tablename__ = "paper_batches"
    __table_args__ = (Index(None, "petition_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    # What the member calls the sheets by: a number written on them, a market, a day.
    label: Mapped[str] = mapped_column(String(120))
    entered_by: Mapped[str] = mapped_column(String(320), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    counted: Mapped[int] = mapped_column(default=0)
    scan_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id", ondelete="SET NULL"))

    signatures: Mapped[list[PaperSignature]] = relationship(
        back_populates="batch", cascade="all, delete-orphan", passive_deletes=True, order_by="PaperSignature.line"
    )

    @property
    def audit_label(self) -> str:
        return self.label


class PaperSignature(Base):
    """A line of a sheet. `found` says where the same name stands already; whether it counts, a member decides."""

    __tablename__ = "paper_signatures"
    __table_args__ = (
        CheckConstraint("found IN ('','online','online_name','paper')", "found"),
        Index("ix_paper_signatures_name", "petition_id", "name_key"),
        Index("ix_paper_signatures_batch", "batch_id", "line"),
        Index("ix_paper_signatures_counted", "petition_id", "id", sqlite_where=_COUNTED, postgresql_where=_COUNTED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("paper_batches.id", ondelete="CASCADE"))
    line: Mapped[int]
    given_name: Mapped[str] = mapped_column(String(80))
    surname: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(400))
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    found: Mapped[str] = mapped_column(String(12), default="")
    is_counted: Mapped[bool] = mapped_column(default=True)

    batch: Mapped[PaperBatch] = relationship(back_populates="signatures")


def paper_count(petition_id: int) -> int:
    """How many signatures on paper count: a sum over the batches, of which there are some hundreds at most."""
    return int(db.session.connection().scalar(_ON_PAPER, {"petition": petition_id}) or 0)


_ON_PAPER = select(func.sum(PaperBatch.counted)).where(PaperBatch.petition_id == bindparam("petition"))
