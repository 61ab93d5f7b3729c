"""How the private key comes from the page where the passphrase is typed into the memory of the workers, and no further.

Each worker makes a pair of keys when it starts, and publishes the public one, marked by the site's secret. The page
unlocks the private key, seals it for each worker that lives, and forgets it; a worker opens its box, empties it, and
keeps the key for that one job. Nothing that is written down opens anything. This goes over several machines, for the
database is all that they share; whoever dies has forgotten it, and the job waits for the passphrase again.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import time
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.models import HandedKey, StoredFile, Update, WorkerKey
from petition_app.models.base import now
from petition_app.sealing import boxes
from petition_app.sealing.keyring import Job, keyring
from petition_app.sealing.state import current
from petition_app.site.effective import settings
from petition_app.transactions import writing

# Longer than a worker may be without a word: it sends one mail (90 seconds at most) between two.
ALIVE_FOR = timedelta(minutes=3)
BEAT_SECONDS = 20.0

_UNSYNCHRONIZED = {"synchronize_session": False}


def hand_over(session: Session, job: Job, private_key: bytes, at: datetime) -> int:
    """Let the workers that live have the key for a job, in the caller's transaction; answers how many those are."""
    take_back(session, job)
    workers = [worker for worker in _living(session, at) if hmac.compare_digest(worker.mark, _mark(worker.public_key))]
    kind, object_id = job
    for worker in workers:
        box = boxes.sealed(private_key, worker.public_key)
        session.add(HandedKey(worker_key_id=worker.id, kind=kind, object_id=object_id, box=box, handed_at=at))
    return len(workers)


def take_back(session: Session, job: Job) -> None:
    """No worker keeps the key for a job any longer, in the caller's transaction."""
    kind, object_id = job
    theirs = delete(HandedKey).where(HandedKey.kind == kind, HandedKey.object_id == object_id)
    session.execute(theirs, execution_options=_UNSYNCHRONIZED)


def is_held(job: Job, at: datetime) -> bool:
    """Whether a worker that lives has the key for a job, or is about to take it."""
    kind, object_id = job
    held = (
        select(HandedKey.id)
        .join(WorkerKey, HandedKey.worker_key_id == WorkerKey.id)
        .where(HandedKey.kind == kind, HandedKey.object_id == object_id, WorkerKey.alive_until > at)
    )
    return db.session.scalar(held.limit(1)) is not None


class Receiver:
    """A worker's side of it: says that it lives, takes what it is handed, forgets what is over."""

    def __init__(self) -> None:
        self._private_key, self._public_key = b"", ""
        self._row = 0
        self._beaten = float("-inf")

    def attend(self) -> None:
        """Call it between mails and rounds: it does little, and nothing where the site does not seal."""
        if current() is None or not boxes.is_installed():
            return
        if time.monotonic() - self._beaten >= BEAT_SECONDS:
            self._beaten = time.monotonic()
            self._beat(now())
            self._forget_ended()
        self._take()

    def close(self) -> None:
        """The worker ends in peace."""
        if self._row:
            with writing() as session:
                session.execute(delete(WorkerKey).where(WorkerKey.id == self._row), execution_options=_UNSYNCHRONIZED)
            self._row = 0

    def _beat(self, at: datetime) -> None:
        with writing() as session:
            mine = update(WorkerKey).where(WorkerKey.id == self._row).values(alive_until=at + ALIVE_FOR)
            beaten = session.execute(mine.returning(WorkerKey.id), execution_options=_UNSYNCHRONIZED).first()
            if self._row and beaten is not None:
                return
            _bury(session, at)
            if not self._public_key:
                self._private_key, self._public_key = boxes.new_pair()
            row = WorkerKey(
                name=_name(os.getpid()),
                public_key=self._public_key,
                mark=_mark(self._public_key),
                alive_until=at + ALIVE_FOR,
            )
            session.add(row)
            session.flush()
            self._row = row.id

    def _take(self) -> None:
        """Open what is new, and forget what is no longer there."""
        found = select(HandedKey.id, HandedKey.kind, HandedKey.object_id, HandedKey.box)
        rows = db.session.execute(found.where(HandedKey.worker_key_id == self._row)).all()
        db.session.rollback()
        for job in set(keyring().jobs()) - {(row.kind, row.object_id) for row in rows}:
            keyring().drop(job)
        taken = [row for row in rows if row.box]
        for row in taken:
            try:
                keyring().hold((row.kind, row.object_id), boxes.opened(row.box, self._private_key))
            except boxes.CannotOpen:
                continue  # nobody of this site has sealed it: it is emptied like the others, and holds up nothing
        if taken:
            with writing() as session:
                emptied = update(HandedKey).where(HandedKey.id.in_([row.id for row in taken])).values(box="")
                session.execute(emptied, execution_options=_UNSYNCHRONIZED)

    def _forget_ended(self) -> None:
        ended = [job for job in keyring().jobs() if _is_over(job)]
        db.session.rollback()
        if not ended:
            return
        with writing() as session:
            for job in ended:
                take_back(session, job)
        for job in ended:
            keyring().drop(job)


def _is_over(job: Job) -> bool:
    kind, object_id = job
    if kind == "file":
        status = db.session.scalar(select(StoredFile.status).where(StoredFile.id == object_id))
        return status not in ("ordered", "making")
    state = db.session.scalar(select(Update.state).where(Update.id == object_id))
    return state not in ("scheduled", "sending")


def _living(session: Session, at: datetime) -> list[WorkerKey]:
    return list(session.scalars(select(WorkerKey).where(WorkerKey.alive_until > at).order_by(WorkerKey.id)))


def _bury(session: Session, at: datetime) -> None:
    """Those who are long silent; and those of this machine whose process is gone, so that it shows at once."""
    dead = [
        worker.id for worker in session.scalars(select(WorkerKey)) if worker.alive_until <= at or _is_gone(worker.name)
    ]
    session.execute(delete(WorkerKey).where(WorkerKey.id.in_(dead)), execution_options=_UNSYNCHRONIZED)


def _is_gone(name: str) -> bool:
    host, _colon, process = name.rpartition(":")
    if host != _host():
        return False
    if int(process) == os.getpid():
        return True  # this one has no row: another had its number before
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _name(process: int) -> str:
    return f"{_host()}:{process}"


def _host() -> str:
    """The machine, and the space in which its processes are numbered: containers may share a name."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        space = 0
    return f"{socket.gethostname()[:50]}/{space}"


def _mark(public_key: str) -> str:
    """That the key was published by somebody who knows the site's secret: the database alone does not make one."""
    said = f"worker key|{public_key}".encode()
    return hmac.new(settings().secret_key.encode(), said, hashlib.sha256).hexdigest()
