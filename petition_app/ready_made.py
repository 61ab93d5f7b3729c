"""Statements that every signer asks, as the driver takes them: SQLAlchemy's way to it takes longer than SQLite itself.

Such a statement is compiled once. Then only its values are put in order and made what the driver knows, by the types of
its columns. What it returns is as the driver has it: a moment would be a text on SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Connection, CursorResult, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

Processor = Callable[[Any], Any]


class ReadyMade:
    """A statement whose parameters each are one value, not a list.

    `columns` are those that an INSERT is given; the others have their defaults.
    """

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement, self._columns = statement, columns
        self._by_dialect: dict[str, _Text] = {}

    def execute(self, connection: Connection, row: Mapping[str, Any]) -> CursorResult[Any]:
        """Run it with these values. Raises KeyError where one is missing, and SQLAlchemy's errors as `execute` does."""
        found = self._by_dialect.get(connection.dialect.name)
        if found is None:
            found = _compiled(self._statement, connection.dialect, self._columns)
            self._by_dialect[connection.dialect.name] = found
        return connection.exec_driver_sql(found.text, found.values(row))

    def insert(self, connection: Connection, row: Mapping[str, Any]) -> int:
        """The same for one row; answers with its key."""
        inserted = self.execute(connection, row)
        return int(inserted.lastrowid if connection.dialect.name == "sqlite" else inserted.scalar_one())


@dataclass(frozen=True)
class _Value:
    """A parameter: where its value comes from, and what makes it one of the driver's."""

    name: str
    is_named: bool  # it must be in the row; else what the statement itself has, or a column's default, stands for it
    constant: Any
    default: Processor | None  # what makes it anew, given nothing
    process: Processor | None

    def of(self, row: Mapping[str, Any]) -> Any:
        if self.is_named or self.name in row:
            value = row[self.name]
        elif self.default is not None:
            value = self.default(None)
        else:
            value = self.constant
        return value if self.process is None else self.process(value)


@dataclass(frozen=True)
class _Text:
    text: str
    parameters: tuple[_Value, ...]
    is_positional: bool

    def values(self, row: Mapping[str, Any]) -> Any:
        if self.is_positional:
            return tuple([parameter.of(row) for parameter in self.parameters])
        return {parameter.name: parameter.of(row) for parameter in self.parameters}


def _compiled(statement: ClauseElement, dialect: Dialect, columns: Sequence[str] | None) -> _Text:
    compiled = statement.compile(dialect=dialect, column_keys=columns)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101  # DDL has no parameters
    defaults: dict[str, Any] = {column.key: column.default for column in compiled.insert_prefetch}
    defaults |= {column.key: column.onupdate for column in compiled.update_prefetch}
    names = compiled.positiontup if compiled.positional else list(compiled.bind_names.values())
    parameters = []
    for name in names or ():
        bound = compiled.binds[name]
        process = bound.type.dialect_impl(dialect).bind_processor(dialect)
        default = defaults.get(name)
        constant = default.arg if default is not None and default.is_scalar else bound.value
        made = default.arg if default is not None and default.is_callable else None
        parameters.append(_Value(name, bound.required, constant, made, process))
    return _Text(str(compiled), tuple(parameters), compiled.positional)
