"""A regular job of the site: when it ran last, and whether somebody has it in hand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime


class ScheduledJob(Base):
    """One row for each job, whichever worker runs it. `claimed_until` ends by itself where its runner has died."""

    __tablename__ = "scheduled_jobs"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    holder: Mapped[str] = mapped_column(String(64), default="")
