"""Write transactions: short, durable, and one after another where the engine has a single writer.

SQLite lets one connection write at a time. Left alone, its waiters sleep and look again, so that whoever has just
written wins over whoever has waited; here they queue. The threads of a process wait in a line, and the first of each
process waits with the first ones of the others (`_Turnstile`).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.orm import Session

from petition_app.engine import STATES_OF_THE_SERVER, has_no_time_limits
from petition_app.extensions import db

# How long a writer waits for its turn, in seconds: less than a browser waits for its answer (htmx's timeout). SQLite's
# own lock is waited for as long (extensions.py).
LONGEST_WAIT = 12.0
# A writer that has had its turn for so long is held up by something: a full disk, a lock of another program. Nobody
# joins the line then, so that the threads that are left go on answering readers.
HELD_UP_AFTER = 2.0
# Those who have joined already leave when it lasts longer, all but the first: they have the readers' threads.
PATIENCE = 2.5
LOOK_EVERY = 0.25


_IN_TRANSACTION = 2  # libpq's PQTRANS_INTRANS: open, and nothing in it has failed

STORAGE_ERRORS = (OperationalError, InternalError, NoFreeConnection)


class StorageUnavailable(Exception):
    """The database cannot take this now (full, locked, read-only, gone): nothing of it is written; try again later."""


@contextmanager
def writing() -> Iterator[Session]:
    """One write transaction: committed at the end of the block, rolled back when it raises.

    What the session has loaded is read again, so that everything the block decides on is as of the write lock. Keep
    the block short and let nothing in it wait for a network.
    Raises StorageUnavailable.
    """
    session = db.session()
    with storage_errors():
        goes_on = _goes_on(session)
        if not goes_on:
            session.rollback()
        with turn_to_write(db.engine):
            try:
                if not goes_on:
                    session.connection(execution_options={"writes": True})
                yield session
                session.commit()
            except BaseException:
                with contextlib.suppress(OperationalError):  # a connection that broke has nothing left to undo
                    session.rollback()
                raise


def _goes_on(session: Session) -> bool:
    """Whether the session's open read transaction can become the write transaction; what it has loaded is forgotten.

    On PostgreSQL it can (each statement sees what is committed by then), which saves three questions to the server.
    """
    if db.engine.dialect.name != "postgresql" or not session.in_transaction() or has_no_time_limits():
        return False
    if session.new or session.dirty or session.deleted:
        return False
    driver: Any = session.connection().connection.driver_connection
    if driver.info.transaction_status != _IN_TRANSACTION:
        return False
    session.expire_all()
    return True


@contextmanager
def deciding() -> Iterator[Connection]:
    """A connection of its own to look at what one decides by, and then to write: `write_together` goes on with it.

    The session's transaction is ended first and none may be begun in the block, for nobody holds two connections: where
    all that there are were held by those who wait for a second one, none of them would go on.
    """
    if db.session.registry.has():
        db.session.rollback()
    with db.engine.connect() as connection:
        yield connection


@contextmanager
def storage_errors() -> Iterator[None]:
    """Say of an error that is the database's state what it is: StorageUnavailable."""
    try:
        yield
    except STORAGE_ERRORS as error:
        if not is_unavailable(error):
            raise
        raise StorageUnavailable(storage_reason(error)) from error


def is_unavailable(error: Exception) -> bool:
    """Whether an error is the database's state and not a fault of the program. PostgreSQL tells some as internal."""
    return not isinstance(error, InternalError) or getattr(error.orig, "sqlstate", None) in STATES_OF_THE_SERVER


def storage_reason(error: Exception) -> str:
    """What the database says of itself, in one line; the statement and its parameters stay out of it."""
    return str(getattr(error, "orig", error)).strip().split("\n")[0]


def is_unique_violation(error: Any) -> bool:
    """Whether an IntegrityError tells of a value that is there already, on either engine."""
    original = getattr(error, "orig", None)
    return getattr(original, "sqlstate", None) == "23505" or "UNIQUE constraint failed" in str(original)


@contextmanager
def turn_to_write(engine: Engine) -> Iterator[None]:
    """This thread's turn to write. Other engines than SQLite have rows to queue at."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        yield
        return
    with _line_of(database).turn(), _turnstile_of(database).turn():
        yield


class _Line:
    """The threads of a process, first come first served."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._since: float | None = None  # when the turn of the thread that has it began

    @contextmanager
    def turn(self) -> Iterator[None]:
        self._wait()
        try:
            yield
        finally:
            self._pass_on()

    @property
    def is_held_up(self) -> bool:
        """Whether somebody waits already for a turn that does not end."""
        return bool(self._waiting) and self._since is not None and time.monotonic() - self._since > HELD_UP_AFTER

    def _wait(self) -> None:
        with self._mutex:
            if self._since is None:
                self._since = time.monotonic()
                return
            if self.is_held_up:
                raise StorageUnavailable("others wait for the database already")
            mine = threading.Event()
            self._waiting.append(mine)
        try:
            self._wait_for(mine)
        except BaseException:
            self._leave(mine)
            raise

    def _wait_for(self, mine: threading.Event) -> None:
        end = time.monotonic() + LONGEST_WAIT
        while not mine.wait(LOOK_EVERY):
            with self._mutex:
                if mine not in self._waiting:
                    return  # the turn came in the very last moment
                if time.monotonic() > end or self._should_leave(mine):
                    raise StorageUnavailable("the database was held by another writer for too long")

    def _should_leave(self, mine: threading.Event) -> bool:
        """Whether the turn lasts so long that only the first one should go on waiting for its end."""
        lasts = time.monotonic() - self._since if self._since is not None else 0.0
        return lasts > PATIENCE and self._waiting[0] is not mine

    def _leave(self, mine: threading.Event) -> None:
        """Go, whatever it is that ends the waiting: the turn must not come to one who is gone."""
        with self._mutex:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return
        self._pass_on()

    def _pass_on(self) -> None:
        with self._mutex:
            self._since = time.monotonic() if self._waiting else None
            if self._waiting:
                self._waiting.popleft().set()


class _Turnstile:
    """The processes of a site, one in front of the other.

    Two locks on a file beside the database: whoever waits for the second holds the first, so that whoever has just
    had the second cannot have it again before. They are POSIX locks: they end with the process, however it ends.
    Where there can be no such file (a read-only or full disk), SQLite's own lock must do.
    """

    _FIRST, _SECOND = 0, 1  # bytes of the file, which stays empty

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: int | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        file = self._opened()
        if file is None:
            yield
            return
        self._lock(file, self._FIRST)
        try:
            self._lock(file, self._SECOND)
        finally:
            self._unlock(file, self._FIRST)
        try:
            yield
        finally:
            self._unlock(file, self._SECOND)

    def _opened(self) -> int | None:
        """The file, opened once and never closed: closing it would end the locks."""
        if self._file is None:
            with contextlib.suppress(OSError):
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file

    @staticmethod
    def _lock(file: int, byte: int) -> None:
        with contextlib.suppress(OSError):
            fcntl.lockf(file, fcntl.LOCK_EX, 1, byte)

    @staticmethod
    def _unlock(file: int, byte: int) -> None:
        with contextlib.suppress(OSError):
            fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)


_mutex = threading.Lock()
_lines: dict[str, _Line] = {}
_turnstiles: dict[str, _Turnstile] = {}


def _line_of(database: str) -> _Line:
    with _mutex:
        return _lines.setdefault(database, _Line())


def _turnstile_of(database: str) -> _Turnstile:
    with _mutex:
        return _turnstiles.setdefault(database, _Turnstile(f"{database}-queue"))
