"""What the tests of moving a site share: a site with something in every table, and all that a database holds."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    Table,
    insert,
    select,
)

from petition_app import create_app
from petition_app.extensions import Base
from petition_app.models import Signature
from petition_app.models.base import UTCDateTime
from petition_app.operations.move.places import Place
from petition_app.transactions import writing
from tests import rows
from tests.visitor import Visitor

ODD = "a\r\n\t\\N \"'\u200d🧑‍🚒\u0301 ف \x7f" + "é" * 20_000
KINDS = (
    (Boolean, True),
    (Integer, 1),
    (Date, date(2026, 2, 28)),
    (UTCDateTime, datetime(2026, 2, 28, 23, 59, 59, 999999, UTC)),
    (LargeBinary, b"\0\xff\n"),
    (JSON, {"b": [1, None, "é"], "a": {}}),
    (Float, 0.1),
)
Rows = dict[str, list[Any]]


def psql(url: str, statement: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[call-overload]  # statements of the tests' own
        return cursor.fetchone() if cursor.description else None


def everything(url: str) -> Rows:
    """Every row of every table, as Python sees it."""
    with Place.of(url).connect(read_only=True) as connection:
        return {
            t.name: sorted(map(tuple, connection.execute(select(t))), key=repr) for t in Base.metadata.sorted_tables
        }


def other_site(app: Flask, url: str) -> Flask:
    """The same site on another database, as it is after a restart with other settings."""
    other = create_app(dataclasses.replace(app.config["SETTINGS"], database_url=url))
    other.test_client_class = Visitor
    return other


def add_signatures(number: int) -> None:
    """More signatures, by Core, for many are wanted."""
    with writing() as session:
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        fixed = {
            "petition_id": 1, "text_id": 1, "locale": "fr", "status": "confirmed", "given_name": "Ada",
            "surname": "Exemple", "name_key": "ada exemple", "postal_code": "75011", "country": "FR", "seat": 1,
            "name_display": "full", "invalidated_reason": "", "created_at": moment, "confirmed_at": moment,
        }  # fmt: skip
        session.execute(
            insert(Signature.__table__),  # type: ignore[arg-type]
            [
                {**fixed, "key": uuid.uuid4().hex, "email": f"{uuid.uuid4()}@example.org", "mailbox": uuid.uuid4().hex}
                for _ in range(number)
            ],
        )


@contextlib.contextmanager
def silently(verb: str, table: str, total: int) -> Iterator[Callable[[int], None]]:
    yield lambda rows: None


def a_row(session: Any, table: Table) -> dict[str, Any]:
    """A row with a value of its own kind in each column, words as odd as they come."""
    return {column.name: a_value(session, table, column) for column in table.columns}


def a_value(session: Any, table: Table, column: Column[Any]) -> Any:
    length = getattr(column.type, "length", None) or 100
    return rows.a_value(session, table, column, KINDS, lambda: ODD[:length])
