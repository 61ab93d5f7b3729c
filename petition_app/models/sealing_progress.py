"""How far the sealing of what was there before has come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime


class SealingProgress(Base):
    """One row. The signatures are gone through in the order of their keys, again and again until nothing is found."""

    __tablename__ = "sealing_progress"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(default=0)
    # In this going-through, and in all of them.
    changed: Mapped[int] = mapped_column(default=0)
    sealed: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime] = mapped_column(UTCDateTime)
