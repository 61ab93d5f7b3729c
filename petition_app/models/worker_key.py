"""How a passphrase's key comes to the workers: each publishes a key of its own, and is handed what is sealed for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now


class WorkerKey(Base):
    """A worker that lives, by a key whose private half is in its memory alone. `mark` shows that this site made it."""

    __tablename__ = "worker_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    # The machine and the process.
    name: Mapped[str] = mapped_column(String(80))
    public_key: Mapped[str] = mapped_column(String(64))
    mark: Mapped[str] = mapped_column(String(64))
    alive_until: Mapped[datetime] = mapped_column(UTCDateTime)


class HandedKey(Base):
    """That a worker was handed the key for one job. The box is emptied as soon as the worker has opened it."""

    __tablename__ = "handed_keys"
    __table_args__ = (
        CheckConstraint("kind IN ('update','file')", "kind"),
        UniqueConstraint("kind", "object_id", "worker_key_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    worker_key_id: Mapped[int] = mapped_column(ForeignKey("worker_keys.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    object_id: Mapped[int]
    box: Mapped[str] = mapped_column(Text)
    handed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    worker: Mapped[WorkerKey] = relationship()
