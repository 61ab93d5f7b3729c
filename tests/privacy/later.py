"""Time goes by: what the worker does then, and what can be read still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from petition_app.config import Settings
from petition_app.extensions import Base, db
from petition_app.operations import jobs
from petition_app.operations.forgetting import nothing
from petition_app.operations.overwriting import overwrite

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Killed(Exception):
    pass


def run(at: datetime) -> None:
    """All that the worker does about it, once."""
    for job in jobs.JOBS:
        if job.name.startswith(("erase", "forget", "remove")):
            job.run(at, nothing)
    assert overwrite()


def everything(settings: Settings) -> bytes:
    if settings.on_sqlite:
        return b"".join(path.read_bytes() for path in Path(settings.data_dir).glob("petition.sqlite3*"))
    with db.engine.connect() as connection:
        rows = [connection.execute(select(table)).all() for table in Base.metadata.sorted_tables]
    return repr(rows).encode()
