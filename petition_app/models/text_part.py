"""What translators have written of a petition, part by part: their sheet, and the memory of what was said before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now


class TextPart(Base):
    """A part in one language: `source` as it was when `target` was written for it, which tells whether it has changed.

    A paragraph's key is made of what it says, so it has the same one in every version of the text, wherever it stands;
    other parts have fixed names (petitions/paragraphs.py, texts/reading.py). `online` is what readers had of it when it
    was written: another value by now means that it was changed elsewhere.
    """

    __tablename__ = "text_parts"
    __table_args__ = (UniqueConstraint("petition_id", "locale", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    locale: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text, default="")
    online: Mapped[str] = mapped_column(Text, default="")
    saved_by: Mapped[str] = mapped_column(String(200), default="")
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
