"""A file in the database, in parts: nodes share nothing else, and a part is as much as is ever held in memory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now

# The length of every part but the last, in bytes, before it is packed: a place in the file names its part.
PART_BYTES = 2**20

_WAITING = text("status IN ('ordered', 'making')")
_EXPIRES = text("expires_at IS NOT NULL")


class StoredFile(Base):
    """`ordered` (→ `making`, by one worker at a time) → `ready` | `failed` → `removed`.

    The row of one that is removed stays: it says who had which data made into a file, and for what.
    """

    __tablename__ = "stored_files"
    __table_args__ = (
        CheckConstraint("status IN ('ordered','making','ready','failed','removed')", "status"),
        Index("ix_stored_files_waiting", "ordered_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_stored_files_expires", "expires_at", sqlite_where=_EXPIRES, postgresql_where=_EXPIRES),
        Index("ix_stored_files_petition", "petition_id", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    # Who makes it: `files.making` knows a function for each.
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    locale: Mapped[str] = mapped_column(String(20))
    ordered_by: Mapped[str] = mapped_column(String(320), default="")
    ordered_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    status: Mapped[str] = mapped_column(String(10), default="ordered")
    holder: Mapped[str] = mapped_column(String(64), default="")
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    # How far the making has come: rows that are written, of so many.
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(String(300), default="")
    # Of a file that is made of sealed addresses: the key that its parts are encrypted with, sealed as an address is.
    sealed_key: Mapped[str | None] = mapped_column(Text)

    @property
    def audit_label(self) -> str:
        return self.name

    @property
    def is_waiting(self) -> bool:
        return self.status in ("ordered", "making")

    @property
    def is_sealed(self) -> bool:
        """Whether it is made, and fetched, with the association's passphrase only."""
        return self.sealed_key is not None

    @property
    def percent(self) -> int:
        """How much of it is made, rounded down; what is not ready is never all."""
        if self.status == "ready":
            return 100
        return min(99, 100 * self.done // self.total) if self.total else 0


class FilePart(Base):
    """The part number `position`, from 0; packed by zlib where that makes it smaller."""

    __tablename__ = "file_parts"

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_packed: Mapped[bool]
    data: Mapped[bytes] = mapped_column(LargeBinary)
