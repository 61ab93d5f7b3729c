"""A mail that is to be sent: written in the transaction of what caused it, claimed and sent by the worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now
from petition_app.models.member_link import MemberLink
from petition_app.models.signature import Signature

# What may be sent, the most urgent first: a person waits for a confirmation in front of the screen.
PRIORITIES = {
    "confirmation": 0,
    "password_reset": 5,
    "personal_link": 10,
    "personal_links": 10,
    "invitation": 10,
    "answer_request": 10,
    "comment_hidden": 15,
    "test": 20,
}
# To a member of the team, about a link of theirs.
MEMBER_KINDS = frozenset({"invitation", "password_reset"})

LEASE = timedelta(minutes=2)
KEPT_FOR = timedelta(days=3)
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=6)

_QUEUED = text("status = 'queued'")
_CLAIMED = text("status = 'queued' AND claimed_until IS NOT NULL")
_FAILED = text("status = 'failed'")
_FINISHED = text("finished_at IS NOT NULL")


class OutboxMessage(Base):
    """The text is made when it is sent, so that no link rests here; the Message-ID is fixed from the start."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        CheckConstraint("status IN ('queued','sent','failed','dropped')", "status"),
        # What waits is little beside what was sent in the last days, so these indexes hold nothing else.
        Index("ix_outbox_queued", "priority", "due_at", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_outbox_oldest_due", "due_at", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        # Whether a mailbox has another mail on its way.
        Index("ix_outbox_claimed", "mailbox", "claimed_until", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
        Index("ix_outbox_failed", "id", sqlite_where=_FAILED, postgresql_where=_FAILED),
        Index("ix_outbox_finished", "finished_at", sqlite_where=_FINISHED, postgresql_where=_FINISHED),
        Index("ix_outbox_mailbox", "mailbox", "created_at"),
        Index(None, "signature_id"),
        Index(None, "member_link_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    priority: Mapped[int]
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"))
    member_link_id: Mapped[int | None] = mapped_column(ForeignKey("member_links.id", ondelete="CASCADE"))
    # Of a mail to a petition's recipient: the answer that it asks for.
    answer_id: Mapped[int | None]
    locale: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(320))
    mailbox: Mapped[str] = mapped_column(String(320))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="queued")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str] = mapped_column(Text, default="")

    signature: Mapped[Signature | None] = relationship()
    member_link: Mapped[MemberLink | None] = relationship()

    def sent(self, at: datetime) -> None:
        self.status, self.finished_at, self.claimed_until, self.last_error = "sent", at, None, ""

    def dropped(self, at: datetime, reason: str) -> None:
        """It is no longer wanted: its signature has been confirmed or erased in the meantime."""
        self.status, self.finished_at, self.claimed_until, self.last_error = "dropped", at, None, reason

    def refused(self, at: datetime, reason: str) -> None:
        """The mail server said that this will never be delivered."""
        self.status, self.finished_at, self.claimed_until, self.last_error = "failed", at, None, reason

    def delayed(self, at: datetime, reason: str) -> None:
        """It could not be sent now: it is tried again, later each time, and given up after three days."""
        self.attempts += 1
        if at - self.created_at >= KEPT_FOR:
            self.refused(at, reason)
            return
        self.due_at = at + min(FIRST_DELAY * 2 ** (self.attempts - 1), LONGEST_DELAY)
        self.claimed_until, self.last_error = None, reason
