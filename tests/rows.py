"""A row that any table takes: a table or a column that is added is tried without a word about it in a test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import CheckConstraint, Column, Table, select


def a_value(
    session: Any, table: Table, column: Column[Any], kinds: Iterable[tuple[Any, Any]], word: Callable[[], Any]
) -> Any:
    """A row that a foreign key can point to, the first word that a check allows, or else a value of the column's kind.

    `kinds` says which, by the type of the column; `word` is asked for where it names none that fits.
    """
    for key in column.foreign_keys:
        return session.scalar(select(key.column).limit(1))
    for check in table.constraints:
        if isinstance(check, CheckConstraint) and (
            found := re.search(rf"\b{column.name} IN \('([^']*)'", str(check.sqltext))
        ):
            return found[1]
    for kind, value in kinds:
        if isinstance(column.type, kind):
            return value
    return word()
