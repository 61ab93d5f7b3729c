"""What is being written of a petition's text in one language: the team's one sheet, until it is published."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now


class TextDraft(Base):
    """A sheet with what was typed last. `revision` grows by one with each saving: who has an older one may not save.

    `is_open` says whether it holds anything that is not published. `base_text_id` is the version that it began from,
    0 for a language without a text. `recipients` are JSON: a list of [name, office].
    """

    __tablename__ = "text_drafts"
    __table_args__ = (UniqueConstraint("petition_id", "locale"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    locale: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300), default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    call_to_action: Mapped[str] = mapped_column(String(300), default="")
    recipients: Mapped[str] = mapped_column(Text, default="[]")
    base_text_id: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    is_open: Mapped[bool] = mapped_column(default=True)
    saved_by: Mapped[str] = mapped_column(String(200), default="")
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
