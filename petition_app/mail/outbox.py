"""The outbox: a mail is a row, written in the transaction of what caused it, then claimed and sent by a worker.

A worker claims rows by a conditional update with a short lease, sends outside any transaction, and marks each row in
one of its own. Killed in between, it loses nothing: the lease runs out and the row is sent by the next one, under the
same Message-ID.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from petition_app.extensions import db, writing
from petition_app.mail import messages
from petition_app.mail.transport import PermanentFailure, ServerUnavailable, TemporaryFailure, Transport
from petition_app.models import OutboxMessage, Signature
from petition_app.models.base import now
from petition_app.models.outbox_message import LEASE, PRIORITIES
from petition_app.web.site import settings

log = logging.getLogger(__name__)

# To one mailbox, whatever for: so that nobody can be mailed at will by typing an address into a form.
PAUSE = timedelta(minutes=10)
DAY = timedelta(hours=24)
MOST_A_DAY = 5
BATCH = 10


def enqueue(session: Session, kind: str, signature: Signature, at: datetime) -> OutboxMessage | None:
    """Have a mail sent about a signature, in the caller's write transaction.

    None where an equal one waits or has just been sent. One that its mailbox may not have yet waits until it may;
    where that would take more than a day, it is not sent.
    """
    earlier = _recent(session, signature.mailbox or "", at)
    if any(_is_equal(mail, kind, signature, at) for mail in earlier):
        return None
    due = _earliest(earlier, at) if settings().abuse_controls else at
    if due - at > DAY:
        return None
    mail = OutboxMessage(
        kind=kind,
        priority=PRIORITIES[kind],
        signature_id=signature.id,
        locale=signature.locale,
        recipient=signature.email,
        mailbox=signature.mailbox,
        message_id=new_message_id(),
        created_at=at,
        due_at=due,
    )
    session.add(mail)
    return mail


def new_message_id() -> str:
    return f"<{secrets.token_hex(16)}@{urlsplit(settings().site_url).hostname or 'localhost'}>"


def _recent(session: Session, mailbox: str, at: datetime) -> Sequence[OutboxMessage]:
    """The mails to this mailbox of the last day, and those that still wait."""
    found = select(OutboxMessage).where(
        OutboxMessage.mailbox == mailbox,
        OutboxMessage.status.in_(("queued", "sent")),
        OutboxMessage.due_at > at - DAY,
    )
    return session.scalars(found).all()


def _is_equal(mail: OutboxMessage, kind: str, signature: Signature, at: datetime) -> bool:
    if mail.kind != kind:
        return False
    if kind != "personal_links" and mail.signature_id != signature.id:
        return False
    return mail.status == "queued" or _moment(mail) > at - PAUSE


def _moment(mail: OutboxMessage) -> datetime:
    return mail.finished_at or mail.due_at


def _earliest(mails: Sequence[OutboxMessage], at: datetime) -> datetime:
    """The first moment from now on that keeps both limits."""
    moments = sorted(_moment(mail) for mail in mails)
    due = at
    if moments:
        due = max(due, moments[-1] + PAUSE)
    if len(moments) >= MOST_A_DAY:
        due = max(due, moments[-MOST_A_DAY] + DAY)
    return due


def forget(session: Session, signature: Signature) -> None:
    """Delete the mails about a signature that is erased."""
    session.execute(delete(OutboxMessage).where(OutboxMessage.signature_id == signature.id))


def send_due(at: datetime, transport: Transport, limit: int = BATCH, stop: Callable[[], bool] = lambda: False) -> int:
    """Claim up to `limit` mails that are due, the most urgent first, and send them. Answers how many were handled.

    Raises ServerUnavailable where the mail server itself cannot be reached: the claimed rows go back.
    """
    claimed = _claim(at, limit)
    for handled, message_id in enumerate(claimed):
        if stop():
            _release(claimed[handled:])
            return handled
        try:
            _send_one(message_id, transport)
        except ServerUnavailable as failure:
            _delay(message_id, str(failure))
            _release(claimed[handled + 1 :])
            raise
    db.session.remove()
    return len(claimed)


def _claim(at: datetime, limit: int) -> list[int]:
    """The rows that are now this worker's for the time of the lease."""
    due = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.status == "queued",
            OutboxMessage.due_at <= at,
            or_(OutboxMessage.claimed_until.is_(None), OutboxMessage.claimed_until <= at),
        )
        .order_by(OutboxMessage.priority, OutboxMessage.due_at, OutboxMessage.id)
        .limit(limit)
    )
    ids = list(db.session.scalars(due))
    db.session.rollback()
    if not ids:
        return []
    with writing() as session:
        locked = due.with_for_update(skip_locked=True)
        mine = list(session.scalars(locked))
        session.execute(
            update(OutboxMessage).where(OutboxMessage.id.in_(mine)).values(claimed_until=at + LEASE),
            execution_options={"synchronize_session": False},
        )
    return mine


def _send_one(message_id: int, transport: Transport) -> None:
    mail = _still_mine(message_id)
    if mail is None:
        return
    reason = messages.unwanted(mail)
    if reason:
        _mark(message_id, lambda row, at: row.dropped(at, reason))
        return
    message, kind = messages.render(mail), mail.kind
    db.session.rollback()  # nothing stays open while the server is talked to
    try:
        transport.send(message)
    except PermanentFailure as failure:
        text = str(failure)
        _mark(message_id, lambda row, at: row.refused(at, text))
    except TemporaryFailure as failure:
        _delay(message_id, str(failure))
    else:
        _mark(message_id, lambda row, at: row.sent(at))
        log.info("mail sent", extra={"fields": {"mail": message_id, "kind": kind}})


def _still_mine(message_id: int) -> OutboxMessage | None:
    """The row with its lease made new; None where it took so long that another worker may have it."""
    with writing() as session:
        at = now()
        mail = session.get(OutboxMessage, message_id, with_for_update=True, populate_existing=True)
        if mail is None or mail.status != "queued" or mail.claimed_until is None or mail.claimed_until <= at:
            return None
        mail.claimed_until = at + LEASE
    return db.session.get(OutboxMessage, message_id)


def _mark(message_id: int, verb: Callable[[OutboxMessage, datetime], None]) -> None:
    with writing() as session:
        mail = session.get(OutboxMessage, message_id, with_for_update=True, populate_existing=True)
        if mail is not None and mail.status == "queued":
            verb(mail, now())


def _delay(message_id: int, reason: str) -> None:
    log.warning("mail delayed", extra={"fields": {"mail": message_id, "reason": reason}})
    _mark(message_id, lambda row, at: row.delayed(at, reason))


def _release(ids: Sequence[int]) -> None:
    with writing() as session:
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(ids), OutboxMessage.status == "queued")
            .values(claimed_until=None),
            execution_options={"synchronize_session": False},
        )


def oldest_due(at: datetime) -> datetime | None:
    """Since when the mail that has waited longest could have been sent; None where none waits."""
    waiting = select(func.min(OutboxMessage.due_at)).where(OutboxMessage.status == "queued", OutboxMessage.due_at <= at)
    found: datetime | None = db.session.scalar(waiting)
    return found


def failures() -> Sequence[OutboxMessage]:
    """The mails that were given up, the last one first; at most a hundred."""
    found = select(OutboxMessage).where(OutboxMessage.status == "failed").order_by(OutboxMessage.id.desc())
    return db.session.scalars(found.limit(100)).all()
