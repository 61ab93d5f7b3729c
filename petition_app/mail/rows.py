"""What a row of the outbox begins as, and how those that wait are told apart in a statement."""

from __future__ import annotations

import functools
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, insert, literal_column

from petition_app.mail import messages
from petition_app.models import OutboxMessage
from petition_app.models.outbox_message import PRIORITIES
from petition_app.ready_made import ReadyMade
from petition_app.web.site import settings

UNSYNCHRONIZED = {"synchronize_session": False}

# Written out, so that the indexes of some rows only can be chosen whatever the parameters are.
QUEUED: ColumnElement[str] = literal_column("'queued'")

# Statements of every signature are built once: building one takes longer than SQLite takes to run it.
INSERT = insert(OutboxMessage.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open


@dataclass(frozen=True)
class Queued:
    """A row of the outbox that waits."""

    id: int
    due_at: datetime


def insert_one(connection: Connection, kind: str, **values: Any) -> Queued:
    row = {"kind": kind, "priority": PRIORITIES[kind], "message_id": new_message_id(), **values}
    return Queued(_inserting(tuple(row)).insert(connection, row), values["due_at"])


@functools.cache
def _inserting(columns: tuple[str, ...]) -> ReadyMade:
    return ReadyMade(INSERT, columns)


def new_message_id() -> str:
    """A Message-ID that nobody can guess, in the name of the site's host (RFC 5322, 3.6.4)."""
    host = urlsplit(settings().site_url).hostname or "localhost"
    return f"<{secrets.token_hex(16)}@{messages.mail_domain(host)}>"
