"""A whole site from one database to another, and proof that it arrived.

The source is read in one read transaction, so the copy is the site as of one moment. Tables go in the order of their
foreign keys, each in the order of its primary key, a batch a transaction: what is there after an interruption is the
beginning of the source, and is compared with it, row by row, before the rest follows. A table that differs (the source
went on in between) is taken out with those that refer to it, and copied anew. At the end all rows of the target are
read once more and their number and checksum compared with the source's; and the source must be what it was when the
move began. Only then is the target a site.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection, Table, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from petition_app.config import Settings
from petition_app.extensions import Base
from petition_app.operations import schema
from petition_app.operations.move import rows, target
from petition_app.operations.move.places import MoveError, Place
from petition_app.operations.move.rows import Checksum

__all__ = ["MoveError", "Moved", "move"]

Advance = Callable[[int], None]
# Shows that something is done to so many rows: `with show("copy", "signatures", 2_000_000) as advance: advance(5_000)`.
Show = Callable[[str, str, int], AbstractContextManager[Advance]]


@dataclass(frozen=True)
class Moved:
    """What arrived: the checksum of each table by its name, where it lies, and whether the move had begun before."""

    tables: dict[str, Checksum]
    source: Place
    target: Place
    was_resumed: bool


def move(settings: Settings, to: str, show: Show) -> Moved:
    """Copy the site into the database that the URL names. Raises MoveError; the source is never changed."""
    import petition_app.models  # noqa: F401  # fills the metadata

    here, there = Place.of(settings.database_url), Place.of(to)
    if here.identity == there.identity:
        raise MoveError("That is the database that the site runs on already.")
    try:
        return _move(settings, here, there, show)
    except SQLAlchemyError as error:
        raise MoveError(f"The databases cannot be used: {there.sentence(error)}") from error


def _move(settings: Settings, here: Place, there: Place, show: Show) -> Moved:
    with contextlib.ExitStack() as stack:
        watch = stack.enter_context(here.connect(read_only=True)) if here.file else None
        version = _data_version(watch)
        source = stack.enter_context(here.connect(read_only=True))
        _check_schema(source)
        if there.file is None or there.file.exists():
            with there.connect(read_only=True) as connection:
                target.examine(connection, here, there)
        target.make_file(there)
        filled = stack.enter_context(there.connect(read_only=False))
        target.lock(filled, source, there)
        was_resumed = target.examine(filled, here, there)
        filled.rollback()
        target.begin(filled, here)
        target.migrate(settings, there)
        target.keep_to_oneself(filled)
        sums = {table.name: _copy(source, filled, there, table, show) for table in Base.metadata.sorted_tables}
        target.set_sequences(filled)
        verify(filled, sums, show)
        if watch is None:  # a second look at PostgreSQL is a connection of now
            watch = stack.enter_context(here.connect(read_only=True))
        _check_unchanged(watch, version, sums, show)
        target.finish(filled)
    return Moved(sums, here, there, was_resumed)


def _check_schema(source: Connection) -> None:
    tables = inspect(source).get_table_names()
    found = source.scalars(select(target.VERSIONS)).first() if target.VERSIONS.name in tables else None
    if target.PROGRESS.name in tables:
        raise MoveError("The source is itself the target of a move that was interrupted: finish that one first.")
    if found is None:
        raise MoveError("There is no site in the source. Run the command with the settings of the site.")
    if found != schema.newest_revision():
        raise MoveError("The source has another version's schema. Run “petition upgrade” first.")


def _copy(source: Connection, filled: Connection, there: Place, table: Table, show: Show) -> Checksum:
    """Bring a table of the target to what the source holds; answers with the source's checksum."""
    total = rows.count(source, table)
    try:
        with show("copy", table.name, total) as advance:
            return _copy_on(source, filled, there, table, advance)
    except _Differs:
        rows.take_out(filled, table)
    with show("copy again", table.name, total) as advance:
        return _copy_on(source, filled, there, table, advance)


class _Differs(Exception):
    """What the target holds of a table is not the beginning of what the source holds."""


def _copy_on(source: Connection, filled: Connection, there: Place, table: Table, advance: Advance) -> Checksum:
    """Compare what is there, and write what is not. Raises _Differs."""
    total, present = Checksum(), _present(filled, table)
    for batch in rows.read(source, table):
        held = next(present, [])
        if held != batch[: len(held)]:
            present.close()
            raise _Differs
        total.add(batch)
        if len(held) < len(batch):
            present.close()
            rows.write(filled, there, table, batch[len(held) :])
        advance(len(batch))
    is_longer = next(present, None) is not None
    present.close()
    if is_longer:
        raise _Differs
    return total


def _present(filled: Connection, table: Table) -> Generator[list[rows.Row], None, None]:
    with filled.begin():
        yield from rows.read(filled, table)


def verify(filled: Connection, sums: dict[str, Checksum], show: Show) -> None:
    """Read the whole target once more, as of one moment. Raises MoveError, which names the table that differs."""
    with filled.begin():
        if filled.dialect.name == "postgresql":
            filled.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        for table in Base.metadata.sorted_tables:
            found, expected = _sum(filled, table, sums[table.name].rows, show, "check"), sums[table.name]
            if found != expected:
                raise MoveError(
                    f"The copy is not the source: the table {table.name} has {found.rows} rows with the checksum "
                    f"{found.hex[:12]} there, {expected.rows} with {expected.hex[:12]} here. Let nothing else write "
                    "there, and run the same command again: it mends what differs."
                )
        if filled.scalars(select(target.VERSIONS)).all() != [schema.newest_revision()]:
            raise MoveError("The copy is not the source: the table alembic_version differs.")


def _sum(connection: Connection, table: Table, expected: int, show: Show, verb: str) -> Checksum:
    total = Checksum()
    with show(verb, table.name, expected) as advance:
        for batch in rows.read(connection, table):
            total.add(batch)
            advance(len(batch))
    return total


def _data_version(watch: Connection | None) -> int | None:
    """SQLite's number that changes, as one connection sees it, with every commit of another; PostgreSQL has none."""
    if watch is None:
        return None
    return int(target.outside_transaction(watch, "PRAGMA data_version"))


def _check_unchanged(watch: Connection, version: int | None, sums: dict[str, Checksum], show: Show) -> None:
    """The source is still what was copied. Raises MoveError where somebody has written to it since."""
    if version is not None:
        changed = _data_version(watch) != version
    else:
        tables = Base.metadata.sorted_tables
        changed = any(
            _sum(watch, table, sums[table.name].rows, show, "compare") != sums[table.name] for table in tables
        )
    if changed:
        raise MoveError(
            "The site was written to while it was copied: what was signed since is not in the copy. Stop the site "
            "(the server and every worker) and run the same command again: it brings the copy up to date."
        )
