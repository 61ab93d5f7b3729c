"""A member who is signed in on one device."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, delete, or_
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now

if TYPE_CHECKING:
    from petition_app.models.member import Member

# It ends after so long without a visit, and at the latest after so long at all.
IDLE = timedelta(days=3)
LONGEST = timedelta(days=30)
# How long a password that was typed again opens what asks for it.
STEP_UP = timedelta(minutes=15)
# The last visit is noted this often, for a note is a write.
NOTED_EVERY = timedelta(minutes=5)
# Between the password and the second factor's code.
WAITS_FOR_CODE = timedelta(minutes=10)
LONGEST_USER_AGENT = 300


def new_session_key() -> str:
    """256 random bits: what the device's cookie holds, and the database only a hash of."""
    return secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """A plain hash is enough for what nobody can guess."""
    return hashlib.sha256(key.encode()).hexdigest()


class MemberSession(Base):
    """`is_complete` once the second factor was given, where the member has one: before that, it opens nothing."""

    __tablename__ = "member_sessions"
    __table_args__ = (Index(None, "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    is_complete: Mapped[bool] = mapped_column(default=True)
    user_agent: Mapped[str] = mapped_column(String(LONGEST_USER_AGENT), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    stepped_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    member: Mapped[Member] = relationship(back_populates="sessions")

    def complete(self, at: datetime) -> None:
        """The second factor was given."""
        self.is_complete, self.last_seen_at, self.stepped_up_at = True, at, at

    def step_up(self, at: datetime) -> None:
        """The password was typed again."""
        self.stepped_up_at = at

    def seen(self, at: datetime) -> None:
        self.last_seen_at = at

    def is_good(self, at: datetime) -> bool:
        """Whether it has not ended by its age, and its member may still enter."""
        young = at - self.created_at < (LONGEST if self.is_complete else WAITS_FOR_CODE)
        return young and at - self.last_seen_at < IDLE and self.member.is_active

    def is_stepped_up(self, at: datetime) -> bool:
        return self.stepped_up_at is not None and at - self.stepped_up_at < STEP_UP

    def is_to_be_noted(self, at: datetime) -> bool:
        return at - self.last_seen_at >= NOTED_EVERY


def forget_ended_sessions(session: Session, at: datetime) -> None:
    """Delete the sessions that have ended by their age."""
    session.execute(
        delete(MemberSession).where(
            or_(MemberSession.created_at < at - LONGEST, MemberSession.last_seen_at < at - IDLE)
        ),
        execution_options={"synchronize_session": False},
    )
