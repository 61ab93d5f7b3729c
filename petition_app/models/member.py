"""A member of the association's team: who may enter the admin, and as what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base, db
from petition_app.models.base import UTCDateTime, now
from petition_app.models.member_session import MemberSession
from petition_app.models.recovery_code import RecoveryCode

ROLES = ("administrator", "editor", "moderator", "translator", "reader")
LONGEST_NAME = 120


class Member(Base):
    """Invited, then active from the first password on, until disabled. `mailbox` is one for all spellings of `email`.

    The row stays for a year when a member leaves, who can be let in again (privacy/former_members.py): the log and what
    they have written go on naming them until then.
    """

    __tablename__ = "members"
    __table_args__ = (CheckConstraint("role IN ('administrator','editor','moderator','translator','reader')", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320))
    mailbox: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    role: Mapped[str] = mapped_column(String(20))
    locale: Mapped[str] = mapped_column(String(20))
    # Argon2's own text, with its parameters; "" until the invitation is accepted.
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    # Base32. It counts once a code of it was entered; the last step whose code was used is not taken twice.
    totp_secret: Mapped[str] = mapped_column(String(64), default="")
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    totp_last_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    joined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    sessions: Mapped[list[MemberSession]] = relationship(
        back_populates="member",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by=MemberSession.last_seen_at.desc(),
    )
    recovery_codes: Mapped[list[RecoveryCode]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by=RecoveryCode.id
    )

    @classmethod
    def by_mailbox(cls, mailbox: str) -> Member | None:
        found: Member | None = db.session.scalar(select(cls).where(cls.mailbox == mailbox))
        return found

    def join(self, password_hash: str, at: datetime) -> None:
        """The invitation is accepted: from now on this member can sign in."""
        self.joined_at = self.joined_at or at
        self.change_password(password_hash)

    def change_password(self, password_hash: str) -> None:
        """Whoever was signed in by the old one is so no more."""
        self.password_hash = password_hash
        self.sessions.clear()

    def disable(self, at: datetime) -> None:
        """Shut the door, at once and on all devices; `enable` opens it again."""
        self.disabled_at = at
        self.sessions.clear()

    def enable(self) -> None:
        self.disabled_at = None

    def propose_second_factor(self, secret: str) -> None:
        """A secret that counts as soon as a code of it is entered."""
        self.totp_secret, self.totp_confirmed_at, self.totp_last_step = secret, None, 0

    def confirm_second_factor(self, step: int, at: datetime) -> None:
        self.totp_confirmed_at, self.totp_last_step = at, step

    def drop_second_factor(self) -> None:
        """The password alone opens again; the recovery codes go with it."""
        self.totp_secret, self.totp_confirmed_at, self.totp_last_step = "", None, 0
        self.recovery_codes.clear()

    @property
    def is_active(self) -> bool:
        return self.joined_at is not None and self.disabled_at is None

    @property
    def has_second_factor(self) -> bool:
        return self.totp_confirmed_at is not None

    @property
    def status(self) -> str:
        """`disabled`, `invited` or `active`."""
        if self.disabled_at is not None:
            return "disabled"
        return "active" if self.joined_at is not None else "invited"

    @property
    def audit_label(self) -> str:
        return f"{self.name} <{self.email}>"
