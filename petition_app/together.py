"""Writing together: those who wait for the database at the same time share one transaction, and one wait for the disk.

To be durable costs a wait for the disk, which on a small machine takes longer than to write a signature. SQLite has one
writer, so a crowd of signers would pay it one after another. Here the first of a process who comes opens the
transaction; whoever comes meanwhile waits in line, is given it when the one before has written, and writes inside a
savepoint of their own; who finds nobody behind commits for all. Nobody goes on before that, and where it fails, it
has failed for all of them: what was acknowledged is on the disk, exactly as by `writing`.

PostgreSQL does the like by itself when many commit at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.transactions import (
    LONGEST_WAIT,
    LOOK_EVERY,
    PATIENCE,
    StorageUnavailable,
    storage_errors,
    turn_to_write,
    writing,
)

# So many write into one transaction at most, so that other processes have their turn, and nobody waits long for all.
MOST = 32


@contextmanager
def writing_together() -> Iterator[Session]:
    """As `writing`, for what is short and comes in crowds: a signature, a confirmation.

    The block sees what those before it in the same transaction have written, and its own failure undoes nothing of
    theirs. Raises StorageUnavailable.
    """
    if db.engine.dialect.name != "sqlite":
        with writing() as session:
            yield session
        return
    session = db.session()
    with storage_errors():
        session.rollback()
        company = _company_of(db.engine)
        group = company.join()
        try:
            session.info["shares"] = group.connection
            try:
                yield session
                session.commit()  # its savepoint
            except BaseException as error:
                group.undo(session, error)
                raise
            finally:
                session.info.pop("shares", None)
        except BaseException:
            company.leave(group)
            group.until_ended()  # who collided with another in it, and looks again, must find them
            raise
        company.leave(group)
        group.until_ended()
        group.tell()


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """What the block writes is undone at its end, and nothing else: done for the time that it takes."""
    with session.connection().begin_nested() as savepoint:
        yield
        savepoint.rollback()


class _Group:
    """A transaction of several, and how it ended."""

    def __init__(self, connection: Connection, turn: ExitStack) -> None:
        self.connection, self._turn = connection, turn
        self.members = 1
        self._ended = threading.Event()
        self._failure: BaseException | None = None

    def undo(self, session: Session, error: BaseException) -> None:
        """Undo what one has written. Where that is not sure, nobody may go on.

        SQLite ends a whole transaction by itself where a disk is full; and where the savepoint cannot be undone, half
        of what one wanted would get to the disk with what the others have written.
        """
        is_sure = not isinstance(error, DBAPIError) or isinstance(error, IntegrityError)
        try:
            session.rollback()
        except BaseException as failure:
            is_sure = False
            if not isinstance(failure, DBAPIError):
                raise
        finally:
            if not is_sure or not self._is_open:
                self._failure = _given_up()

    @property
    def _is_open(self) -> bool:
        """Whether there still is the transaction. The driver commits without a word where there is none."""
        if self.connection.invalidated:
            return False
        driver = self.connection.connection.driver_connection
        return driver is not None and bool(driver.in_transaction)

    @property
    def is_over(self) -> bool:
        return self._failure is not None or self.members >= MOST

    def end(self) -> None:
        """Commit for all, and let them go on."""
        with ExitStack() as afterwards:  # each of it, whatever happens to the one before
            afterwards.callback(self._ended.set)
            afterwards.callback(self._turn.close)
            afterwards.enter_context(contextlib.suppress(DBAPIError))
            afterwards.callback(self._give_back)
            try:
                if self._failure is None and not self._is_open:
                    self._failure = _given_up()
                if self._failure is None:
                    self.connection.commit()
            except BaseException as error:
                self._failure = error

    def _give_back(self) -> None:
        """The connection, with nothing open in it: a commit that has failed may have left that."""
        if self._failure is not None:
            with contextlib.suppress(DBAPIError):
                self.connection.rollback()
            if self._is_open:
                self.connection.invalidate()
        self.connection.close()

    def until_ended(self) -> None:
        """Wait until it is on the disk, or is known not to get there."""
        self._ended.wait()

    def tell(self) -> None:
        """Raise what kept it from getting to the disk, if anything did."""
        if self._failure is not None:
            raise self._failure


def _given_up() -> StorageUnavailable:
    return StorageUnavailable("the database gave a transaction up")


class _Waiting:
    """Somebody in line; `group` is set when it is their turn, and None then where they have to open one."""

    def __init__(self) -> None:
        self.called = threading.Event()
        self.group: _Group | None = None


class _Company:
    """The threads of a process that write together."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._line: deque[_Waiting] = deque()
        self._is_busy = False  # somebody writes, or waits for this process's turn to
        self._since = 0.0  # when the one whose turn it is was called

    def join(self) -> _Group:
        """Wait for one's turn to write; answers with the transaction to write into. Raises StorageUnavailable."""
        with self._mutex:
            if not self._is_busy:
                self._is_busy, self._since = True, time.monotonic()
                mine = None
            else:
                mine = _Waiting()
                self._line.append(mine)
        if mine is not None:
            self._wait(mine)
            if mine.group is not None:
                return mine.group
        try:
            return _opened()
        except BaseException:
            self._call_next()
            raise

    def leave(self, group: _Group) -> None:
        """One has written, or has not: it is the next one's turn, or time to commit."""
        with self._mutex:
            if self._line and not group.is_over:
                group.members += 1
                self._call(group)
                return
        try:
            group.end()
        finally:
            self._call_next()

    def _call_next(self) -> None:
        """Have the next in line open a transaction, if there is one."""
        with self._mutex:
            if self._line:
                self._call(None)
            else:
                self._is_busy = False

    def _call(self, group: _Group | None) -> None:
        following = self._line.popleft()
        following.group, self._since = group, time.monotonic()
        following.called.set()

    def _wait(self, mine: _Waiting) -> None:
        """Until one is called. Nobody stays in line behind a turn that does not end: readers need the threads."""
        end = time.monotonic() + LONGEST_WAIT
        while not mine.called.wait(LOOK_EVERY):
            with self._mutex:
                if mine not in self._line:
                    return  # it was called in the very last moment
                at = time.monotonic()
                if at > end or at - self._since > PATIENCE:
                    self._line.remove(mine)
                    raise StorageUnavailable("the database was held by another writer for too long")


def _opened() -> _Group:
    """A transaction for others to join, when it is this process's turn."""
    with ExitStack() as stack:
        stack.enter_context(turn_to_write(db.engine))
        connection = db.engine.connect().execution_options(writes=True)
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return _Group(connection, stack.pop_all())


_mutex = threading.Lock()
_companies: WeakKeyDictionary[Engine, _Company] = WeakKeyDictionary()


def _company_of(engine: Engine) -> _Company:
    """Of an engine, not of an address: what one opens, all write through."""
    with _mutex:
        return _companies.setdefault(engine, _Company())
