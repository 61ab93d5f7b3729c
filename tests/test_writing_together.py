"""Those who write at the same time share a transaction, and each has done what was acknowledged, and nothing else."""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, event, insert, select
from sqlalchemy.exc import DatabaseError, OperationalError

from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale, use_locale
from petition_app.models import SiteSetting
from petition_app.together import _companies, _company_of, _Part, write_together
from petition_app.transactions import StorageUnavailable, turn_to_write, writing

CROWD = 12
LOCALES = ("en", "fr")


class Refused(Exception):
    """What a rule says in the middle of writing."""


def write(app: Flask, name: str, *, refuse: bool = False, gone: bool = False) -> None:
    def add(connection: Connection) -> None:
        connection.execute(insert(SiteSetting).values(name=name, value="x"))
        if gone:  # as SQLite itself does where the disk is full
            driver(connection).execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")
        if refuse:
            raise Refused

    with app.app_context():
        write_together(add)


def driver(connection: Connection) -> sqlite3.Connection:
    return connection.connection.driver_connection  # type: ignore[return-value]


def names() -> set[str]:
    found = set(db.session.scalars(select(SiteSetting.name)))
    db.session.rollback()
    return found


def crowd(app: Flask, *works: Callable[[], None]) -> list[BaseException | None]:
    """Do all of it while this thread has the turn, so that they come together; what each of them ended in."""
    with ThreadPoolExecutor(len(works)) as pool:
        with turn_to_write(db.engine):
            begun = [pool.submit(work) for work in works]
            until_all_wait = threading.Event()
            until_all_wait.wait(0.3)
        return [each.exception(20) for each in begun]


def test_a_crowd_shares_one_commit_and_everybody_has_written(app: Flask) -> None:
    commits: list[object] = []
    event.listen(db.engine, "commit", commits.append)
    ended = crowd(app, *(lambda name=f"n{number}": write(app, name) for number in range(CROWD)))  # type: ignore[misc]
    assert ended == [None] * CROWD
    assert names() == {f"n{number}" for number in range(CROWD)}
    assert len(commits) <= 2, "the first may have gone alone; the others go together"


def test_what_another_thread_writes_is_written_as_its_own_request_would(app: Flask) -> None:
    """Such as the wording of a consent, in the language of the one who has read it."""
    threads: set[int] = set()

    def sign(number: int) -> None:
        def add(connection: Connection) -> None:
            threads.add(threading.get_ident())
            connection.execute(insert(SiteSetting).values(name=f"n{number}", value=selected_locale()))

        with app.test_request_context(f"/{LOCALES[number % 2]}/"), use_locale(LOCALES[number % 2]):
            write_together(add)

    assert crowd(app, *(lambda n=n: sign(n) for n in range(CROWD))) == [None] * CROWD  # type: ignore[misc]
    assert len(threads) <= 2
    found = dict(db.session.execute(select(SiteSetting.name, SiteSetting.value)).all())
    assert found == {f"n{n}": LOCALES[n % 2] for n in range(CROWD)}


def test_a_crowd_that_is_too_large_for_one_transaction_goes_on_in_the_next(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("petition_app.together.MOST", 5)
    commits: list[object] = []
    event.listen(db.engine, "commit", commits.append)
    assert crowd(app, *(lambda n=n: write(app, f"n{n}") for n in range(CROWD))) == [None] * CROWD  # type: ignore[misc]
    assert names() == {f"n{n}" for n in range(CROWD)}
    assert len(commits) >= 3


def test_who_is_refused_undoes_nothing_of_the_others(app: Flask) -> None:
    works = [lambda n=n: write(app, f"n{n}", refuse=n % 3 == 0) for n in range(CROWD)]  # type: ignore[misc]
    ended = crowd(app, *works)
    assert [type(end) is Refused for end in ended] == [n % 3 == 0 for n in range(CROWD)]
    assert names() == {f"n{n}" for n in range(CROWD) if n % 3}


def test_where_the_transaction_is_lost_nobody_is_told_otherwise(app: Flask) -> None:
    """One of them fills the disk: whoever wrote before into the same transaction must not be acknowledged."""
    works = [lambda n=n: write(app, f"n{n}", gone=n == CROWD - 1) for n in range(CROWD)]  # type: ignore[misc]
    ended = crowd(app, *works)
    acknowledged = {f"n{n}" for n, end in enumerate(ended) if end is None}
    assert names() == acknowledged
    assert all(end is None or isinstance(end, StorageUnavailable | sqlite3.OperationalError) for end in ended)
    assert ended[-1] is not None
    write(app, "afterwards")
    assert "afterwards" in names()


def test_a_commit_that_fails_fails_for_all(app: Flask) -> None:
    def fail(_connection: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    event.listen(db.engine, "commit", fail)
    ended = crowd(app, *(lambda n=n: write(app, f"n{n}") for n in range(4)))  # type: ignore[misc]
    event.remove(db.engine, "commit", fail)
    assert all(end is not None for end in ended)
    assert names() == set()
    with writing() as session:
        session.add(SiteSetting(name="afterwards", value="x"))
    assert names() == {"afterwards"}


def test_those_who_wait_for_too_long_leave_and_the_next_ones_go_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("petition_app.together.PATIENCE", 0.1)
    with ThreadPoolExecutor(4) as pool:
        with turn_to_write(db.engine):
            begun = [pool.submit(write, app, f"n{n}") for n in range(4)]
            left = [each for each in begun if isinstance(_ended_within(each, 1.0), StorageUnavailable)]
            assert len(left) == 3, "all but the one who waits for the turn itself"
        assert [each.exception(20) for each in begun if each not in left] == [None]
    assert len(names()) == 1
    write(app, "afterwards")
    assert "afterwards" in names()


def _ended_within(work: object, seconds: float) -> BaseException | None:
    try:
        return work.exception(seconds)  # type: ignore[attr-defined, no-any-return]
    except TimeoutError:
        return None


def test_what_cannot_be_undone_takes_the_others_with_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what one has written must not get to the disk with what the others have."""
    dialect = db.engine.dialect
    undo, failed = dialect.do_rollback_to_savepoint, threading.Event()

    def fail_once(connection: Connection, name: str) -> None:
        if failed.is_set():
            undo(connection, name)
            return
        failed.set()
        raise OperationalError("ROLLBACK TO", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(dialect, "do_rollback_to_savepoint", fail_once)
    works = [lambda n=n: write(app, f"n{n}", refuse=n == 2) for n in range(4)]  # type: ignore[misc]
    ended = crowd(app, *works)
    assert failed.is_set()
    assert names() == {f"n{n}" for n, end in enumerate(ended) if end is None}


def test_a_broken_file_is_told_of_as_a_full_disk_is(app: Flask) -> None:
    """SQLite names a broken file otherwise than a full disk; what it had written before is lost as well."""

    def give_up(connection: Connection) -> None:
        driver(connection).execute("ROLLBACK")
        raise DatabaseError("INSERT", {}, sqlite3.DatabaseError("database disk image is malformed"))

    def break_down() -> None:
        with app.app_context():
            write_together(give_up)

    works = [lambda n=n: write(app, f"n{n}") for n in range(3)]  # type: ignore[misc]
    ended = crowd(app, *works, break_down, *(lambda n=n: write(app, f"n{n}", refuse=True) for n in (3, 4)))  # type: ignore[misc]
    assert names() == {f"n{n}" for n, end in enumerate(ended[:3]) if end is None}


def test_what_was_lost_and_not_told_of_is_not_acknowledged(app: Flask) -> None:
    """Whatever ends the transaction before its commit: there is nothing left that a commit could keep."""

    def lose(connection: Connection) -> None:
        savepoint = connection.get_nested_transaction()
        assert savepoint is not None
        savepoint.commit()
        driver(connection).execute("ROLLBACK")

    def end_it_in_silence() -> None:
        with app.app_context():
            write_together(lose)

    works = [lambda n=n: write(app, f"n{n}") for n in range(4)]  # type: ignore[misc]
    ended = crowd(app, *works[:2], end_it_in_silence, *works[2:])
    assert names() == {f"n{n}" for n, end in zip((0, 1, None, 2, 3), ended, strict=True) if end is None}
    assert ended[2] is not None


def test_a_connection_that_cannot_be_given_back_holds_nobody_up(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    close, has_failed = Connection.close, threading.Event()

    def fail_once(connection: Connection) -> None:
        close(connection)
        if not has_failed.is_set() and connection.get_execution_options().get("writes"):
            has_failed.set()
            raise DatabaseError("", {}, sqlite3.DatabaseError("cannot be closed"))

    monkeypatch.setattr(Connection, "close", fail_once)
    ended = crowd(app, *(lambda n=n: write(app, f"n{n}") for n in range(3)))  # type: ignore[misc]
    assert has_failed.is_set()
    assert names() >= {f"n{n}" for n, end in enumerate(ended) if end is None}
    write(app, "afterwards")
    assert "afterwards" in names()


def test_a_leader_that_cannot_go_on_acknowledges_nobody_and_gives_the_turn_back(app: Flask) -> None:
    """Whatever it is: here one has closed the connection that all write through."""

    def close_it() -> None:
        with app.app_context():
            write_together(Connection.close)

    works = [lambda n=n: write(app, f"n{n}") for n in range(4)]  # type: ignore[misc]
    ended = crowd(app, *works[:2], close_it, *works[2:])
    assert names() == {f"n{n}" for n, end in zip((0, 1, None, 2, 3), ended, strict=True) if end is None}
    assert ended[2] is not None
    write(app, "afterwards")
    assert "afterwards" in names()


@pytest.mark.parametrize("is_called", [False, True], ids=["in line", "called to lead"])
def test_one_whose_wait_is_broken_off_is_not_written_and_holds_nobody_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch, is_called: bool
) -> None:
    monkeypatch.setattr("petition_app.together.MOST", 1)
    sleep, broken_off = _Part.sleep, threading.Event()

    def break_off(part: _Part[None], seconds: float = -1) -> bool:
        is_woken = sleep(part, 20) if is_called else False
        if not broken_off.is_set():
            broken_off.set()
            raise KeyboardInterrupt
        return is_woken or sleep(part, seconds)

    monkeypatch.setattr(_Part, "sleep", break_off)
    ended = crowd(app, *(lambda n=n: write(app, f"n{n}") for n in range(3)))  # type: ignore[misc]
    assert sorted(str(type(end)) for end in ended) == sorted(map(str, (type(None), type(None), KeyboardInterrupt)))
    assert names() == {f"n{n}" for n, end in enumerate(ended) if end is None}
    write(app, "afterwards")
    assert "afterwards" in names()


def test_who_is_refused_keeps_nothing_of_the_others_in_memory(app: Flask) -> None:
    """What was raised has come through the frames of the one who wrote."""

    class Held:
        pass

    def refuse(held: Held) -> None:
        def add(_connection: Connection, _held: Held = held) -> None:
            raise Refused

        with contextlib.suppress(Refused):
            write_together(add)

    gc.disable()
    try:
        held = Held()
        left = weakref.ref(held)
        refuse(held)
        del held
        assert left() is None
    finally:
        gc.enable()


def test_each_site_of_a_process_writes_into_its_own_database() -> None:
    """Two databases in memory have the same address."""
    first, second = create_engine("sqlite://"), create_engine("sqlite://")
    assert _company_of(first) is _company_of(first)
    assert _company_of(first) is not _company_of(second)
    number = len(_companies)
    del second
    gc.collect()
    assert len(_companies) < number
