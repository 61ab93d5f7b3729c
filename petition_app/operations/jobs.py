"""What the worker does besides sending mails: each job by its interval, each as a function that anyone may call.

One worker at a time runs a job, of however many there are: it has it by a lease in the database, which ends by itself
where its runner has died. When a job ran last is kept there too, so that a restart does not run it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from petition_app.antiabuse import rate_limit
from petition_app.extensions import db
from petition_app.models import OutboxMessage, ScheduledJob, Signature
from petition_app.models.base import now
from petition_app.petitions.life import close_due
from petition_app.transactions import StorageUnavailable, writing

log = logging.getLogger(__name__)

UNCONFIRMED_KEPT = timedelta(days=30)
MAILS_KEPT = timedelta(days=7)
BATCH = 500


@dataclass(frozen=True)
class Job:
    """Something to be done every so often."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


def forget_unconfirmed(at: datetime) -> int:
    """Erase the signatures that were never confirmed, 30 days after they were given. Answers how many."""
    erased = 0
    while True:
        with writing() as session:
            due = select(Signature.id).where(
                Signature.status == "pending", Signature.created_at < at - UNCONFIRMED_KEPT
            )
            ids = list(session.scalars(due.limit(BATCH)))
            session.execute(
                delete(Signature).where(Signature.id.in_(ids)), execution_options={"synchronize_session": False}
            )
        erased += len(ids)
        if len(ids) < BATCH:
            return erased


def forget_mails(at: datetime) -> None:
    """Delete the records of mails, 7 days after they were sent or given up."""
    with writing() as session:
        session.execute(
            delete(OutboxMessage).where(OutboxMessage.finished_at < at - MAILS_KEPT),
            execution_options={"synchronize_session": False},
        )


def forget_rate_counts(at: datetime) -> None:
    """Delete the counts of connections whose window is over."""
    with writing() as session:
        rate_limit.forget_expired(session, at)


JOBS = (
    Job("close petitions whose day has come", timedelta(seconds=30), close_due),
    Job("forget counts of connections", timedelta(minutes=10), forget_rate_counts),
    Job("erase unconfirmed signatures", timedelta(hours=1), forget_unconfirmed),
    Job("forget records of mails", timedelta(hours=1), forget_mails),
)


# No job takes nearly as long. One that did would be begun by another worker as well: each does its work in small
# steps that look anew at what is left, so that two of them only share it.
LEASE = timedelta(minutes=10)
# A start that lies so far ahead was written by a clock that has been set back since.
AHEAD = timedelta(minutes=5)


def run_due(at: datetime, holder: str, *, whenever: bool = False) -> int:
    """Run the jobs whose interval has passed and that nobody has in hand; `holder` names this worker.

    With `whenever`, those whose interval has not passed too. Answers how many ran. One that fails does not keep the
    others from running, and is tried again after its interval.
    """
    started = 0
    for job in JOBS:
        if not _claim(job, at, holder, whenever=whenever):
            continue
        started += 1
        try:
            job.run(at)
        except (SQLAlchemyError, StorageUnavailable):
            db.session.rollback()
            log.exception("a job failed", extra={"fields": {"job": job.name}})
        finally:
            _let_go(job, holder)
            db.session.remove()
    return started


def overdue(at: datetime) -> list[str]:
    """The jobs that nobody has run for more than twice their interval and the lease: no worker is there."""
    rows = {job.name: job.started_at for job in db.session.scalars(select(ScheduledJob))}
    late = [job for job in JOBS if (last := rows.get(job.name)) and at - last > 2 * job.every + LEASE]
    return [job.name for job in late]


def _claim(job: Job, at: datetime, holder: str, *, whenever: bool) -> bool:
    """Make a job this worker's until the lease ends; False where it is not due, or another's."""
    due = [or_(ScheduledJob.claimed_until.is_(None), ScheduledJob.claimed_until <= at)]
    if not whenever:
        last = ScheduledJob.started_at
        due.append(or_(last.is_(None), last <= at - job.every, last > at + AHEAD))
    row = db.session.get(ScheduledJob, job.name)
    known = row is not None
    is_due = known and db.session.scalar(select(ScheduledJob.name).where(ScheduledJob.name == job.name, *due))
    db.session.rollback()
    if known and not is_due:
        return False  # the usual case, and no reason to take SQLite's write lock
    with writing() as session:
        if not known:
            dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
            row_of = dialect.insert(ScheduledJob).values(name=job.name, holder="")
            session.execute(row_of.on_conflict_do_nothing(index_elements=["name"]))
        claimed = session.connection().execute(
            update(ScheduledJob)
            .where(ScheduledJob.name == job.name, *due)
            .values(started_at=at, claimed_until=at + LEASE, holder=holder)
        )
        return claimed.rowcount == 1


def _let_go(job: Job, holder: str) -> None:
    """The job is done, or has failed: whoever is next need not wait for the lease's end."""
    with suppress(SQLAlchemyError, StorageUnavailable), writing() as session:
        session.connection().execute(
            update(ScheduledJob)
            .where(ScheduledJob.name == job.name, ScheduledJob.holder == holder)
            .values(finished_at=now(), claimed_until=None)
        )
