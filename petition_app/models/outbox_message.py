"""A mail that is to be sent: written in the transaction of what caused it, claimed and sent by the worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, case, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now
from petition_app.models.member_link import MemberLink
from petition_app.models.signature import HASHED, Signature
from petition_app.models.update import Update

# What may be sent, the most urgent first: a person waits for a confirmation in front of the screen.
PRIORITIES = {
    "confirmation": 0,
    "password_reset": 5,
    "personal_link": 10,
    "personal_links": 10,
    "lost_links": 10,
    "invitation": 10,
    "answer_request": 10,
    "comment_hidden": 15,
    "test": 20,
    "update_test": 20,
    "update": 50,
}
# From here on it is mass mail: it waits for everything else, and nothing else waits for it.
BULK = 50
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
_OF_UPDATE = text("update_id IS NOT NULL")
_UPDATE = text("kind = 'update'")

# When a mail that is held is due: never, until it is let go.
HELD = datetime(9999, 1, 1, tzinfo=UTC)


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
        Index(
            "ix_outbox_update",
            "update_id",
            "status",
            "due_at",
            sqlite_where=_OF_UPDATE,
            postgresql_where=_OF_UPDATE,
        ),
        # A mailbox is told of an update once, whatever happens.
        Index(
            "uq_outbox_update_mailbox",
            "update_id",
            "mailbox",
            unique=True,
            sqlite_where=_UPDATE,
            postgresql_where=_UPDATE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    priority: Mapped[int]
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"))
    member_link_id: Mapped[int | None] = mapped_column(ForeignKey("member_links.id", ondelete="CASCADE"))
    # Of a mail to a petition's recipient: the answer that it asks for.
    answer_id: Mapped[int | None]
    update_id: Mapped[int | None] = mapped_column(ForeignKey("updates.id", ondelete="CASCADE"))
    locale: Mapped[str] = mapped_column(String(20))
    # "" where the site seals: of what is done, and of an update whose address is opened when it is sent.
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
    update: Mapped[Update | None] = relationship()

    @property
    def is_bulk(self) -> bool:
        return self.priority >= BULK

    def sent(self, at: datetime) -> None:
        self._end("sent", at, "")

    def hold(self) -> None:
        """Keep it until its mailing goes on."""
        self.due_at, self.claimed_until = HELD, None

    def dropped(self, at: datetime, reason: str) -> None:
        """It is no longer wanted: its signature has been confirmed or erased in the meantime."""
        self._end("dropped", at, reason)

    def refused(self, at: datetime, reason: str) -> None:
        """The mail server said that this will never be delivered."""
        self._end("failed", at, reason)
        session = object_session(self)
        if session is not None:
            count_bounced(session, [self.update_id] if self.is_bulk else [])

    def delayed(self, at: datetime, reason: str) -> None:
        """It could not be sent now: it is tried again, later each time, and given up after three days."""
        self.attempts += 1
        if at - self.created_at >= KEPT_FOR:
            self.refused(at, reason)
            return
        self.due_at = at + min(FIRST_DELAY * 2 ** (self.attempts - 1), LONGEST_DELAY)
        self.claimed_until, self.last_error = None, reason

    def _end(self, status: str, at: datetime, reason: str) -> None:
        self.status, self.finished_at, self.claimed_until, self.last_error = status, at, None, reason
        if self.mailbox.startswith(HASHED):
            self.recipient = ""


# The recipient of a mail that is done: blank where the site seals.
RECIPIENT_LEFT = case((OutboxMessage.mailbox.startswith(HASHED), ""), else_=OutboxMessage.recipient)


def count_sent(session: Session, update_id: int | None) -> None:
    """One more mailbox was told of an update, in the transaction that marks its mail."""
    session.execute(update(Update).where(Update.id == update_id).values(sent=Update.sent + 1), **_UNREAD)


def count_bounced(session: Session, update_ids: Iterable[int | None]) -> None:
    """So many more mailboxes could not be told, each of an update; None is for mails that are of none."""
    for update_id, count in Counter(update_ids).items():
        if update_id is not None:
            more = update(Update).where(Update.id == update_id).values(bounced=Update.bounced + count)
            session.execute(more, **_UNREAD)


# Added in the database, so that two workers can do it at once; no row that is loaded is brought up to date by it.
_UNREAD: dict[str, Any] = {"execution_options": {"synchronize_session": False}}
