"""The database cannot take a signature: the signer is told, keeps what was typed, and readers go on reading."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from petition_app import transactions
from petition_app.extensions import db
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.transactions import StorageUnavailable, writing
from tests.databases import both_engines
from tests.story import ALICE, confirmed, count_is_exact, link_in, mails, sign
from tests.visitor import Visitor


@contextmanager
def read_only() -> Iterator[None]:
    """A database that takes nothing: every connection refuses to write."""
    engine = db.engine
    begin = "PRAGMA query_only={}" if engine.dialect.name == "sqlite" else None
    db.session.remove()
    engine.dispose()
    if begin:
        with engine.connect() as connection:
            connection.exec_driver_sql(begin.format("ON"))
        yield
        with engine.connect() as connection:
            connection.exec_driver_sql(begin.format("OFF"))
    else:
        _postgresql_takes_writes("on")
        yield
        db.session.remove()
        _postgresql_takes_writes("off")


def _postgresql_takes_writes(value: str) -> None:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET default_transaction_read_only TO off"))
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only TO {value}'))
    db.engine.dispose()


@both_engines
def test_the_form_comes_back_as_it_was_typed(app: Flask, client: Visitor, petition: Petition) -> None:
    with read_only():
        answer = sign(client, comment="For the <river>.", surname="Exemple-Dupré")
        reading = client.get("/fr/petitions/clean-water")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "ne peut pas prendre de signatures" in page
    assert 'value="Exemple-Dupré"' in page
    assert "For the &lt;river&gt;." in page
    assert reading.status_code == 200
    assert db.session.query(Signature).count() == db.session.query(OutboxMessage).count() == 0
    assert sign(client, comment="For the <river>.").status_code == 303, "without a restart"


@both_engines
def test_a_confirmation_can_be_sent_again(app: Flask, client: Visitor, petition: Petition) -> None:
    petition_id = petition.id
    sign(client)
    link = link_in(mails(app)[0])
    shown = re.search(r'name="shown" value="(\w+)"', client.get(link).get_data(as_text=True))
    assert shown
    with read_only():
        answer = client.post(link, data={"shown": shown[1]})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert f'action="{link}"' in page
    assert f'name="shown" value="{shown[1]}"' in page
    assert count_is_exact(petition_id) == 0
    assert client.post(link).status_code == 303
    assert count_is_exact(petition_id) == 1


def test_nothing_of_a_database_that_is_gone_is_asked(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where not even the petition can be read, the page holds what was sent, to be sent again."""

    def gone(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("server closed the connection; password=secret"))

    monkeypatch.setattr(Petition, "by_slug", gone)
    answer = sign(client, surname='Ex"emple')
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert 'name="surname" value="Ex&#34;emple"' in page
    assert 'name="email" value="alice@example.org"' in page
    assert "secret" not in page
    assert client.get("/fr/petitions/clean-water").status_code == 503


def test_htmx_shows_it_in_place_of_the_form_and_leaves_the_live_numbers(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    with read_only():
        posted = client.post("/fr/petitions/clean-water/signatures", data=ALICE, headers={"HX-Request": "true"})
    assert (posted.status_code, posted.headers["HX-Reswap"]) == (503, "outerHTML")
    assert re.match(r'<section[^>]* id="sign"', posted.get_data(as_text=True).strip())

    def gone(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(Petition, "by_slug", gone)
    polled = client.get("/fr/petitions/clean-water/live", headers={"HX-Request": "true"})
    assert (polled.status_code, polled.headers["HX-Reswap"]) == (503, "none")


def test_readers_are_answered_while_writers_are_held_up(app: Flask, client: Visitor, petition: Petition) -> None:
    """Another program holds the lock: two threads wait for it, whoever else wants to write is told at once."""
    confirmed(app, client)
    held, go = threading.Event(), threading.Event()
    ends: list[object] = []

    def hold() -> None:
        with app.app_context(), writing():
            held.set()
            go.wait(30)

    def wait() -> None:
        with app.app_context():
            try:
                with writing():
                    ends.append("written")
            except StorageUnavailable as error:
                ends.append(error)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    first = threading.Thread(target=wait)
    first.start()
    _wait_until_held_up()
    assert sign(client, email="bob@example.org").status_code == 503
    assert client.get("/fr/petitions/clean-water").status_code == 200
    go.set()
    for thread in (holder, first):
        thread.join(30)
    assert ends == ["written"]
    assert sign(client, email="bob@example.org").status_code == 303


def _wait_until_held_up() -> None:
    pause = threading.Event()
    while True:
        lines = list(transactions._lines.values())
        if any(line.is_held_up for line in lines):
            return
        pause.wait(0.05)
