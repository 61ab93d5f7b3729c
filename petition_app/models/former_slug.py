"""A name that a petition had in its address before: it goes on leading to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now


class FormerSlug(Base):
    """No other petition may take the name: a link to it has been given to people."""

    __tablename__ = "former_slugs"

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    until: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
