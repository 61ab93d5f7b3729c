"""A reader's word that a comment breaks the charter. Who it was is a keyed hash, so that nobody is counted twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now


class CommentFlag(Base):
    """`reader` is a keyed hash of the network and the comment; it is forgotten after 30 days."""

    __tablename__ = "comment_flags"
    __table_args__ = (Index(None, "created_at"),)

    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    reader: Mapped[str] = mapped_column(String(32), primary_key=True)
    # The charter's point that the reader has named, "" for none.
    point: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
