"""The orders: placed by a page, claimed by a worker, finished or failed. Each step is one short write transaction."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, literal_column, or_, select, update
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.models import FilePart, StoredFile
from petition_app.transactions import writing

# A worker that makes a file says so at least this often, or another one may begin it anew.
LEASE = timedelta(minutes=3)
MOST_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=30)
# Files hold what signers have entrusted: they are there to be fetched, not to be kept.
KEPT_FOR = {"export": timedelta(hours=48), "delivery": timedelta(days=30)}
# Parts that are deleted at once: their bytes are overwritten, which takes its time.
PARTS_AT_ONCE = 16

_UNSYNCHRONIZED = {"synchronize_session": False}
_WAITING = StoredFile.status.in_([literal_column("'ordered'"), literal_column("'making'")])


class OrderLost(Exception):
    """Somebody else has taken the order over, or it was called off: what is made of it is nobody's."""


@dataclass(frozen=True)
class Order:
    """What is to be made: `kind` names the maker, `options` are its own affair, `total` is how many rows it expects."""

    petition_id: int
    kind: str
    name: str
    content_type: str
    options: dict[str, Any]
    locale: str
    total: int
    ordered_by: str = ""
    # Of a file of sealed addresses: the key of its own parts, sealed like an address (sealing/boxes.py).
    sealed_key: str | None = None


def place(order: Order, at: datetime) -> int:
    """Have a file made; answers with its id. Raises StorageUnavailable."""
    with writing() as session:
        return add(session, order, at).id


def add(session: Session, order: Order, at: datetime) -> StoredFile:
    """The same, in the caller's write transaction."""
    file = StoredFile(ordered_at=at, **vars(order))
    session.add(file)
    session.flush()
    return file


def files_of(petition_id: int, kind: str, most: int = 20) -> Sequence[StoredFile]:
    """The newest files of this kind, those that were removed among them."""
    found = select(StoredFile).where(StoredFile.petition_id == petition_id, StoredFile.kind == kind)
    return db.session.scalars(found.order_by(StoredFile.id.desc()).limit(most)).all()


def is_anything_due(at: datetime, keys: Sequence[int] = ()) -> bool:
    """Whether a worker should begin something now, by one small read. It has the keys for these sealed files."""
    found = db.session.scalar(select(StoredFile.id).where(_WAITING, _is_free(at), _is_open(keys)).limit(1))
    db.session.rollback()
    return found is not None


def claim(at: datetime, keys: Sequence[int] = ()) -> StoredFile | None:
    """Take the oldest order that nobody has; None where there is none. A sealed one is for whoever has its key."""
    holder = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(8)}"
    due = select(StoredFile.id).where(_WAITING, _is_free(at), _is_open(keys))
    due = due.order_by(StoredFile.ordered_at, StoredFile.id).limit(1)
    with writing() as session:
        if session.get_bind().dialect.name == "postgresql":
            due = due.with_for_update(skip_locked=True)
        found = session.scalar(due)
        if found is None:
            return None
        file: StoredFile = session.get_one(StoredFile, found, populate_existing=True)
        file.status, file.holder, file.claimed_until = "making", holder, at + LEASE
        file.attempts, file.done = file.attempts + 1, 0
    return file


def go_on(file: StoredFile, done: int, at: datetime) -> None:
    """Say how far it has come, and that it goes on. Raises OrderLost."""
    _change(file, done=done, claimed_until=at + LEASE)


def finish(file: StoredFile, *, size: int, sha256: str, at: datetime) -> None:
    """All parts are there: it may be fetched. Raises OrderLost."""
    _change(
        file,
        status="ready",
        size=size,
        sha256=sha256,
        finished_at=at,
        claimed_until=None,
        expires_at=at + KEPT_FOR[file.kind],
        error="",
    )


def fail(file: StoredFile, reason: str, at: datetime) -> None:
    """It could not be made: it is tried again a little later, three times in all. Raises OrderLost."""
    is_over = file.attempts >= MOST_ATTEMPTS
    status = {"status": "failed", "finished_at": at} if is_over else {"claimed_until": at + RETRY_AFTER}
    _change(file, error=reason[:300], **status)


def call_off(file_id: int, at: datetime) -> None:
    """Nobody wants it any more; a file that is there is removed."""
    with writing() as session:
        session.execute(
            update(StoredFile)
            .where(StoredFile.id == file_id)
            .values(status="removed", expires_at=None, finished_at=at, holder="", claimed_until=None),
            execution_options=_UNSYNCHRONIZED,
        )
    delete_parts(file_id)


def remove_expired(at: datetime) -> int:
    """Remove the files whose time is over; their rows stay. Answers how many."""
    found = list(db.session.scalars(select(StoredFile.id).where(StoredFile.expires_at <= at)))
    db.session.rollback()
    for file_id in found:
        call_off(file_id, at)
    return len(found)


def delete_parts(file_id: int) -> None:
    """A few at a time, so that signers hardly wait for it."""
    while True:
        few = select(FilePart.position).where(FilePart.file_id == file_id).limit(PARTS_AT_ONCE)
        with writing() as session:
            positions = list(session.scalars(few))
            doomed = delete(FilePart).where(FilePart.file_id == file_id, FilePart.position.in_(positions))
            session.execute(doomed, execution_options=_UNSYNCHRONIZED)
        if len(positions) < PARTS_AT_ONCE:
            return


def _is_free(at: datetime) -> Any:
    return or_(
        StoredFile.claimed_until.is_(None),
        StoredFile.claimed_until <= at,
        and_(StoredFile.claimed_until > at + LEASE + timedelta(minutes=1)),  # written before the clock was set back
    )


def _is_open(keys: Sequence[int]) -> Any:
    return or_(StoredFile.sealed_key.is_(None), StoredFile.id.in_(keys))


def _change(file: StoredFile, **values: Any) -> None:
    mine = update(StoredFile).where(
        StoredFile.id == file.id, StoredFile.holder == file.holder, StoredFile.status == "making"
    )
    with writing() as session:
        changed = session.execute(mine.values(**values).returning(StoredFile.id), execution_options=_UNSYNCHRONIZED)
        if changed.first() is None:
            raise OrderLost
