"""The two databases of a move: what their URLs name, and how each is opened."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from petition_app.config_values import database_url

# How long to wait for a server, and for another process's lock on a file.
CONNECT_TIMEOUT_S, BUSY_TIMEOUT_MS = 10, 5_000


class MoveError(Exception):
    """It cannot be done; the message says why, and what to do. The source is as it was."""


@dataclass(frozen=True)
class Place:
    """A database by its URL. `file` is None for PostgreSQL."""

    url: URL
    file: Path | None

    @classmethod
    def of(cls, text: str) -> Place:
        """Read the URL as the settings do. Raises MoveError, which never repeats a password."""
        try:
            known = database_url(text)
        except ValueError as error:
            raise MoveError(f"The address of the database is wrong: {error}.") from None
        try:
            url = make_url(known)
        except (ValueError, ArgumentError):
            raise MoveError(
                "The address of the database is wrong: write it as postgresql://user:password@host:5432/name, with "
                "%-escapes for what is special in a password."
            ) from None
        if url.get_backend_name() != "sqlite":
            return cls(url, None)
        if not url.database or url.database.startswith((":memory:", "file:")):
            raise MoveError("The address names no file: write it as sqlite:////folder/petition.sqlite3.")
        return cls(url, Path(url.database).expanduser().resolve())

    @property
    def shown(self) -> str:
        """The address as it may be printed: without a password."""
        if self.file:
            return f"sqlite:///{self.file}"
        secret = [name for name in self.url.query if "password" in name]
        return re.sub(r":\*\*\*@", ":********@", str(self.url.difference_update_query(secret)))

    @property
    def identity(self) -> str:
        """What tells this database from another, whoever connects to it."""
        query = {name: value for name, value in self.url.query.items() if name in ("host", "port", "dbname")}
        return self.shown if self.file else f"{self.url.host}:{self.url.port or 5432}/{self.url.database}?{query}"

    def connect(self, *, read_only: bool) -> Connection:
        """A connection of its own. Read-only, it sees the database as of one moment: of its first statement.

        Raises MoveError where the database cannot be reached.
        """
        if self.file and read_only and not self.file.is_file():
            raise MoveError(f"There is no database at {self.file}.")
        engine = self._sqlite(self.file, read_only) if self.file else self._postgresql(read_only)
        try:
            return engine.connect()
        except ModuleNotFoundError as error:
            raise _driver_missing() from error
        except SQLAlchemyError as error:
            raise MoveError(f"The database {self.shown} cannot be reached: {self.sentence(error)}") from error

    def sentence(self, error: BaseException) -> str:
        """The first line of what a database said, without the values of a row and without the password."""
        original = getattr(error, "orig", None) or error
        diagnosis = getattr(original, "diag", None)
        said = getattr(diagnosis, "message_primary", None) or str(original)
        line = next(iter(said.strip().splitlines()), type(original).__name__)
        for secret in (self.url.password, *(v for k, v in self.url.query.items() if "password" in k)):
            line = line.replace(str(secret), "********") if secret else line
        return line.rstrip(".") + "."

    def _sqlite(self, file: Path, read_only: bool) -> Engine:
        def open_file() -> sqlite3.Connection:
            mode = "ro" if read_only else "rw"
            # The driver begins nothing by itself: the event below does.
            connection = sqlite3.connect(f"{file.as_uri()}?mode={mode}", uri=True, isolation_level=None)
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA foreign_keys=ON")
            return connection

        engine = create_engine("sqlite://", creator=open_file, poolclass=NullPool, hide_parameters=True)
        begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    def _postgresql(self, read_only: bool) -> Engine:
        options: dict[str, Any] = {"connect_args": {"connect_timeout": CONNECT_TIMEOUT_S}}
        if read_only:
            options["isolation_level"] = "REPEATABLE READ"
        try:
            engine = create_engine(self.url, poolclass=NullPool, hide_parameters=True, **options)
        except ModuleNotFoundError as error:
            raise _driver_missing() from error
        event.listen(engine, "connect", _without_timeouts)
        return engine.execution_options(postgresql_readonly=True) if read_only else engine


def _driver_missing() -> MoveError:
    return MoveError("PostgreSQL needs its driver where this program is installed: make install EXTRAS=postgres")


def _without_timeouts(connection: Any, _record: object) -> None:
    """A table of millions takes longer than a page may."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
        cursor.execute("SET timezone = 'UTC'")
    connection.commit()
