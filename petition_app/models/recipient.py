"""Whom a petition is addressed to, as a text in one language names them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base


class Recipient(Base):
    """A person or body, with the office as the text's language calls it; `position` orders them from 0."""

    __tablename__ = "recipients"
    __table_args__ = (UniqueConstraint("petition_id", "locale", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    locale: Mapped[str] = mapped_column(String(20))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    office: Mapped[str] = mapped_column(String(300), default="")
