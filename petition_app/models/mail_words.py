"""What an association adds, in its own words, to what the site says to a petition's signers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now

# Where they stand: below the mail that asks to confirm, and on the page after that. Once a signature counts, none goes.
Part = Literal["why", "thanks"]
PARTS: tuple[Part, ...] = ("why", "thanks")


class MailWords(Base):
    """A version of these words in one language: plain text in paragraphs, "" for none.

    They are no part of what people sign, so they change without a reason. A version that may have gone out is never
    changed: a change is a new one. A translation names the version that it says (`source_id`).
    """

    __tablename__ = "mail_words"
    __table_args__ = (UniqueConstraint("petition_id", "locale", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    locale: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    why: Mapped[str] = mapped_column(Text, default="")
    thanks: Mapped[str] = mapped_column(Text, default="")
    source_id: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    def words(self, part: Part) -> str:
        return self.why if part == "why" else self.thanks


@dataclass(frozen=True)
class OwnWords:
    """One part of it as a signer gets it, all of it in one language."""

    text: str
    locale: str

    @property
    def paragraphs(self) -> list[list[str]]:
        """Each paragraph's lines."""
        return [block.split("\n") for block in self.text.split("\n\n") if block]
