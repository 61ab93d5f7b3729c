"""A version of a petition's text in one language.

A text that somebody may have read is never changed: a change is a new version. Only the draft of a petition that nobody
could see yet is written anew in its place (`petitions/versions.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now


class PetitionText(Base):
    """Title, summary, body (Markdown) and call to action, as signers were shown them.

    `kind` tells what it was against the version before: the first one, or one before anybody had signed ("initial"), a
    correction of its spelling or layout ("spelling"), or a change of what is said ("change"), which has its `reason`.

    A translation names the version that it says (`source_text_id`, 0 where that is not known), and what in it is in
    another language, as nobody has translated it yet: `{"from": "fr", "body": [2, 3], "offices": [0]}`, the places of
    the paragraphs and of the recipients.
    """

    __tablename__ = "petition_texts"
    __table_args__ = (UniqueConstraint("petition_id", "locale", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    locale: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text)
    call_to_action: Mapped[str] = mapped_column(String(300), default="")
    kind: Mapped[str] = mapped_column(String(10), default="initial", server_default="initial")
    reason: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))
    source_text_id: Mapped[int] = mapped_column(default=0, server_default="0")
    borrowed: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    @property
    def borrowed_from(self) -> str:
        """The language of the paragraphs that are not translated; "" where all are."""
        return str(self.borrowed["from"]) if self.borrowed else ""

    @property
    def borrowed_paragraphs(self) -> tuple[int, ...]:
        return tuple(self.borrowed["body"]) if self.borrowed else ()

    def office_locale(self, position: int) -> str:
        """The language in which the office of this recipient is named."""
        is_borrowed = self.borrowed is not None and position in self.borrowed["offices"]
        return self.borrowed_from if is_borrowed else self.locale
