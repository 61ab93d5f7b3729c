"""Who runs a job, and when: one runner at a time over all workers and nodes, by a lease in the database.

A runner that dies leaves its lease behind; when that is over, the job is due for anyone. The interval counts from the
last start, which is in the database as well, so that it holds across workers and restarts.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from petition_app.extensions import db
from petition_app.models import ScheduledJob
from petition_app.models.base import now
from petition_app.transactions import writing

# A job that takes longer renews its lease as it goes: between batches, each a matter of a second at most.
LEASE = timedelta(minutes=2)
# After a run that failed; one that is due more often than this waits no longer for that.
RETRY_AFTER = timedelta(minutes=1)
# What is dated further ahead than this was written before the clock was set back: it must not hold a job up.
CLOCK_TOLERANCE = timedelta(minutes=1)

_UNSYNCHRONIZED = {"synchronize_session": False}


class LeaseLost(Exception):
    """The job took longer than its lease, and somebody else may have it by now: it ends here, to be run again."""


@dataclass
class Lease:
    """The right to run a job, until some time. `holder` is different for every run."""

    name: str
    holder: str
    until: datetime

    def renew(self) -> None:
        """Call it between the steps of a long job; the database is asked only when half of the lease is over.

        Raises LeaseLost, StorageUnavailable.
        """
        at = now()
        if self.until - at > LEASE / 2:
            return
        if not self._change(claimed_until=at + LEASE):
            raise LeaseLost(self.name)
        self.until = at + LEASE

    def finish(self) -> None:
        """The job is done. Raises StorageUnavailable."""
        self._change(finished_at=now(), claimed_until=None, holder="")

    def fail(self, every: timedelta) -> None:
        """The job broke off: it is nobody's for a while, then anybody's. Raises StorageUnavailable."""
        self._change(claimed_until=now() + min(RETRY_AFTER, every), holder="")

    def _change(self, **values: Any) -> bool:
        """Write into the row while it is this runner's; False where it is not any more."""
        mine = update(ScheduledJob).where(ScheduledJob.name == self.name, ScheduledJob.holder == self.holder)
        with writing() as session:
            changed = session.execute(
                mine.values(**values).returning(ScheduledJob.name), execution_options=_UNSYNCHRONIZED
            )
            return changed.first() is not None


def due(intervals: dict[str, timedelta], at: datetime) -> list[str]:
    """The names of those that somebody should run now, by one small read."""
    known = select(ScheduledJob.name, _is_due(intervals, at).label("due")).where(ScheduledJob.name.in_(intervals))
    found = dict(db.session.execute(known).all())
    db.session.rollback()
    return [name for name in intervals if found.get(name, True)]


def claim(name: str, every: timedelta, at: datetime) -> Lease | None:
    """Make a job this runner's, in one short transaction; None where another was faster. Raises StorageUnavailable."""
    lease = Lease(name, f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(8)}", at + LEASE)
    mine = (
        update(ScheduledJob)
        .where(ScheduledJob.name == name, _is_due({name: every}, at))
        .values(started_at=at, claimed_until=lease.until, holder=lease.holder)
        .returning(ScheduledJob.name)
    )
    with writing() as session:
        insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.execute(insert(ScheduledJob).values(name=name, holder="").on_conflict_do_nothing())
        claimed = session.execute(mine, execution_options=_UNSYNCHRONIZED).first()
    return lease if claimed else None


def runs() -> Sequence[ScheduledJob]:
    """What is known of every job that was ever begun."""
    return db.session.scalars(select(ScheduledJob)).all()


def _is_due(intervals: dict[str, timedelta], at: datetime) -> ColumnElement[bool]:
    """Free, and either its interval has passed or its last run did not come to its end."""
    job = ScheduledJob
    is_free = or_(
        job.claimed_until.is_(None), job.claimed_until <= at, job.claimed_until > at + LEASE + CLOCK_TOLERANCE
    )
    passed = [and_(job.name == name, job.started_at <= at - every) for name, every in intervals.items()]
    is_wanted = or_(
        job.started_at.is_(None),
        job.started_at > at + CLOCK_TOLERANCE,
        job.finished_at.is_(None),
        job.finished_at < job.started_at,
        *passed,
    )
    return and_(is_free, is_wanted)
