"""Signing and confirming, the whole POST, against bare loops that write the same rows."""

from __future__ import annotations

import math
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from bench import bare, servers, wrk
from bench.figures import Run
from bench.measure import Figure, side_by_side
from bench.pending import make_pending, pending, write_paths
from petition_app.engine import PING_AFTER
from tests.databases import postgresql_server
from tests.server import Site

SIGN = f"/fr/petitions/{servers.SLUG}/signatures"
# A second; more are not to be had from two cores, and each needs a signature that waits for it.
MOST_CONFIRMATIONS = 3000


def on_sqlite(run: Run) -> Iterator[Figure]:
    """64 clients sign one petition; the loop writes the same rows into a copy of the same database."""
    with servers.site(run.new_folder(), "--no-worker") as site:
        wrk.load(site.url + SIGN, "sign", uuid4().hex, seconds=1, headers=())
        copy = _copy(site, run.new_folder())
        spread: list[float] = []

        def sign() -> float:
            found = wrk.load(site.url + SIGN, "sign", uuid4().hex, seconds=run.seconds, headers=())
            spread.append(found.p99 / found.p50)
            return found.rate

        yield side_by_side(
            "signing, SQLite, 64 clients",
            sign,
            lambda: bare.sign_on_sqlite(copy, run.seconds),
            runs=run.runs,
            target=0.15,
            unit="signatures/s",
            ceiling_name="a bare loop of the same rows, synchronous=FULL",
        )
        yield Figure(
            "signing, SQLite, slowest of a hundred to the median",
            "×",
            statistics.median(spread),
            "",
            None,
            8,
            "lower",
            spread,
        )


def confirming_on_sqlite(run: Run) -> Iterator[Figure]:
    """64 clients confirm; each confirmation by its own link."""
    folder = run.new_folder()
    a_run = int(MOST_CONFIRMATIONS * math.ceil(run.seconds))
    with servers.site(folder, "--no-worker") as site:
        petition = make_pending(site, a_run * run.runs)
        copy = _copy(site, run.new_folder())

        def confirm() -> float:
            _ids, paths = pending(site, 0, a_run)
            file = write_paths(folder, paths)
            return wrk.load(site.url, "paths", str(file), str(wrk.THREADS), seconds=run.seconds, headers=()).rate

        def loop() -> float:
            with bare.sqlite(copy) as connection:
                found = connection.execute("SELECT id FROM signatures WHERE status = 'pending' LIMIT ?", (a_run,))
                ids = [row[0] for row in found]
            return bare.confirm_on_sqlite(copy, ids, petition)

        yield side_by_side(
            "confirming, SQLite, 64 clients",
            confirm,
            loop,
            runs=run.runs,
            target=0.20,
            unit="confirmations/s",
            ceiling_name="a bare loop of the same changes, synchronous=FULL",
        )


def _copy(site: Site, folder: Path) -> Path:
    """The site's database as of now, for the bare loop."""
    import sqlite3

    target = folder / "bare.sqlite3"
    with sqlite3.connect(site.data_dir / "petition.sqlite3") as source, sqlite3.connect(target) as copy:
        source.backup(copy)
    return target


def on_postgresql(run: Run) -> Iterator[Figure]:
    """Two app nodes on one database; the loop has as many connections as there are clients."""
    with postgresql_server() as server:
        for name in ("site", "bare"):
            server.psql(f"CREATE DATABASE {name}")
        folder = run.new_folder()
        url, bare_url = server.url("site"), server.url("bare")
        variables = {"PETITION_DATABASE_URL": url, "PETITION_SECRET_KEY": uuid4().hex * 2}
        with servers.site(folder, "--no-worker", **variables) as one, servers.node(run.new_folder(), one) as two:
            nodes = (one, two)
            _sign_at(nodes, 1)
            _copy_database(server, "site", "bare")
            waits = _LockWaits(url)
            with waits:
                yield side_by_side(
                    "signing, PostgreSQL, 2 nodes, 64 clients",
                    lambda: _sign_at(nodes, run.seconds),
                    lambda: bare.sign_on_postgresql(bare_url, wrk.CONNECTIONS, run.seconds),
                    runs=run.runs,
                    target=0.15,
                    unit="signatures/s",
                    ceiling_name="a bare psycopg loop of the same rows, 64 connections",
                )
            a_run = int(MOST_CONFIRMATIONS * math.ceil(run.seconds))
            make_pending(one, a_run * run.runs)
            _copy_database(server, "site", "bare")
            with waits:
                yield side_by_side(
                    "confirming, PostgreSQL, 2 nodes, 64 clients",
                    lambda: _confirm_at(nodes, folder, a_run, run.seconds),
                    lambda: _confirm_bare(bare_url, a_run),
                    runs=run.runs,
                    target=0.20,
                    unit="confirmations/s",
                    ceiling_name="a bare psycopg loop of the same changes, 64 connections",
                )
            yield Figure(
                "waits for a counter's row, PostgreSQL",
                "% of the looks",
                waits.share,
                "",
                None,
                1,
                "lower",
                note=f"{waits.looks} looks into pg_locks while signing and confirming",
            )


def _sign_at(nodes: tuple[Site, ...], seconds: float) -> float:
    return _together(
        [
            wrk.start(
                node.url + SIGN,
                "sign",
                uuid4().hex,
                seconds=seconds,
                connections=wrk.CONNECTIONS // len(nodes),
                threads=1,
            )
            for node in nodes
        ]
    )


def _confirm_at(nodes: tuple[Site, ...], folder: Path, count: int, seconds: float) -> float:
    _ids, paths = pending(nodes[0], 0, count)
    files = [write_paths(folder, paths[number :: len(nodes)]) for number in range(len(nodes))]
    return _together(
        [
            wrk.start(
                node.url, "paths", str(file), "1", seconds=seconds, connections=wrk.CONNECTIONS // len(nodes), threads=1
            )
            for node, file in zip(nodes, files, strict=True)
        ]
    )


def _together(running: list[subprocess.Popen[str]]) -> float:
    return sum(wrk.finish(process).rate for process in running)


def _confirm_bare(url: str, count: int) -> float:
    import psycopg

    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT id, petition_id FROM signatures WHERE status = 'pending' LIMIT %s", (count,))
        found = rows.fetchall()
    return bare.confirm_on_postgresql(url, wrk.CONNECTIONS, [row[0] for row in found], found[0][1])


def _copy_database(server: object, source: str, target: str) -> None:
    """By the tools of the server itself, while nobody signs and the site's own clockwork is kept out."""
    import psycopg

    admin = server.url("postgres")  # type: ignore[attr-defined]
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")  # type: ignore[arg-type]
        connection.execute(f"ALTER DATABASE {source} WITH ALLOW_CONNECTIONS false")  # type: ignore[arg-type]
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND state <> 'active'", (source,)
        )
        connection.execute(f"CREATE DATABASE {target} TEMPLATE {source}")  # type: ignore[arg-type]
        connection.execute(f"ALTER DATABASE {source} WITH ALLOW_CONNECTIONS true")  # type: ignore[arg-type]
    time.sleep(PING_AFTER + 0.5)  # a connection that has rested for so long is looked at before it is used


class _LockWaits:
    """Looks every few milliseconds whether anybody waits for a row of a counter."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.looks = self._waiting = 0

    @property
    def share(self) -> float:
        return 100 * self._waiting / max(1, self.looks)

    def __enter__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _look(self) -> None:
        import psycopg

        statement = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock' AND query LIKE '%counters%'"
        )
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._stop.wait(0.02):
                row = connection.execute(statement).fetchone()
                self.looks += 1
                self._waiting += bool(row and row[0])
