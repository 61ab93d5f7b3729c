"""What a recipient answers, by a private link: `asked → given → approved`, or `returned` to be written anew."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now
from petition_app.models.petition import Petition

GOOD_FOR = timedelta(days=90)


class RecipientAnswer(Base):
    """A signed token names it by its `key`. Nothing of it is public before a member of the team has approved it.

    `verdicts` has, by the demand's id as text, `{"verdict": …, "sentence": …}`. `withdrawn` ends its link.
    """

    __tablename__ = "recipient_answers"
    __table_args__ = (
        CheckConstraint("status IN ('asked','given','returned','approved','withdrawn')", "status"),
        Index(None, "petition_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    status: Mapped[str] = mapped_column(String(10), default="asked")
    name: Mapped[str] = mapped_column(String(200))
    office: Mapped[str] = mapped_column(String(300), default="")
    locale: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(320), default="")
    statement: Mapped[str] = mapped_column(Text, default="")
    verdicts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
    note: Mapped[str] = mapped_column(String(500), default="")
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    given_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    petition: Mapped[Petition] = relationship()

    @property
    def audit_label(self) -> str:
        return self.name

    def is_open(self, at: datetime) -> bool:
        """Whether its link still takes an answer."""
        return self.status in ("asked", "given", "returned") and at < self.expires_at

    def give(self, name: str, office: str, statement: str, verdicts: dict[str, dict[str, str]], at: datetime) -> None:
        """The recipient has written; until it is approved, it may be written anew."""
        self.name, self.office, self.statement, self.verdicts = name, office, statement, verdicts
        self.status, self.given_at, self.note = "given", at, ""

    def approve(self, at: datetime) -> None:
        self.status, self.approved_at = "approved", at

    def take_off(self) -> None:
        """Off the page again; it waits for a decision as before."""
        self.status, self.approved_at = "given", None

    def send_back(self, note: str) -> None:
        """Ask for another one; the link shows the note."""
        self.status, self.note = "returned", note

    def withdraw(self) -> None:
        self.status = "withdrawn"
