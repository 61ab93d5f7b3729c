"""What the workers know of a job that runs every so often: when it last began and ended, and who has it now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime


class ScheduledJob(Base):
    """One row a job. Until `claimed_until` it belongs to `holder`, or rests after a failure; then anyone may have it.

    `finished_at` is the end of the last run that succeeded: one before `started_at` means that the last did not.
    """

    __tablename__ = "scheduled_jobs"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    holder: Mapped[str] = mapped_column(String(64), default="")
