"""What a signer agreed to: a purpose, the very wording that was shown, and the moment."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now

if TYPE_CHECKING:
    from petition_app.models.signature import Signature


class ConsentWording(Base):
    """A wording in one language, kept once for all who were shown it."""

    __tablename__ = "consent_wordings"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    # `processing` is what a signature needs (GDPR art. 9); `petition_news` and `association_news` are each a free
    # choice; `name_display` records how the signer chose that the name is shown.
    purpose: Mapped[str] = mapped_column(String(20))
    locale: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    first_shown_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # How many consents to these very words are kept, and how many of them are withdrawn, as of `counted_at`.
    given: Mapped[int] = mapped_column(default=0, server_default="0")
    withdrawn: Mapped[int] = mapped_column(default=0, server_default="0")
    counted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Consent(Base):
    """One purpose agreed to by one signer. A change of mind is a withdrawal, and later perhaps a new row."""

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("purpose IN ('processing','petition_news','association_news','name_display')", "purpose"),
        Index(None, "signature_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"))
    wording_id: Mapped[int] = mapped_column(ForeignKey("consent_wordings.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(20), default="yes")
    given_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When the mailbox's server said that there is no such mailbox (any more): nothing is sent on it until it is given
    # anew, which a signer does by a link that was mailed there.
    undeliverable_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    signature: Mapped[Signature] = relationship(back_populates="consents")
    wording: Mapped[ConsentWording] = relationship()

    @property
    def stands(self) -> bool:
        """Whether it is agreed to, and can be acted on."""
        return self.withdrawn_at is None and self.undeliverable_at is None

    def withdraw(self, at: datetime) -> None:
        self.withdrawn_at = self.withdrawn_at or at


def wording_hash(purpose: str, locale: str, text: str) -> str:
    """The name of a wording: the SHA-256, in hex, of purpose, locale and text."""
    return hashlib.sha256("\0".join((purpose, locale, text)).encode()).hexdigest()
