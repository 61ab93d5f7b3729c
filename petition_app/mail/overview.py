"""What the operator is told of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal_column, select

from petition_app.extensions import db
from petition_app.mail.rows import QUEUED
from petition_app.models import OutboxMessage

_FAILED: ColumnElement[str] = literal_column("'failed'")


def oldest_due(at: datetime) -> datetime | None:
    """Since when the mail that has waited longest could have been sent; None where none waits."""
    waiting = select(func.min(OutboxMessage.due_at)).where(OutboxMessage.status == QUEUED, OutboxMessage.due_at <= at)
    found: datetime | None = db.session.scalar(waiting)
    return found


def failures() -> Sequence[OutboxMessage]:
    """The mails that were given up, the last one first; at most a hundred."""
    found = select(OutboxMessage).where(OutboxMessage.status == _FAILED).order_by(OutboxMessage.id.desc())
    return db.session.scalars(found.limit(100)).all()


def failed_count() -> int:
    """How many mails were given up and are still recorded."""
    return db.session.scalar(select(func.count()).where(OutboxMessage.status == _FAILED)) or 0
