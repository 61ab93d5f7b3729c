"""The rows of one table: read in the order of the key, summed up, written, taken out again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection, LargeBinary, String, Table, collate, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from petition_app.operations.move.places import MoveError, Place

Row = tuple[Any, ...]

# What is held in memory at once, and committed at once. A file is megabytes where other rows are bytes.
BATCH, BATCH_OF_FILES = 5_000, 8


class Checksum:
    """How many rows a table has, and the SHA-256 of their canonical text: JSON, in the order of the key.

    It does not depend on how the rows are parted into batches, nor on the engine that they come from.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sha256 = hashlib.sha256()

    def add(self, rows: Sequence[Row]) -> None:
        if rows:
            self.rows += len(rows)
            listed = json.dumps(rows, default=_as_text, separators=(",", ":"), sort_keys=True)
            self._sha256.update(listed[1:-1].encode("ascii") + b",")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Checksum) and (self.rows, self.hex) == (other.rows, other.hex)

    def __hash__(self) -> int:
        return hash((self.rows, self.hex))

    @property
    def hex(self) -> str:
        return self._sha256.hexdigest()


def _as_text(value: object) -> str:
    """What JSON has no form for. Moments come in UTC from the column's own type."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else str(value)


def count(connection: Connection, table: Table) -> int:
    return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def read(connection: Connection, table: Table) -> Iterator[list[Row]]:
    """All rows in batches, in the order of the primary key, which is the same on both engines.

    One ordered query, read as it is needed: no batch is looked for anew. Raises MoveError for what cannot be read.
    """
    has_files = any(isinstance(column.type, LargeBinary) for column in table.columns)
    size = BATCH_OF_FILES if has_files else BATCH
    try:
        result = connection.execute(
            select(table).order_by(*_key(connection, table)), execution_options={"yield_per": size}
        )
        for batch in result.partitions():
            yield [tuple(row) for row in batch]
    except (ValueError, TypeError) as error:  # a moment or a number that is none: SQLite keeps whatever it was given
        raise MoveError(f"The table {table.name} holds a value that cannot be read: {type(error).__name__}.") from error


def _key(connection: Connection, table: Table) -> list[Any]:
    """PostgreSQL orders text as a language does, unless it is told to go by the bytes, as SQLite does."""
    if connection.dialect.name == "sqlite":
        return list(table.primary_key)
    return [collate(column, "C") if isinstance(column.type, String) else column for column in table.primary_key]


def write(connection: Connection, place: Place, table: Table, rows: list[Row]) -> None:
    """Insert rows, all of them or none. Raises MoveError, which names the row that the database refuses."""
    insert_rows = _copy_in if connection.dialect.name == "postgresql" else _insert
    refused = (DBAPIError, connection.dialect.loaded_dbapi.Error)
    try:
        with connection.begin():
            insert_rows(connection, table, rows)
        return
    except refused as error:
        if _is_lost(connection):
            raise MoveError(
                f"The connection to {place.shown} was lost: {place.sentence(error)} Run the same command again: it "
                "goes on from there."
            ) from error
    _name_the_refused(connection, place, table, rows, lambda part: insert_rows(connection, table, part), refused)


def _is_lost(connection: Connection) -> bool:
    driver = None if connection.invalidated else connection.connection.dbapi_connection
    return driver is None or bool(getattr(driver, "closed", False))


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    names = [column.name for column in table.columns]
    connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])


def _copy_in(connection: Connection, table: Table, rows: list[Row]) -> None:
    """PostgreSQL's COPY, several times as fast as INSERT."""
    dialect = connection.dialect
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in table.columns)
    processors = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns]
    changed = [(index, processor) for index, processor in enumerate(processors) if processor]
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy:
        for row in rows:
            values = list(row)
            for index, processor in changed:
                values[index] = processor(values[index])
            copy.write_row(values)


def _name_the_refused(
    connection: Connection,
    place: Place,
    table: Table,
    rows: list[Row],
    insert_rows: Callable[[list[Row]], None],
    refused: tuple[type[Exception], ...],
) -> None:
    """Find the first row that the database refuses, by halves, and raise MoveError with its key and the reason."""
    while rows:
        part = rows[: (len(rows) + 1) // 2]
        try:
            with connection.begin():
                insert_rows(part)
        except refused as error:
            if len(part) == 1:
                raise _refusal(place, table, part[0], error) from None
            rows = part
        else:
            rows = rows[len(part) :]
    raise MoveError(f"{place.shown} refused rows of the table {table.name} once. Run the same command again.")


def _refusal(place: Place, table: Table, row: Row, error: Exception) -> MoveError:
    key = ", ".join(f"{column.name}={row[list(table.columns).index(column)]}" for column in table.primary_key)
    why = _nul_in(table, row) or f"{place.sentence(error)}{_column_of(error)}"
    return MoveError(
        f"The row {key} of the table {table.name} is refused by {place.shown}: {why} Correct it in the source, then "
        "run the same command again: it goes on from there."
    )


def _nul_in(table: Table, row: Row) -> str:
    for column, value in zip(table.columns, row, strict=True):
        if isinstance(value, str) and "\0" in value:
            return f"its {column.name} holds a NUL character, which PostgreSQL cannot keep."
    return ""


def _column_of(error: Exception) -> str:
    """The column that PostgreSQL names beside its reason; the value that stands there too is left out."""
    context = getattr(getattr(error, "diag", None), "context", None) or ""
    found = re.search(r"^COPY \w+, line \d+, column (\w+)", context)
    return f" (Column: {found[1]}.)" if found else ""


def take_out(connection: Connection, table: Table) -> None:
    """Empty a table of the target, and those that refer to it."""
    doomed = [table]
    for other in table.metadata.sorted_tables:
        if other is not table and any(key.column.table in doomed for key in other.foreign_keys):
            doomed.append(other)
    with connection.begin():
        if connection.dialect.name == "postgresql":
            quote = connection.dialect.identifier_preparer.quote
            connection.execute(text(f"TRUNCATE {', '.join(quote(each.name) for each in doomed)}"))
            return
        for each in reversed(doomed):
            connection.execute(each.delete())
