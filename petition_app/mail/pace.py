"""How often one mailbox is mailed, whatever for: nobody can be mailed at will by typing an address into a form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from petition_app.models import OutboxMessage, Signature
from petition_app.models.outbox_message import BULK, MEMBER_KINDS
from petition_app.web.site import settings

PAUSE = timedelta(minutes=10)
DAY = timedelta(hours=24)
MOST_A_DAY = 5

_UNPACED = MEMBER_KINDS | {"test", "update_test", "update"}


def _recent_of(mailboxes: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            OutboxMessage.id,
            OutboxMessage.mailbox,
            OutboxMessage.kind,
            OutboxMessage.status,
            OutboxMessage.due_at,
            OutboxMessage.claimed_until,
            OutboxMessage.finished_at,
            OutboxMessage.signature_id,
            Signature.petition_id,
        )
        .join(Signature, OutboxMessage.signature_id == Signature.id, isouter=True)
        .where(
            mailboxes,
            OutboxMessage.priority < BULK,  # mass mail counts for nobody's pace
            or_(
                OutboxMessage.status == "queued",
                and_(OutboxMessage.status == "sent", OutboxMessage.finished_at > bindparam("since")),
            ),
        )
    )


_RECENT = _recent_of(OutboxMessage.mailbox == bindparam("mailbox"))
_RECENT_OF_MANY = _recent_of(OutboxMessage.mailbox.in_(bindparam("mailboxes", expanding=True)))


def recent_of_mailbox(connection: Connection, mailbox: str, at: datetime) -> Sequence[Any]:
    """The mails that this mailbox was sent in the last day, and those that still wait, however long."""
    return connection.execute(_RECENT, {"mailbox": mailbox, "since": at - DAY}).all()


def sent_lately(session: Session, mailboxes: Sequence[str], at: datetime) -> dict[str, list[datetime]]:
    """When each of these mailboxes was sent something in the last day."""
    sent: dict[str, list[datetime]] = {}
    if mailboxes:
        for mail in session.connection().execute(_RECENT_OF_MANY, {"mailboxes": mailboxes, "since": at - DAY}):
            if mail.finished_at is not None:
                sent.setdefault(mail.mailbox, []).append(mail.finished_at)
    return sent


def has_pace(mail: Any) -> bool:
    """Whether the limits of a mailbox hold for it: not for what the operator or a member of the team has asked for, and
    not for an update, which a mailbox is sent once."""
    return mail.kind not in _UNPACED and settings().abuse_controls


def moment(mail: Any, at: datetime) -> datetime:
    """When a mail was sent, or at the soonest will be."""
    found: datetime = mail.finished_at or max(mail.due_at, at)
    return found


def earliest(moments: Sequence[datetime], at: datetime) -> datetime:
    """The first moment from `at` on that keeps both limits beside mails at these moments."""
    moments, due = sorted(moments), at
    if moments:
        due = max(due, moments[-1] + PAUSE)
    if len(moments) >= MOST_A_DAY:
        due = max(due, moments[-MOST_A_DAY] + DAY)
    return due
