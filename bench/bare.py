"""The physical limits: bare loops that write the very rows that the program writes, in the same transactions.

The rows are copied from a signature that the program took, so that a change of its tables changes the loops too.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-8000")


@dataclass(frozen=True)
class Rows:
    """One signature as it stands in the tables: for each table its columns and rows, without their own ids."""

    signature: dict[str, Any]
    consents: list[dict[str, Any]]
    mail: dict[str, Any]


def read_rows(execute: Callable[..., Any]) -> Rows:
    """The newest pending signature that the program took, with all that hangs on it."""

    def rows(statement: str) -> list[dict[str, Any]]:
        cursor = execute(statement)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    newest = "(SELECT max(id) FROM signatures WHERE status = 'pending')"
    (signature,) = rows(f"SELECT * FROM signatures WHERE id = {newest}")  # noqa: S608  # our own words
    consents = rows(f"SELECT * FROM consents WHERE signature_id = {newest}")  # noqa: S608
    (mail,) = rows(f"SELECT * FROM outbox_messages WHERE signature_id = {newest}")  # noqa: S608
    for row in (signature, *consents, mail):
        row.pop("id")
    return Rows(signature, consents, mail)


def _fresh(rows: Rows) -> tuple[dict[str, Any], dict[str, Any]]:
    """The signature and the mail of somebody else, with names that are not there yet."""
    mailbox = f"bare-{secrets.token_hex(8)}@example.org"
    signature = {**rows.signature, "key": secrets.token_urlsafe(16), "email": mailbox, "mailbox": mailbox}
    mail = {**rows.mail, "recipient": mailbox, "mailbox": mailbox, "message_id": f"<{secrets.token_hex(16)}@localhost>"}
    return signature, mail


def _insert(table: str, columns: dict[str, Any], place: str) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(place for _ in columns)})"  # noqa: S608


@contextlib.contextmanager
def sqlite(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    with contextlib.closing(connection):
        yield connection


def sign_on_sqlite(database: Path, seconds: float) -> float:
    """Signatures a second of one loop on one connection: SQLite has one writer, so more would wait."""
    with sqlite(database) as connection:
        rows = read_rows(connection.execute)
        consents = [{**consent} for consent in rows.consents]
        into_signatures = _insert("signatures", rows.signature, "?")
        into_consents = _insert("consents", consents[0], "?")
        into_mails = _insert("outbox_messages", rows.mail, "?")
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            signature, mail = _fresh(rows)
            connection.execute("BEGIN IMMEDIATE")
            row_id = connection.execute(into_signatures, tuple(signature.values())).lastrowid
            connection.executemany(
                into_consents, [tuple({**consent, "signature_id": row_id}.values()) for consent in consents]
            )
            connection.execute(into_mails, tuple({**mail, "signature_id": row_id}.values()))
            connection.execute("COMMIT")
            done += 1
        return done / (time.perf_counter() - began)


CONFIRM = (
    "UPDATE signatures SET status = 'confirmed', confirmed_at = {p}, seat = 1, number = {p} WHERE id = {p}",
    "INSERT INTO petition_counters (petition_id, slot, confirmed) VALUES ({p}, {p}, 1) "
    "ON CONFLICT (petition_id, slot) DO UPDATE SET confirmed = petition_counters.confirmed + excluded.confirmed",
    "INSERT INTO day_counters (petition_id, day, slot, confirmed) VALUES ({p}, {p}, {p}, 1) "
    "ON CONFLICT (petition_id, day, slot) DO UPDATE SET confirmed = day_counters.confirmed + excluded.confirmed",
)


def confirm_on_sqlite(database: Path, ids: list[int], petition: int) -> float:
    """Confirmations a second of one loop on one connection."""
    update, count, count_day = (statement.format(p="?") for statement in CONFIRM)
    with sqlite(database) as connection:
        began = time.perf_counter()
        for number, row in enumerate(ids):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(update, ("2026-01-02 03:04:05.000000", number, row))
            connection.execute(count, (petition, 0))
            connection.execute(count_day, (petition, "2026-01-02", 0))
            connection.execute("COMMIT")
        return len(ids) / (time.perf_counter() - began)


def sign_on_postgresql(url: str, connections: int, seconds: float) -> float:
    """Signatures a second of so many threads, each with its own connection."""
    import psycopg

    with psycopg.connect(url) as connection:
        rows = read_rows(connection.execute)
    into_signatures = _insert("signatures", rows.signature, "%s") + " RETURNING id"
    into_consents = _insert("consents", rows.consents[0], "%s")
    into_mails = _insert("outbox_messages", rows.mail, "%s")

    def one(connection: Any, _number: int) -> None:
        signature, mail = _fresh(rows)
        with connection.transaction():
            found = connection.execute(into_signatures, tuple(signature.values())).fetchone()
            connection.cursor().executemany(
                into_consents, [tuple({**consent, "signature_id": found[0]}.values()) for consent in rows.consents]
            )
            connection.execute(into_mails, tuple({**mail, "signature_id": found[0]}.values()))

    return _in_threads(url, connections, seconds, one)


def confirm_on_postgresql(url: str, connections: int, ids: list[int], petition: int) -> float:
    """Confirmations a second; each connection counts in a slot of its own, as ours do."""
    update, count, count_day = (statement.format(p="%s") for statement in CONFIRM)
    waiting, lock = iter(ids), threading.Lock()

    def one(connection: Any, number: int) -> None:
        with lock:
            row = next(waiting)
        with connection.transaction():
            connection.execute(update, ("2026-01-02 03:04:05+00", row, row))
            connection.execute(count, (petition, number))
            connection.execute(count_day, (petition, "2026-01-02", number))

    return _in_threads(url, connections, 600, one)


def _in_threads(url: str, connections: int, seconds: float, one: Callable[[Any, int], None]) -> float:
    """Call `one` again and again in so many threads, until the time is over or it has nothing left to do.

    Raises psycopg.Error, before anybody begins, where the server has no room for so many connections.
    """
    import psycopg

    def work(number: int) -> int:
        connection, done = opened[number], 0
        start.wait()
        end = time.perf_counter() + seconds
        with contextlib.suppress(StopIteration):
            while time.perf_counter() < end:
                one(connection, number)
                done += 1
        return done

    start = threading.Barrier(connections + 1)
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(connections) as pool:
        opened = [stack.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(connections)]
        working = [pool.submit(work, number) for number in range(connections)]
        start.wait()
        began = time.perf_counter()
        done = sum(each.result() for each in working)
        return done / (time.perf_counter() - began)
