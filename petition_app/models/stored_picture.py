"""A picture in the database: what a page shows of it, in each width that was made, and the bytes beside that."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now


class StoredPicture(Base):
    """What a page needs to show it, in one row: no page reads the bytes.

    `files` are its sizes from the smallest to the largest: `{"name": "3f2a….jpg", "width": 640, "height": 360}`.
    """

    __tablename__ = "stored_pictures"

    id: Mapped[int] = mapped_column(primary_key=True)
    content_type: Mapped[str] = mapped_column(String(20))
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    stored_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class PictureFile(Base):
    """The bytes of one size. Its name is made of them, so that a copy may be kept for ever."""

    __tablename__ = "picture_files"

    picture_id: Mapped[int] = mapped_column(ForeignKey("stored_pictures.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
