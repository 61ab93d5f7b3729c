"""A statement that is ready-made does what SQLAlchemy's own way to the driver does."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, create_engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from petition_app.extensions import db
from petition_app.mail.rows import INSERT
from petition_app.models import OutboxMessage
from petition_app.ready_made import ReadyMade
from petition_app.transactions import writing
from tests.databases import both_engines

AT = datetime(2026, 3, 4, 5, 6, 7, 8, timezone(timedelta(hours=2)))
MAIL = {
    "kind": "test",
    "priority": 1,
    "locale": "fr",
    "recipient": "ada@example.org",
    "mailbox": "100%:ada@example.org",
    "message_id": "<one@localhost>",
    "created_at": AT,
    "due_at": AT,
}


@both_engines
def test_a_row_stands_as_if_it_were_written_the_usual_way(app: Flask) -> None:
    with writing() as session:
        ready = ReadyMade(INSERT, tuple(MAIL)).insert(session.connection(), MAIL)
        usual = session.connection().execute(INSERT, {**MAIL, "message_id": "<two@localhost>"}).inserted_primary_key
    assert usual is not None
    assert _row(ready) == _row(usual[0])
    assert _row(ready)["created_at"] == AT.astimezone(UTC)


@both_engines
def test_it_tells_how_many_rows_it_has_changed_and_takes_constants_as_they_stand(app: Flask) -> None:
    change = (
        update(OutboxMessage).where(OutboxMessage.mailbox == bindparam("whose")).values(attempts=7, last_error="5 %")
    )
    with writing() as session:
        mail_id = ReadyMade(INSERT, tuple(MAIL)).insert(session.connection(), MAIL)
        ready = ReadyMade(change)
        assert ready.execute(session.connection(), {"whose": MAIL["mailbox"]}).rowcount == 1
        assert ready.execute(session.connection(), {"whose": "nobody"}).rowcount == 0
    assert (_row(mail_id)["attempts"], _row(mail_id)["last_error"]) == (7, "5 %")


@both_engines
def test_what_is_missing_or_taken_is_told_as_elsewhere(app: Flask) -> None:
    ready = ReadyMade(insert(OutboxMessage.__table__), tuple(MAIL))  # type: ignore[arg-type]
    with pytest.raises(KeyError), writing() as session:
        ready.execute(session.connection(), {"kind": "test"})
    for expected in (contextlib.nullcontext(), pytest.raises(IntegrityError)):
        with expected, writing() as session:
            ready.execute(session.connection(), MAIL)


def test_what_a_statement_or_a_column_has_by_itself_is_taken_where_nothing_else_is_given() -> None:
    table = Table(
        "things",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("size", Integer, default=lambda: 3),
        Column("changes", Integer, onupdate=lambda: 8),
        Column("state", String(9), onupdate="changed"),
    )
    grow = ReadyMade(update(table).where(table.c.id == bindparam("which", 1)).values(size=table.c.size + 1))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        for row in ({"id": 1}, {"id": 2, "size": 20}, {"id": 3}):
            ReadyMade(insert(table), ("id",)).execute(connection, row)
        grow.execute(connection, {})
        grow.execute(connection, {"which": 2})
        found = connection.execute(select(table).order_by(table.c.id)).all()
    assert [tuple(row) for row in found] == [(1, 4, 8, "changed"), (2, 21, 8, "changed"), (3, 3, None, None)]


def _row(mail_id: int) -> dict[str, object]:
    """All of it but what is each row's own."""
    table = OutboxMessage.__table__
    row = db.session.execute(select(table).where(table.c.id == mail_id)).mappings().one()
    return {name: value for name, value in row.items() if name not in ("id", "message_id")}
