"""What the worker does besides sending mails: each job by its interval, each as a function that anyone may call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, literal_column, select, update

from petition_app.antiabuse import networks, rate_limit, work
from petition_app.comments.flags import forget_flags
from petition_app.extensions import db, empty_log
from petition_app.files import orders
from petition_app.fraud import decisions, watching
from petition_app.models import OutboxMessage, Signature
from petition_app.models.base import now
from petition_app.models.member_link import forget_old_links
from petition_app.models.member_session import forget_ended_sessions
from petition_app.operations import schedule
from petition_app.petitions import fields
from petition_app.petitions.life import close_due
from petition_app.sealing import converting, state
from petition_app.signing import rules
from petition_app.statistics.counting import count_signatures, count_unconfirmed
from petition_app.transactions import writing
from petition_app.updates import mailing

log = logging.getLogger(__name__)

UNCONFIRMED_KEPT = timedelta(days=30)
MAILS_KEPT = timedelta(days=7)
BATCH = 500
# How long after its interval a job that has not come to its end is worth a word to the operator.
LATE_AFTER = timedelta(minutes=10)

Renew = Callable[[], None]


@dataclass(frozen=True)
class Job:
    """Something to be done every so often. It may be run again after half a run, and calls `Renew` between steps."""

    name: str
    every: timedelta
    run: Callable[[datetime, Renew], object]


def _nothing() -> None:
    """What those renew who run a job by hand, without a lease."""


def forget_unconfirmed(at: datetime, renew: Renew = _nothing) -> int:
    """Erase the signatures that were never confirmed, 30 days after they were given. Answers how many.

    One that is held was confirmed by its signer: it stays until it is decided on.
    """
    # The status is written out: an index of some rows only can then be chosen whatever the parameters are.
    pending = Signature.status == literal_column("'pending'")
    due = select(Signature.id).where(pending, Signature.held_at.is_(None), Signature.created_at < at - UNCONFIRMED_KEPT)
    return _delete(Signature, due, renew)


def forget_mails(at: datetime, renew: Renew = _nothing) -> int:
    """Delete the records of mails, 7 days after they were sent or given up. Answers how many."""
    due = select(OutboxMessage.id).where(OutboxMessage.finished_at < at - MAILS_KEPT)
    return _delete(OutboxMessage, due, renew)


def _delete(model: type[Signature | OutboxMessage], due: Select[int], renew: Renew) -> int:
    """Delete rows, so many at a time that signers hardly wait for it."""
    deleted = 0
    while True:
        with writing() as session:
            ids = list(session.scalars(due.limit(BATCH)))
            session.execute(delete(model).where(model.id.in_(ids)), execution_options={"synchronize_session": False})
        deleted += len(ids)
        if len(ids) < BATCH:
            return deleted
        renew()


def forget_networks(at: datetime, renew: Renew = _nothing) -> int:
    """Erase the marks of networks and domains, and the signs noted with them, 30 days after signatures were given.

    Answers how many.
    """
    due = select(Signature.id).where(Signature.network.is_not(None), Signature.created_at < at - networks.KEPT_FOR)
    forgotten = 0
    while True:
        with writing() as session:
            ids = list(session.scalars(due.limit(BATCH)))
            erase = update(Signature).where(Signature.id.in_(ids)).values(network=None, domain_mark=None, signs="")
            session.execute(erase, execution_options={"synchronize_session": False})
        forgotten += len(ids)
        if len(ids) < BATCH:
            return forgotten
        renew()


def forget_old_flags(at: datetime, renew: Renew = _nothing) -> int:
    """Delete readers' flags, 30 days after they were given. Answers how many."""
    forgotten = 0
    while found := forget_flags(at, BATCH):
        forgotten += found
        renew()
    return forgotten


def forget_answers(at: datetime, renew: Renew = _nothing) -> int:
    """Delete the answers to fields that are to be forgotten: what a page has begun, and what came in at that moment."""
    forgotten, doomed = 0, fields.forgetting_fields()
    while found := fields.forget_answers(doomed):
        forgotten += found
        renew()
    return forgotten


def forget_rate_counts(at: datetime) -> None:
    """Delete the counts of connections whose window is over, and the marks of work that is too old."""
    with writing() as session:
        rate_limit.forget_expired(session, at)
        work.forget_used(session, at)


def forget_ways_in(at: datetime) -> None:
    """Delete the members' sessions that have ended, and the links that are no longer good."""
    with writing() as session:
        forget_ended_sessions(session, at)
        forget_old_links(session, at)


def keep_sealed(at: datetime, renew: Renew = _nothing) -> None:
    """Seal what can still be read; and let no older state of a page lie beside the database (docs/sealing.md)."""
    converting.seal_stragglers(at, renew)
    if state.current() is not None:
        empty_log()


JOBS = (
    Job("close petitions whose day has come", timedelta(seconds=30), lambda at, _renew: close_due(at)),
    Job("mail updates", timedelta(seconds=10), mailing.advance_all),
    Job("forget counts of connections", timedelta(minutes=10), lambda at, _renew: forget_rate_counts(at)),
    Job("take out signatures by rules, or give them back", timedelta(seconds=15), rules.advance_all),
    Job("look for clusters of signatures", timedelta(seconds=15), watching.watch_all),
    Job("count clusters of signatures", timedelta(minutes=1), watching.count_clusters),
    Job("let clusters count that were released", timedelta(seconds=15), decisions.advance_all),
    Job("forget by what clusters were found", timedelta(hours=1), lambda at, _renew: watching.forget_marks(at)),
    Job("forget answers to fields that were taken away", timedelta(minutes=1), forget_answers),
    Job("forget networks of signatures", timedelta(hours=1), forget_networks),
    Job("forget readers’ flags", timedelta(hours=1), forget_old_flags),
    Job("erase unconfirmed signatures", timedelta(hours=1), forget_unconfirmed),
    Job("forget records of mails", timedelta(hours=1), forget_mails),
    Job("forget members’ old sessions and links", timedelta(hours=1), lambda at, _renew: forget_ways_in(at)),
    Job("keep the tallies", timedelta(seconds=15), count_signatures),
    Job("seal addresses that were there before", timedelta(seconds=5), converting.advance),
    Job("seal addresses that can still be read", timedelta(minutes=10), keep_sealed),
    Job("count who has not confirmed", timedelta(minutes=10), count_unconfirmed),
    Job("remove files whose time is over", timedelta(minutes=10), lambda at, _renew: orders.remove_expired(at)),
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
