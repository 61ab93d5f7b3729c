"""What the worker does besides sending mails: each job by its interval, each as a function that anyone may call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from petition_app.extensions import db, empty_log
from petition_app.fraud import decisions, watching
from petition_app.models.base import now
from petition_app.models.member_link import forget_old_links
from petition_app.models.member_session import forget_ended_sessions
from petition_app.operations import schedule
from petition_app.operations.forgetting import DUTIES, Renew, nothing
from petition_app.operations.overwriting import overwrite
from petition_app.petitions import fields
from petition_app.petitions.life import close_due
from petition_app.privacy.consent_register import count_consents
from petition_app.sealing import converting, state
from petition_app.signing import rules
from petition_app.statistics.counting import count_signatures, count_unconfirmed
from petition_app.transactions import writing
from petition_app.updates import mailing

log = logging.getLogger(__name__)

# How long after its interval a job that has not come to its end is worth a word to the operator.
LATE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Job:
    """Something to be done every so often. It may be run again after half a run, and calls `Renew` between steps."""

    name: str
    every: timedelta
    run: Callable[[datetime, Renew], object]


def forget_answers(at: datetime, renew: Renew = nothing) -> int:
    """Delete the answers to fields that are to be forgotten: what a page has begun, and what came in at that moment."""
    forgotten, doomed = 0, fields.forgetting_fields()
    while found := fields.forget_answers(doomed):
        forgotten += found
        renew()
    return forgotten


def forget_ways_in(at: datetime) -> None:
    """Delete the members' sessions that have ended, and the links that are no longer good."""
    with writing() as session:
        forget_ended_sessions(session, at)
        forget_old_links(session, at)


def keep_sealed(at: datetime, renew: Renew = nothing) -> None:
    """Seal what can still be read; and let no older state of a page lie beside the database (docs/sealing.md)."""
    converting.seal_stragglers(at, renew)
    if state.current() is not None:
        empty_log()


JOBS = (
    Job("close petitions whose day has come", timedelta(seconds=30), lambda at, _renew: close_due(at)),
    Job("mail updates", timedelta(seconds=10), mailing.advance_all),
    Job("take out signatures by rules, or give them back", timedelta(seconds=15), rules.advance_all),
    Job("look for clusters of signatures", timedelta(seconds=15), watching.watch_all),
    Job("count clusters of signatures", timedelta(minutes=1), watching.count_clusters),
    Job("let clusters count that were released", timedelta(seconds=15), decisions.advance_all),
    Job("forget answers to fields that were taken away", timedelta(minutes=1), forget_answers),
    *(Job(duty.job, duty.every, duty.run) for duty in DUTIES.values()),
    Job("overwrite what was erased", timedelta(hours=1), lambda _at, _renew: overwrite()),
    Job("count consents", timedelta(days=1), count_consents),
    Job("forget members’ old sessions and links", timedelta(hours=1), lambda at, _renew: forget_ways_in(at)),
    Job("keep the tallies", timedelta(seconds=15), count_signatures),
    Job("seal addresses that were there before", timedelta(seconds=5), converting.advance),
    Job("seal addresses that can still be read", timedelta(minutes=10), keep_sealed),
    Job("count who has not confirmed", timedelta(minutes=10), count_unconfirmed),
)


def run_due() -> None:
    """Run the jobs that are due and that no other worker has, one after another; one that fails stops no other.

    Raises StorageUnavailable and SQLAlchemyError where it cannot be told or written which ones are due.
    """
    due = schedule.due({job.name: job.every for job in JOBS}, now())
    for job in JOBS:
        at = now()  # anew for each: the one before may have taken longer than a lease lasts
        if job.name in due and (lease := schedule.claim(job.name, job.every, at)):
            _run(job, at, lease)


def _run(job: Job, at: datetime, lease: schedule.Lease) -> None:
    try:
        job.run(at, lease.renew)
    except Exception:
        log.exception("a job failed", extra={"fields": {"job": job.name}})
        db.session.remove()
        lease.fail(job.every)
    else:
        lease.finish()
    finally:
        db.session.remove()


def overdue(at: datetime) -> Iterator[tuple[str, datetime | None]]:
    """The jobs that should have come to their end by now, each with its last end; None for one that never has."""
    ends = {run.name: run.finished_at for run in schedule.runs()}
    for job in JOBS:
        end = ends.get(job.name)
        if end is None or at - end > job.every + LATE_AFTER:
            yield job.name, end
