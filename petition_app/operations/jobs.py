"""What the worker does besides sending mails: each job by its interval, each as a function that anyone may call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from petition_app.antiabuse import rate_limit
from petition_app.extensions import db
from petition_app.models import OutboxMessage, Signature
from petition_app.petitions.life import close_due
from petition_app.transactions import writing

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


def run_due(at: datetime, last: dict[str, datetime]) -> None:
    """Run the jobs whose interval has passed since `last`, and note it there."""
    for job in JOBS:
        if at - last.get(job.name, datetime.min.replace(tzinfo=at.tzinfo)) >= job.every:
            job.run(at)
            last[job.name] = at
            db.session.remove()
