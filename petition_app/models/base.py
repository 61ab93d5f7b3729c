"""What all models share: the clock and the column type for moments."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime
from typing import TypeVar

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine


def now() -> datetime:
    """This moment, in UTC, to the microsecond."""
    return datetime.now(UTC)


Day = TypeVar("Day", date, datetime)


def months_after(day: Day, months: int) -> Day:
    """The same day so many months later (or earlier), or that month's last one (Regulation 1182/71, article 3)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def text_by_bytes(length: int) -> TypeEngine[str]:
    """Text that is ordered by its bytes on both engines, so that what begins alike stands together in an index."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in time: aware in Python, UTC in the database on either engine."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
