"""What the rules of retention say, done: for each rule a function that anyone may call, as often as they like.

Each goes by batches, each a short write transaction, and calls `Renew` in between; broken off, the next run finds what
is left.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, literal_column, select, update
from sqlalchemy.orm import Session

from petition_app.antiabuse import networks, rate_limit, work
from petition_app.comments.flags import forget_flags
from petition_app.extensions import db
from petition_app.files import orders
from petition_app.fraud import watching
from petition_app.models import (
    AuditEntry,
    DataRequest,
    InvalidationRule,
    OutboxMessage,
    Petition,
    Signature,
    StoredFile,
)
from petition_app.models.invalidation_rule import OF_PERSONS
from petition_app.operations.overwriting import owe_overwriting
from petition_app.privacy import forgetting, former_members, retention
from petition_app.statistics.counting import count_signatures
from petition_app.transactions import writing
from petition_app.web.site import settings

BATCH = 500
# So many rows at once are a mass: afterwards the file is written anew (overwriting.py).
MASS = 1_000

Renew = Callable[[], None]
Row = Signature | OutboxMessage | AuditEntry | DataRequest | StoredFile
_UNSYNCHRONIZED = {"synchronize_session": False}


def nothing() -> None:
    """What those renew who run it by hand, without a lease."""


def forget_unconfirmed(at: datetime, renew: Renew = nothing) -> int:
    """Erase the signatures that were never confirmed. Answers how many.

    One that is held was confirmed by its signer: it stays until it is decided on, or until all are forgotten.
    """
    # The status is written out: an index of some rows only can then be chosen whatever the parameters are.
    pending = and_(Signature.status == literal_column("'pending'"), Signature.held_at.is_(None))
    return _delete(
        Signature, select(Signature.id).where(pending, Signature.created_at < at - retention.UNCONFIRMED), renew
    )


def forget_signers(at: datetime, renew: Renew = nothing) -> int:
    """Forget the signers of the petitions whose time is over. Answers how many."""
    due = forgetting.petitions_due(at)
    if not due:
        return 0
    while not count_signatures(at, renew):  # what is counted of them is counted now, or never
        renew()
    with writing() as session:
        owe_overwriting(session)
    return sum(forgetting.forget_signers(petition_id, at, renew) for petition_id in due)


def forget_counts(at: datetime, _renew: Renew = nothing) -> int:
    """Delete the counts of connections whose window is over, of a day at most, and the marks of old work."""
    with writing() as session:
        rate_limit.forget_expired(session, at)
        work.forget_used(session, at)
    return 0


def forget_networks(at: datetime, renew: Renew = nothing) -> int:
    """Erase from which network signatures and flags came, what was noted with it, and by what clusters were found.

    Answers how many.
    """
    before = at - networks.KEPT_FOR
    due = select(Signature.id).where(Signature.network.is_not(None), Signature.created_at < before)

    def step(session: Session) -> int:
        ids = list(session.scalars(due.limit(BATCH)))
        erase = update(Signature).where(Signature.id.in_(ids)).values(network=None, domain_mark=None, signs="")
        session.execute(erase, execution_options=_UNSYNCHRONIZED)
        return len(ids)

    forgotten = _by_batches(step, renew) + forget_old_flags(at, renew)
    _forget_criteria(before, {"network"})
    watching.forget_marks(at)
    return forgotten


def forget_old_flags(at: datetime, renew: Renew = nothing) -> int:
    """Delete readers' flags, 30 days after they were given. Answers how many."""
    forgotten = 0
    while found := forget_flags(at, BATCH):
        forgotten += found
        renew()
    return forgotten


def forget_mails(at: datetime, renew: Renew = nothing) -> int:
    """Delete the records of mails, and what lies in the preview mailbox. Answers how many records."""
    for path in settings().mailbox_dir.glob("*.eml"):
        if path.stat().st_mtime < at.timestamp() - retention.MAILS.total_seconds():
            path.unlink(missing_ok=True)
    due = select(OutboxMessage.id).where(OutboxMessage.finished_at < at - retention.MAILS)
    return _delete(OutboxMessage, due, renew)


def remove_files(at: datetime, _renew: Renew = nothing) -> int:
    """Remove the files whose time is over. Answers how many."""
    return orders.remove_expired(at)


def forget_log(at: datetime, renew: Renew = nothing) -> int:
    """Delete old entries of the log, and what tells of people in other records of the association. Answers how many."""
    before = at - retention.LOG
    _forget_criteria(before, OF_PERSONS | {"postal_code", "network", "ids"})
    deleted = _delete(AuditEntry, select(AuditEntry.id).where(AuditEntry.at < before), renew)
    for petition_id in db.session.scalars(select(Petition.id)).all():
        gone = StoredFile.status.in_(("removed", "failed"))
        of_petition = select(StoredFile.id).where(StoredFile.petition_id == petition_id, gone)
        deleted += _delete(StoredFile, of_petition.where(StoredFile.ordered_at < before), renew)
    return deleted


def forget_requests(at: datetime, renew: Renew = nothing) -> int:
    """Delete the requests that were answered long ago. Answers how many."""
    due = select(DataRequest.id).where(DataRequest.answered_at < at - retention.REQUESTS)
    return _delete(DataRequest, due, renew)


def _forget_criteria(before: datetime, names: Set[str]) -> None:
    """Take out of old rules what their signatures were found by."""
    kept = InvalidationRule.criteria.contains('"')
    with writing() as session:
        for rule in session.scalars(select(InvalidationRule).where(InvalidationRule.created_at < before, kept)):
            rule.forget_criteria(names)


def _delete(model: type[Row], due: Select[Any], renew: Renew) -> int:
    """Delete rows, so many at a time that signers hardly wait for it."""

    def step(session: Session) -> int:
        ids = list(session.scalars(due.limit(BATCH)))
        session.execute(delete(model).where(model.id.in_(ids)), execution_options=_UNSYNCHRONIZED)
        return len(ids)

    return _by_batches(step, renew)


def _by_batches(step: Callable[[Session], int], renew: Renew) -> int:
    done = 0
    while True:
        with writing() as session:
            found = step(session)
            if done < MASS <= done + found:
                owe_overwriting(session)
        done += found
        if found < BATCH:
            return done
        renew()


@dataclass(frozen=True)
class Duty:
    """A rule's job: its name among the worker's, how often it runs, what it does."""

    job: str
    every: timedelta
    run: Callable[[datetime, Renew], int]


HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# By the rule's name (privacy/retention.py). All run daily at least.
DUTIES = {
    "unconfirmed": Duty("erase unconfirmed signatures", HOUR, forget_unconfirmed),
    "signers": Duty("forget signers whose time is over", DAY, forget_signers),
    "addresses": Duty("forget counts of connections", timedelta(minutes=10), forget_counts),
    "networks": Duty("forget networks of signatures and flags", HOUR, forget_networks),
    "mails": Duty("forget records of mails", HOUR, forget_mails),
    "files": Duty("remove files whose time is over", timedelta(minutes=10), remove_files),
    "log": Duty("forget the old log", DAY, forget_log),
    "members": Duty("forget members who have left", DAY, former_members.forget_members),
    "requests": Duty("forget answered requests", DAY, forget_requests),
}
