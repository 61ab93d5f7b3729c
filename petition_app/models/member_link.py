"""A way into the admin that is used once: an invitation, a new password, the set-up of a new site."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, delete, or_
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now

if TYPE_CHECKING:
    from petition_app.models.member import Member

GOOD_FOR = {
    "invitation": timedelta(days=7),
    "password_reset": timedelta(hours=1),
    "setup": timedelta(days=7),
}


def new_link_key() -> str:
    """128 random bits. A mail's link holds them signed, so that who reads the database has no link yet."""
    return secrets.token_urlsafe(16)


class MemberLink(Base):
    """`key` is what a signed token names, or a keyed hash of the set-up's code. The set-up's has no member yet."""

    __tablename__ = "member_links"
    __table_args__ = (
        CheckConstraint("purpose IN ('invitation','password_reset','setup')", "purpose"),
        Index(None, "member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(64), unique=True, default=new_link_key)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    member: Mapped[Member | None] = relationship()

    @classmethod
    def make(cls, purpose: str, at: datetime, *, member: Member | None = None, key: str | None = None) -> MemberLink:
        return cls(
            purpose=purpose,
            member=member,
            key=key or new_link_key(),
            created_at=at,
            expires_at=at + GOOD_FOR[purpose],
        )

    def use(self, at: datetime) -> None:
        self.used_at = at

    def is_good(self, at: datetime) -> bool:
        """Whether it can still be used; one to a member whose door is shut cannot."""
        shut_out = self.member is not None and self.member.disabled_at is not None
        return self.used_at is None and at < self.expires_at and not shut_out


def forget_old_links(session: Session, at: datetime) -> None:
    """Delete the links that were used, or whose time is over."""
    session.execute(
        delete(MemberLink).where(or_(MemberLink.used_at.is_not(None), MemberLink.expires_at < at)),
        execution_options={"synchronize_session": False},
    )
