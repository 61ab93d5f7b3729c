"""A code that stands in once for a member's second factor, when its device is lost."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime


class RecoveryCode(Base):
    """Only a hash is kept, with its salt: the code itself was shown once, to be printed."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("member_id", "hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    def use(self, at: datetime) -> None:
        self.used_at = at
