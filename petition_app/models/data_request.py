"""What somebody has asked the association about the data that it keeps of them, by letter or otherwise, and by when."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now

# What can be asked (GDPR, articles 15, 16, 17, 7(3), 20 and 21), in the order of the form.
KINDS = ("access", "correction", "erasure", "withdrawal", "portability", "objection")

_OPEN = text("answered_at IS NULL")


class DataRequest(Base):
    """`received` is the day on which it came; it is to be answered within a month of it (GDPR, article 12(3))."""

    __tablename__ = "data_requests"
    __table_args__ = (
        CheckConstraint("kind IN ('access','correction','erasure','withdrawal','portability','objection')", "kind"),
        Index("ix_data_requests_due", "due", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_data_requests_answered", "answered_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    received: Mapped[date] = mapped_column(Date)
    due: Mapped[date] = mapped_column(Date)
    # Who asks, and where the answer goes: as the letter says it.
    person: Mapped[str] = mapped_column(String(160))
    contact: Mapped[str] = mapped_column(String(320), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    # The signatures that are that person's, by id.
    signature_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    entered_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    member_name: Mapped[str] = mapped_column(String(120), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by: Mapped[str] = mapped_column(String(120), default="")
    answer: Mapped[str] = mapped_column(Text, default="")

    @property
    def audit_label(self) -> str:
        """A number, and no name: a log outlives what it tells of."""
        return f"no. {self.id}"

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    def answered(self, at: datetime, by: str, answer: str) -> None:
        self.answered_at, self.answered_by, self.answer = at, by, answer

    def reopen(self) -> None:
        """It was not answered after all; its day stays."""
        self.answered_at, self.answered_by = None, ""
