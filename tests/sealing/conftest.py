"""What tests of sealing stand on: a site that seals, its passphrase, and all that its database holds as bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from petition_app.config import Settings
from petition_app.extensions import Base, db
from petition_app.models.base import now
from petition_app.sealing import boxes, converting, turning_on
from petition_app.sealing.handing_over import Receiver
from petition_app.sealing.turning_on import NewKeys
from petition_app.site import effective
from petition_app.transactions import writing

# The fixtures of other tests serve here as well.
from tests.admin.conftest import alice, as_member, quick_passwords
from tests.updates.conftest import Memory, make_crowd, make_signature, make_update, smtp, start_smtp

__all__ = [
    "Memory",
    "alice",
    "as_member",
    "make_crowd",
    "make_signature",
    "make_update",
    "quick_passwords",
    "smtp",
    "start_smtp",
]

PASSPHRASE = "four green herons dance"  # noqa: S105  # made up


@pytest.fixture(autouse=True)
def quick_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same function with less work."""
    monkeypatch.setattr(boxes, "PASSES", 1)
    monkeypatch.setattr(boxes, "MEMORY", 2**16)


@pytest.fixture
def variables(engine: str) -> dict[str, str]:
    return {"PETITION_MAILBOX_KEY": "k" * 40} if engine == "postgresql" else {}


@pytest.fixture
def seal(app: Flask) -> Callable[[], NewKeys]:
    """`seal()` turns it on, as the screen does; what is there already is yet to be converted."""

    def turn_on() -> NewKeys:
        keys = NewKeys.make(PASSPHRASE)
        with writing() as session:
            turning_on.turn_on(session, keys, now())
        effective.look(at_once=True)
        return keys

    return turn_on


@pytest.fixture
def sealed(seal: Callable[[], NewKeys]) -> NewKeys:
    """A site that seals from the beginning, and has converted what there was: nothing."""
    keys = seal()
    convert()
    return keys


def convert() -> None:
    """What the worker does in some minutes."""
    for _round in range(20):
        if converting.advance(now() + timedelta(minutes=5), seconds=30):
            return
    raise AssertionError("the conversion comes to no end")


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    """A worker that lives, in this very process."""
    receiver = Receiver()
    receiver.attend()
    yield receiver
    receiver.close()


def everything(settings: Settings) -> bytes:
    """All bytes of a SQLite database, its log too; or all rows of a PostgreSQL one."""
    db.session.rollback()
    if settings.on_sqlite:
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        files = sorted(settings.data_dir.glob("petition.sqlite3*"))
        return b"".join(file.read_bytes() for file in files)
    rows: list[str] = []
    for table in Base.metadata.sorted_tables:
        found = db.session.execute(text(f'SELECT t::text FROM "{table.name}" t'))  # noqa: S608  # our own tables
        rows += found.scalars()
    db.session.rollback()
    return "\n".join(rows).encode()
