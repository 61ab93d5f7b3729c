"""A worker makes rows its own for a while: claimed by a conditional update, with a short lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, or_, select, update
from sqlalchemy.orm import Session, aliased

from petition_app.extensions import db
from petition_app.mail.pace import earliest, has_pace, sent_lately
from petition_app.mail.rows import QUEUED, UNSYNCHRONIZED
from petition_app.models import OutboxMessage
from petition_app.models.base import now
from petition_app.models.outbox_message import BULK, KEPT_FOR, LEASE, RECIPIENT_LEFT, count_bounced
from petition_app.models.update import Update as UpdateRow
from petition_app.sealing.keyring import keyring
from petition_app.transactions import writing


@dataclass(frozen=True)
class Claim:
    """A row that is this worker's. The end of the lease tells whether it still is: another worker's would differ."""

    row: int
    until: datetime
    update_id: int | None
    is_bulk: bool


def claim_urgent(at: datetime, limit: int) -> list[Claim]:
    """Up to so many mails that are due, the most urgent first; no mass mail."""
    return _claim(at, limit, _DUE)


def claim_bulk(at: datetime, limit: int) -> list[Claim]:
    """Up to so many mass mails that are due and whose addresses this worker can read."""
    return _claim(at, limit, _BULK_DUE, {"keys": keyring().ids("update")})


def is_urgent_due() -> bool:
    """Whether a mail waits that somebody waits for."""
    found = db.session.connection().execute(_DUE, {"at": now(), "limit": 1}).first()
    db.session.rollback()
    return found is not None


def _claim(
    at: datetime, limit: int, wanted: Select[*tuple[Any, ...]], asked: Mapping[str, Any] | None = None
) -> list[Claim]:
    """Make rows this worker's for the time of the lease: of each mailbox one at most, and only what it may have now."""
    due = {"at": at, "limit": limit, **(asked or {})}
    anything = db.session.connection().execute(wanted, {**due, "limit": 1}).first()
    db.session.rollback()
    if anything is None:
        return []  # the usual case, and no reason to take SQLite's write lock
    until = at + LEASE
    with writing() as session:
        mine: dict[str, Any] = {}
        for mail in session.connection().execute(wanted.with_for_update(skip_locked=True, of=OutboxMessage), due):
            mine.setdefault(mail.mailbox, mail)
        sent = sent_lately(session, [mail.mailbox for mail in mine.values() if has_pace(mail)], at)
        allowed = [mail for mail in mine.values() if _may_go(session, mail, sent.get(mail.mailbox, []), at)]
        if allowed:
            session.connection().execute(_CLAIM, [{"row": mail.id, "until": until} for mail in allowed])
    return [Claim(mail.id, until, mail.update_id, mail.priority == BULK) for mail in allowed]


_OTHER = aliased(OutboxMessage)
_ON_ITS_WAY = select(_OTHER.id).where(
    _OTHER.mailbox == OutboxMessage.mailbox,
    _OTHER.status == QUEUED,
    _OTHER.claimed_until > bindparam("at"),
    _OTHER.priority < BULK,  # mass mail that a worker has in hand holds nothing else up
)


def _due_of(priorities: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            OutboxMessage.id,
            OutboxMessage.kind,
            OutboxMessage.mailbox,
            OutboxMessage.update_id,
            OutboxMessage.priority,
        )
        .where(
            OutboxMessage.status == QUEUED,
            priorities,
            OutboxMessage.due_at <= bindparam("at"),
            or_(OutboxMessage.claimed_until.is_(None), OutboxMessage.claimed_until <= bindparam("at")),
            ~_ON_ITS_WAY.exists(),
        )
        .order_by(OutboxMessage.priority, OutboxMessage.due_at, OutboxMessage.id)
        .limit(bindparam("limit"))
    )


_DUE = _due_of(OutboxMessage.priority < BULK)
# A sealed address is for a worker that has the key for this mailing.
_BULK_DUE = _due_of(OutboxMessage.priority == BULK).where(
    or_(OutboxMessage.recipient != "", OutboxMessage.update_id.in_(bindparam("keys", expanding=True)))
)
_CLAIM = (
    update(OutboxMessage.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(OutboxMessage.id == bindparam("row"))
    .values(claimed_until=bindparam("until"))
)


def _may_go(session: Session, mail: Any, sent: Sequence[datetime], at: datetime) -> bool:
    """Whether the pace of its mailbox lets a mail go; else it waits. Rows are planned apart, but a worker that was away
    finds several due at once."""
    due = earliest(sent, at)
    if due > at:
        session.execute(
            update(OutboxMessage).where(OutboxMessage.id == mail.id).values(due_at=due),
            execution_options=UNSYNCHRONIZED,
        )
    return due <= at


def renew(claim: Claim) -> Claim | None:
    """The claim with its lease made new; None where it is another's by now."""
    until = now() + LEASE
    with writing() as session:
        mail = session.get(OutboxMessage, claim.row, with_for_update=True, populate_existing=True)
        if mail is None or mail.status != "queued" or mail.claimed_until != claim.until:
            return None
        mail.claimed_until = until
    return replace(claim, until=until)


def give_back(claims: Sequence[Claim], reason: str = "") -> None:
    """End the leases: nothing of these was tried. With a reason, it is noted, and what is too old is given up."""
    if not claims:
        return
    with writing() as session:
        hold_updates(session, claims)
        mine = update(OutboxMessage).where(
            OutboxMessage.id.in_([claim.row for claim in claims]),
            OutboxMessage.status == "queued",
            OutboxMessage.claimed_until == claims[0].until,
        )
        if reason:
            at = now()
            too_old = mine.where(OutboxMessage.created_at <= at - KEPT_FOR)
            given_up = too_old.values(
                status="failed", finished_at=at, claimed_until=None, last_error=reason, recipient=RECIPIENT_LEFT
            )
            of_updates = session.execute(given_up.returning(OutboxMessage.update_id), execution_options=UNSYNCHRONIZED)
            count_bounced(session, list(of_updates.scalars()))
            mine = mine.values(last_error=reason)
        session.execute(mine.values(claimed_until=None), execution_options=UNSYNCHRONIZED)


def hold_updates(session: Session, claims: Sequence[Claim]) -> None:
    """Take the rows that count, before those that are counted: whoever stops a mailing does so in the same order."""
    for update_id in sorted({claim.update_id for claim in claims if claim.update_id is not None}):
        session.execute(select(UpdateRow.id).where(UpdateRow.id == update_id).with_for_update())
