"""The mails of an update: many, put in a part at a time, and held back or let go together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Update, bindparam, func, literal_column, select, update
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.mail.enqueueing import Addressee
from petition_app.mail.rows import INSERT, QUEUED, UNSYNCHRONIZED, new_message_id
from petition_app.models import OutboxMessage
from petition_app.models.outbox_message import HELD, PRIORITIES


def enqueue_bulk(
    session: Session, update_id: int, addressees: Sequence[Addressee], at: datetime, due: Callable[[int], datetime]
) -> int:
    """Have an update sent to many, in the caller's write transaction; answers how many mailboxes that are.

    The nth of them is due at `due(n)`. One that was told already is passed over; the caller holds the update, so that
    nobody else adds any meanwhile.
    """
    told = session.connection().execute(
        _TOLD, {"update": update_id, "mailboxes": [one.mailbox for one in addressees] or [""]}
    )
    left = {one.mailbox: one for one in reversed(addressees)}
    for mailbox in told.scalars():
        left.pop(mailbox, None)
    rows = [
        {
            "kind": "update",
            "priority": PRIORITIES["update"],
            "message_id": new_message_id(),
            "recipient": one.email,
            "mailbox": one.mailbox,
            "locale": one.locale,
            "signature_id": one.signature_id,
            "update_id": update_id,
            "created_at": at,
            "due_at": due(number),
        }
        for number, one in enumerate(one for one in addressees if left.get(one.mailbox) is one)
    ]
    if rows:
        session.connection().execute(INSERT, rows)
    return len(rows)


_TOLD = select(OutboxMessage.mailbox).where(
    OutboxMessage.update_id == bindparam("update"),
    OutboxMessage.kind == literal_column("'update'"),
    OutboxMessage.mailbox.in_(bindparam("mailboxes", expanding=True)),
)


def hold(session: Session, update_id: int) -> None:
    """Keep back what waits of a mailing, in the caller's write transaction, until `let_go`."""
    session.execute(_waiting_of(update_id).values(due_at=HELD), execution_options=UNSYNCHRONIZED)


def let_go(session: Session, update_id: int, at: datetime) -> None:
    """Send what was kept back. Its days in the outbox count from now on."""
    held = _waiting_of(update_id).where(OutboxMessage.due_at == HELD)
    session.execute(held.values(due_at=at, created_at=at), execution_options=UNSYNCHRONIZED)


def count_days_from(session: Session, update_id: int, at: datetime) -> None:
    """The days in the outbox of what waits of a mailing count from now on: it waited for the key, not for a server."""
    session.execute(_waiting_of(update_id).values(created_at=at), execution_options=UNSYNCHRONIZED)


def _waiting_of(update_id: int) -> Update:
    return update(OutboxMessage).where(
        OutboxMessage.update_id == update_id,
        OutboxMessage.status == QUEUED,
        OutboxMessage.kind == literal_column("'update'"),
    )


def is_behind(update_id: int, since: datetime) -> bool:
    """Whether a mail of a mailing that nobody has in hand could have been sent since then."""
    waits = select(OutboxMessage.id).where(
        OutboxMessage.update_id == update_id,
        OutboxMessage.status == QUEUED,
        OutboxMessage.due_at <= since,
        OutboxMessage.claimed_until.is_(None),
    )
    return db.session.scalar(waits.limit(1)) is not None


def waiting_count(update_id: int) -> int:
    """How many mails of a mailing are in the outbox and not sent yet: as many as its pace lets out in a while."""
    waits = select(func.count()).where(
        OutboxMessage.update_id == update_id,
        OutboxMessage.status == QUEUED,
        OutboxMessage.kind == literal_column("'update'"),
    )
    return db.session.scalar(waits) or 0
