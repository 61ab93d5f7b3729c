"""Making the files that are ordered, in a process that does nothing else: mails are sent while it works."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import time
import zlib
from collections.abc import Callable
from typing import BinaryIO

from flask import current_app
from sqlalchemy.orm import make_transient

from petition_app.engine import without_time_limits
from petition_app.extensions import db
from petition_app.files import orders
from petition_app.models import FilePart, StoredFile
from petition_app.models.base import now
from petition_app.models.stored_file import PART_BYTES
from petition_app.sealing import boxes
from petition_app.sealing.keyring import keyring
from petition_app.transactions import StorageUnavailable, writing
from petition_app.web.site import settings

log = logging.getLogger(__name__)

# How often the page is told how far it has come, in seconds.
TOLD_EVERY = 1.0

Progress = Callable[[int], None]
# Writes the file that is ordered; calls the last argument with the number of rows that are done, as often as it likes.
Maker = Callable[[StoredFile, BinaryIO, Progress], None]


class CannotBeMade(Exception):
    """Trying again would not help; the message says why, in the words of the page that shows it."""


def register(kind: str, maker: Maker) -> None:
    """Tell who makes files of this kind; features do at wiring."""
    current_app.extensions.setdefault("file_makers", {})[kind] = maker


def make_due(stop: Callable[[], bool] = lambda: False) -> int:
    """Make what is ordered, one file after another, until nothing is due. Answers how many were begun."""
    begun = 0
    with without_time_limits():
        while not stop() and (file := orders.claim(now(), keyring().ids("file"))) is not None:
            begun += 1
            _make(file)
    return begun


def _make(file: StoredFile) -> None:
    db.session.expunge(file)
    make_transient(file)  # what is known of it stays as it was claimed, whatever the session forgets
    try:
        _make_and_keep(file)
    except orders.OrderLost:
        log.info("an order was called off or taken over", extra={"fields": {"file": file.id}})
        orders.delete_parts(file.id)
    except CannotBeMade as error:
        file.attempts = orders.MOST_ATTEMPTS
        _fail(file, str(error))
    except Exception as error:
        log.exception("a file could not be made", extra={"fields": {"file": file.id, "kind": file.kind}})
        _fail(file, type(error).__name__)
    finally:
        db.session.remove()


def _fail(file: StoredFile, reason: str) -> None:
    db.session.rollback()
    try:
        orders.fail(file, reason, now())
    except (orders.OrderLost, StorageUnavailable):
        log.warning("nobody could be told", extra={"fields": {"file": file.id}})


def _make_and_keep(file: StoredFile) -> None:
    maker: Maker = current_app.extensions["file_makers"][file.kind]
    # In the site's own folder: /tmp may be memory.
    with tempfile.TemporaryFile(dir=settings().data_dir, prefix="making-") as draft:
        maker(file, draft, _Told(file))
        draft.seek(0)
        size, digest = _keep(file, draft)
    orders.finish(file, size=size, sha256=digest, at=now())


class _Told:
    """Tells the page how far it is, not oftener than a reader wants to know."""

    def __init__(self, file: StoredFile) -> None:
        self._file, self._at = file, time.monotonic()

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._at >= TOLD_EVERY:
            self._at = time.monotonic()
            orders.go_on(self._file, done, now())


def _keep(file: StoredFile, draft: BinaryIO) -> tuple[int, str]:
    """Put the parts into the database, each in a transaction of its own. Answers with length and SHA-256."""
    orders.delete_parts(file.id)  # of an attempt that broke off
    key = part_key(file, keyring().key_for(("file", file.id)))
    digest, size, position = hashlib.sha256(), 0, 0
    told = _Told(file)
    while part := draft.read(PART_BYTES):
        digest.update(part)
        add_part(file.id, position, part, key)
        size, position = size + len(part), position + 1
        told(file.total)
    return size, digest.hexdigest()


def part_key(file: StoredFile, private_key: bytes | None) -> bytes | None:
    """What the parts of a sealed file are encrypted with; None for one that is not. Raises CannotOpen."""
    if file.sealed_key is None:
        return None
    return boxes.opened(file.sealed_key, private_key or b"")


def add_part(file_id: int, position: int, part: bytes, key: bytes | None = None) -> None:
    packed = zlib.compress(part, 1)
    is_packed = len(packed) < len(part)
    data = packed if is_packed else part
    if key is not None:
        data = boxes.encrypted(data, key)
    with writing() as session:
        session.add(FilePart(file_id=file_id, position=position, is_packed=is_packed, data=data))
    db.session.expunge_all()
