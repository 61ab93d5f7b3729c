"""The instances of the Flask extensions, and how the program talks to its database."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase

from petition_app.engine import prepare

# Names for every constraint, so that a migration can drop one on either engine.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of all models."""

    metadata = MetaData(naming_convention=NAMING)


class OneDatabase(Session):
    """A session of the site's one database: nobody has to find out which one an object belongs to."""

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **_: Any) -> Engine | Connection:
        found: Engine | Connection = bind or self._db.engine
        return found


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"class_": OneDatabase, "expire_on_commit": False},
)
babel = Babel()

# How long SQLite waits for another program that writes; this one's own writers queue (transactions.py).
BUSY_TIMEOUT_MS = 12_000


def prepare_engine(app: Flask) -> None:
    """Make SQLite safe and predictable on every connection; PostgreSQL is prepared in engine.py."""
    with app.app_context():
        engine = db.engine
    prepare(engine, app.config["SETTINGS"])
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    # This engine's own dialect, and no other: SQLAlchemy has no setting for it. Every signature opens a savepoint.
    engine.dialect.do_savepoint = _savepoint  # type: ignore[method-assign]
    engine.dialect.do_release_savepoint = _release_savepoint  # type: ignore[method-assign]
    engine.dialect.do_rollback_to_savepoint = _rollback_to_savepoint  # type: ignore[method-assign]


def empty_log() -> None:
    """Write SQLite's log into the database and cut it: it holds former states of the pages, what was erased too.

    It waits for nobody: where a reader or a writer is in the way, the next time does it.
    """
    if db.engine.dialect.name != "sqlite":
        return
    connection = sqlite3.connect(str(db.engine.url.database), timeout=0.2, isolation_level=None)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError:
        pass  # busy
    finally:
        connection.close()


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: _on_sqlite_begin does
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # what was acknowledged survives a power cut
        "foreign_keys=ON",
        "secure_delete=ON",
        "cache_size=-8000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_sqlite_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    # It waits for nobody and takes no lock, so it needs none of what SQLAlchemy does around a statement.
    driver: Any = connection.connection.driver_connection
    driver.execute("BEGIN")


def _savepoint(connection: Connection, name: str) -> None:
    """As the dialect's own, without compiling a statement for each."""
    connection.exec_driver_sql(f"SAVEPOINT {name}")


def _release_savepoint(connection: Connection, name: str) -> None:
    connection.exec_driver_sql(f"RELEASE {name}")


def _rollback_to_savepoint(connection: Connection, name: str) -> None:
    connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {name}")
