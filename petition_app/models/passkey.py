"""A passkey of a member: what a device or a password manager holds, and opens by finger, face or PIN (WebAuthn)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now
from petition_app.models.member import Member

LONGEST_NAME = 80


class Passkey(Base):
    """Only the public half. `sign_count` grows with each use, where a device counts: a copy is found out by it."""

    __tablename__ = "passkeys"
    __table_args__ = (Index(None, "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    # The credential's id as the browser sends it, in base64url; WebAuthn allows 1023 bytes.
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    member: Mapped[Member] = relationship()

    @property
    def audit_label(self) -> str:
        return self.name

    def use(self, sign_count: int, at: datetime) -> None:
        self.sign_count, self.used_at = sign_count, at
