"""The target of a move: whether it may be written to, how it is made ready, and how it is left."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, func, insert, inspect, select, text

from petition_app.config import Settings
from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now
from petition_app.operations import schema
from petition_app.operations.move.places import MoveError, Place

# It stands in the target as long as a move is under way, and says of which source. Not in the program's own metadata:
# no site has it. How far the move has come is not written down: the rows that are there say it, and are compared.
PROGRESS = Table(
    "_move_progress",
    MetaData(),
    Column("source", String(64), primary_key=True),
    Column("begun_at", UTCDateTime, nullable=False),
)
VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))

# Any number that nothing else in the database locks; two moves into one database, or a move into itself, meet on it.
_LOCK = 5_071_971


def examine(connection: Connection, source: Place, target: Place) -> bool:
    """Whether the target holds an interrupted move of this very source. Raises MoveError where it is not empty."""
    tables = set(inspect(connection).get_table_names())
    own = set(Base.metadata.tables)
    other = sorted(tables - own - {PROGRESS.name, VERSIONS.name})
    if other:
        raise MoveError(
            f"{target.shown} holds tables of something else ({', '.join(other[:3])}). Give an empty database."
        )
    if PROGRESS.name in tables:
        begun = connection.execute(select(PROGRESS)).first()
        if begun is not None and begun.source != fingerprint(source):
            raise MoveError(
                f"{target.shown} holds an interrupted move of another site, begun {begun.begun_at:%Y-%m-%d %H:%M} UTC. "
                "Give an empty database."
            )
        return begun is not None
    if any(connection.execute(select(Base.metadata.tables[name]).limit(1)).first() for name in sorted(tables & own)):
        raise MoveError(f"{target.shown} holds a site already. Nothing was written there. Give an empty database.")
    found = connection.scalars(select(VERSIONS)).first() if VERSIONS.name in tables else None
    if found is not None and found not in schema.known_revisions():
        raise MoveError(f"{target.shown} has the schema of another program, or of a newer version ({found}).")
    return False


def fingerprint(source: Place) -> str:
    """What names a source in the target: a hash, for the target need not tell where the source lies."""
    return hashlib.sha256(source.identity.encode()).hexdigest()


def make_file(target: Place) -> None:
    """Make a new SQLite file that its owner alone can read; leave one that is there."""
    if target.file is None:
        return
    try:
        os.close(os.open(target.file, os.O_CREAT | os.O_WRONLY, 0o600))
        target.file.chmod(0o600)
    except OSError as error:
        raise MoveError(f"{target.file} cannot be written: {error.strerror}.") from error


def lock(connection: Connection, source: Connection, target: Place) -> None:
    """Keep other moves out as long as the two connections live. Raises MoveError where one is under way."""
    free = True
    if source.dialect.name == "postgresql":
        free = bool(source.scalar(select(func.pg_try_advisory_lock_shared(_LOCK))))
    if connection.dialect.name == "postgresql":
        free = free and bool(connection.scalar(select(func.pg_try_advisory_lock(_LOCK))))
        if connection.scalar(text("SHOW server_encoding")) != "UTF8":
            raise MoveError(f"{target.shown} cannot keep every name: make the database with ENCODING 'UTF8'.")
    connection.commit()
    if not free:
        raise MoveError(f"{target.shown} is the source itself, or another move is under way there.")


def begin(connection: Connection, source: Place) -> None:
    """Say in the target that a move is under way, before anything else is written there."""
    with connection.begin():
        if not inspect(connection).has_table(PROGRESS.name):
            PROGRESS.create(connection)
        if connection.execute(select(PROGRESS)).first() is None:
            connection.execute(insert(PROGRESS), {"source": fingerprint(source), "begun_at": now()})


def migrate(settings: Settings, to: Place) -> None:
    """Bring the target to the newest schema, by the migrations that a site runs."""
    from petition_app import create_app
    from petition_app.extensions import db

    url = to.shown if to.file else to.url.render_as_string(hide_password=False)
    with create_app(dataclasses.replace(settings, database_url=url)).app_context():
        try:
            schema.upgrade()
        finally:
            db.session.remove()
            db.engine.dispose()


def keep_to_oneself(connection: Connection) -> None:
    """Let nobody read or write a SQLite file while it fills: a half-copied site cannot be served by mistake."""
    if connection.dialect.name == "sqlite":
        for pragma in ("locking_mode=EXCLUSIVE", "synchronous=NORMAL", "cache_size=-64000"):
            outside_transaction(connection, f"PRAGMA {pragma}")


def set_sequences(connection: Connection) -> None:
    """Let PostgreSQL number the next row after the last one; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    with connection.begin():
        for table in Base.metadata.sorted_tables:
            column = table.autoincrement_column
            if column is not None:
                last = connection.scalar(select(func.max(column)))
                name = connection.dialect.identifier_preparer.quote(table.name)
                sequence = func.pg_get_serial_sequence(name, column.name)
                connection.execute(select(func.setval(sequence, last or 1, last is not None)))
            connection.execute(text(f"ANALYZE {connection.dialect.identifier_preparer.quote(table.name)}"))


def finish(connection: Connection) -> None:
    """The copy is whole: from now on it is a site."""
    with connection.begin():
        PROGRESS.drop(connection)
    if connection.dialect.name == "sqlite":
        outside_transaction(connection, "PRAGMA wal_checkpoint(TRUNCATE)")


def outside_transaction(connection: Connection, pragma: str) -> Any:
    """Run a pragma of SQLite that a transaction would hinder; answers with its first value."""
    row = connection.connection.cursor().execute(pragma).fetchone()
    return row and row[0]
