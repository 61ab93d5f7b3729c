"""A crowd that is written without its indexes has them in the end, and where it breaks off nothing has happened."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from petition_app.extensions import db
from petition_app.models import Petition
from petition_app.models.counter import confirmed_count
from petition_app.operations.demo import crowd
from petition_app.operations.demo.crowd import add_signatures
from tests.visitor import Visitor

PAGE = "/fr/petitions/clean-water"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("BATCH", 10), ("MOST_AT_ONCE", 1_000), ("POOL", 50)):
        monkeypatch.setattr(crowd, name, size)


def indexes() -> set[tuple[str, str]]:
    found = {(row.name, row.sql) for row in db.session.execute(text("SELECT name, sql FROM sqlite_master"))}
    db.session.rollback()
    return found


def test_a_crowd_has_its_indexes_and_readers_read_on_meanwhile(app: Flask, client: Visitor, petition: Petition) -> None:
    def read(_done: int) -> None:
        app.extensions["page_layer"].drop()
        with ThreadPoolExecutor(1) as pool:
            page = pool.submit(client.get, PAGE).result(20).get_data(as_text=True)
        assert 'data-count="0"' in page

    before = indexes()
    add_signatures(petition, 35, read)
    assert indexes() == before
    assert confirmed_count(petition.id) == 35
    assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"
    assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
    # What its rows were not held to, because they are made of our own words, all others are.
    with pytest.raises(IntegrityError, match="CHECK"):
        db.session.execute(text("UPDATE signatures SET status = 'lost'"))
    db.session.rollback()


def test_one_that_breaks_off_leaves_all_as_it_was(petition: Petition, monkeypatch: pytest.MonkeyPatch) -> None:
    before, petition_id = indexes(), petition.id

    def break_off(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_signatures(petition, 35, break_off)
    assert (indexes(), confirmed_count(petition_id)) == (before, 0)
    db.session.rollback()
    # What a unique index refuses is found at the very end, when that is made.
    monkeypatch.setattr(crowd, "name_key", lambda *_name: "one")
    write = crowd._write

    def twice_in_a_mailbox(session: object, *rest: object) -> None:
        write(session, *rest)  # type: ignore[arg-type]
        session.execute(text("UPDATE signatures SET mailbox = 'one@example.org', seat = id"))  # type: ignore[attr-defined]

    monkeypatch.setattr(crowd, "_write", twice_in_a_mailbox)
    with pytest.raises(IntegrityError):
        add_signatures(petition, 35)
    assert (indexes(), confirmed_count(petition_id)) == (before, 0)
