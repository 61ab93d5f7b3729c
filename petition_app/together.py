"""Writing together: those who wait for the database at the same time share one transaction, and one wait for the disk.

To be durable costs a wait for the disk, which on a small machine takes longer than to write a signature. SQLite has one
writer, so a crowd of signers would pay it one after another. Here the first of a process who comes opens the
transaction, and writes for those who come meanwhile, too: each in a savepoint of their own, in the order in which they
came, for to wake a thread up costs as much as what it would write. When nobody is left it commits for all. Nobody goes
on before that, and where it fails, it has failed for all of them: what was acknowledged is on the disk, exactly as by
`writing`.

PostgreSQL does the like by itself when many commit at once.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import Context, copy_context
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

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

Answer = TypeVar("Answer")

# So many write into one transaction at most, so that other processes have their turn, and nobody waits long for all.
MOST = 32


def write_together(write: Callable[[Connection], Answer], decided_on: Connection | None = None) -> Answer:
    """Do what is short and comes in crowds, a signature or a confirmation, in a transaction of several.

    Answers with what it has answered, once that is on the disk. It sees what those before it in the same transaction
    have written, and its own failure undoes nothing of theirs. Another thread may do it, in the caller's context; it
    must neither commit nor wait for anything. Raises StorageUnavailable.

    The connection that it was decided on (`transactions.deciding`) is closed at the end. On PostgreSQL its transaction
    goes on with the writing, which saves questions; SQLite's is given back before one waits for one's turn.
    """
    if db.engine.dialect.name != "sqlite":
        return _written_alone(write, decided_on)
    if decided_on is not None:
        decided_on.close()
    with storage_errors():
        if db.session.registry.has():
            db.session.rollback()
        part = _Part(write, copy_context())
        _company_of(db.engine).do(part)
        return part.outcome()


def _written_alone(write: Callable[[Connection], Answer], decided_on: Connection | None) -> Answer:
    if decided_on is None:
        with writing() as session:
            return write(session.connection())
    with storage_errors(), decided_on:
        answer = write(decided_on)
        decided_on.commit()
    return answer


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """What the block writes is undone at its end, and nothing else: done for the time that it takes."""
    with connection.begin_nested() as savepoint:
        yield
        savepoint.rollback()


class _Part(Generic[Answer]):
    """What one has to write, and what became of it."""

    def __init__(self, write: Callable[[Connection], Answer], context: Context) -> None:
        self._write, self._context = write, context
        self._answer: Answer | None = None
        self._signal = threading.Lock()
        self._signal.acquire()
        self.leads = False  # it is this one's turn to write for those in line
        self.error: BaseException | None = None
        self.failure: BaseException | None = None  # of the transaction that it was written in

    def write(self, connection: Connection) -> None:
        self._answer = self._context.run(self._write, connection)

    def wake(self) -> None:
        """Let its thread go on: it is done, or to lead."""
        self._signal.release()

    def sleep(self, seconds: float = -1) -> bool:
        """Wait until it is woken, for so long at most; whether it was."""
        return self._signal.acquire(timeout=seconds)

    def outcome(self) -> Answer:
        """What it has answered. Raises what kept it from getting to the disk."""
        found = self.error or self.failure
        if found is None:
            return self._answer  # type: ignore[return-value]  # set where nothing was raised
        try:
            raise found
        finally:
            # It holds the frames it came through, one of them of this, and so all of the leader's: let them go.
            self.error = self.failure = found = None


class _Group:
    """A transaction of several, and how it ended."""

    def __init__(self, connection: Connection, turn: ExitStack) -> None:
        self._connection, self._turn = connection, turn
        self._parts: list[_Part[Any]] = []
        self._failure: BaseException | None = None
        self._is_written = False  # it is on the disk

    def write(self, part: _Part[Any]) -> None:
        """Write one's part, in a savepoint of its own. Where it cannot be undone for sure, nobody may go on.

        SQLite ends a whole transaction by itself where a disk is full; and where the savepoint cannot be undone, half
        of what one wanted would get to the disk with what the others have written.
        """
        self._parts.append(part)
        try:
            with self._connection.begin_nested():
                part.write(self._connection)
        except BaseException as error:
            part.error = error
            if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError):
                self._failure = _given_up()
        if not self._is_open:  # without one, the next savepoint would be a transaction of its own
            self._failure = _given_up()

    @property
    def _is_open(self) -> bool:
        """Whether there still is the transaction. The driver commits without a word where there is none."""
        if self._connection.closed or self._connection.invalidated:
            return False
        driver = self._connection.connection.driver_connection
        return driver is not None and bool(driver.in_transaction)

    @property
    def is_over(self) -> bool:
        return self._failure is not None or len(self._parts) >= MOST

    def give_up(self, error: BaseException) -> None:
        """Have nothing of it written, for its leader cannot go on."""
        self._failure = error

    def end(self) -> None:
        """Commit for all, and give the turn back."""
        with ExitStack() as afterwards:  # each of it, whatever happens to the one before
            afterwards.callback(self._turn.close)
            afterwards.enter_context(contextlib.suppress(DBAPIError))
            afterwards.callback(self._give_back)
            try:
                if self._failure is None:
                    self._connection.commit()
                    self._is_written = True
            except BaseException as error:
                self._failure = error

    def _give_back(self) -> None:
        """The connection, with nothing open in it: a commit that has failed may have left that."""
        if self._failure is not None:
            with contextlib.suppress(DBAPIError):
                self._connection.rollback()
            if self._is_open:
                self._connection.invalidate()
        self._connection.close()

    def tell(self, leader: _Part[Any]) -> None:
        """Let them all go on, now that it is on the disk, or is known not to get there."""
        failure = None if self._is_written else self._failure or _given_up()
        for part in self._parts:
            part.failure = failure
            if part is not leader:
                part.wake()


def _given_up() -> StorageUnavailable:
    return StorageUnavailable("the database gave a transaction up")


class _Company:
    """The threads of a process that write together."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._line: deque[_Part[Any]] = deque()
        self._is_busy = False  # somebody writes, or waits for this process's turn to
        self._since = 0.0  # when the part began that is written now

    def do(self, part: _Part[Any]) -> None:
        """Have it written, by this thread or by the one that writes already. Raises StorageUnavailable."""
        with self._mutex:
            if self._is_busy:
                self._line.append(part)
            else:
                self._is_busy, part.leads, self._since = True, True, time.monotonic()
        if not part.leads:
            try:
                self._wait(part)
            except BaseException:
                self._leave(part)
                raise
        if part.leads:
            self._lead(part)

    def _lead(self, own: _Part[Any]) -> None:
        """Write one's own part, and those of all who come meanwhile."""
        group = None
        try:
            group = _opened()
            self._fill(group, own)
            group.end()
        finally:
            self._hand_on()
            if group is not None:
                group.tell(own)

    def _fill(self, group: _Group, own: _Part[Any]) -> None:
        """Write until nobody is left, or it is time to commit. Whatever comes between: the group is still to end."""
        part: _Part[Any] | None = own
        try:
            while part is not None:
                group.write(part)
                part = self._following(group)
        except BaseException as error:
            group.give_up(error)

    def _following(self, group: _Group) -> _Part[Any] | None:
        """Whose part is next, if it is not time to commit."""
        with self._mutex:
            if group.is_over or not self._line:
                return None
            self._since = time.monotonic()
            return self._line.popleft()

    def _hand_on(self) -> None:
        """Have the next in line lead, if there is one."""
        with self._mutex:
            if not self._line:
                self._is_busy = False
                return
            following = self._line.popleft()
            following.leads, self._since = True, time.monotonic()
        following.wake()

    def _wait(self, mine: _Part[Any]) -> None:
        """Until one is done or called. Nobody stays in line behind what does not end: readers need the threads."""
        end = time.monotonic() + LONGEST_WAIT
        while not mine.sleep(LOOK_EVERY):
            with self._mutex:
                if mine in self._line:
                    at = time.monotonic()
                    if at > end or at - self._since > PATIENCE:
                        self._line.remove(mine)  # in this very moment: else somebody may begin to write it
                        raise StorageUnavailable("the database was held by another writer for too long")
                    continue
            mine.sleep()  # it is being written, or was called in the very last moment
            return

    def _leave(self, mine: _Part[Any]) -> None:
        """Go, whatever it is that ends the waiting: nobody writes for one who is gone, or waits for them to lead."""
        with self._mutex:
            if mine in self._line:
                self._line.remove(mine)
        if mine.leads:
            self._hand_on()


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
