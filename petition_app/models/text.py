"""A version of a petition's text in one language.

A text that somebody may have read is never changed: a change is a new version. Only the draft of a petition that nobody
could see yet is written anew in its place (`petitions/versions.py`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now


class PetitionText(Base):
    """Title, summary, body (Markdown) and call to action, as signers were shown them.

    `kind` tells what it was against the version before: the first one, or one before anybody had signed ("initial"), a
    correction of its spelling or layout ("spelling"), or a change of what is said ("change"), which has its `reason`.
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
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
