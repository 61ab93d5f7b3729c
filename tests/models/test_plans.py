"""Every statement of the hot routes and of the regular jobs finds its rows by an index, on both engines."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from petition_app.exports import rows
from petition_app.extensions import db
from petition_app.operations import demo
from petition_app.statistics import counting
from petition_app.updates import recipients
from tests.databases import both_engines
from tests.models.grown_site import SIGNATURES, crowd
from tests.models.walks import signers, team, worker
from tests.plans import Recorder, Statement, complaints, faults
from tests.visitor import Visitor

__all__ = ["crowd"]


@pytest.fixture
def variables() -> dict[str, str]:
    """With rate limits and the pacing of mails: they ask the database, too."""
    return {"PETITION_ABUSE_CONTROLS": "on"}


@both_engines
@pytest.mark.usefixtures("crowd")
def test_every_statement_finds_its_rows_by_an_index(
    app: Flask, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rows, counting):  # a batch is a small part of a large petition
        monkeypatch.setattr(module, "BATCH", 50)
    monkeypatch.setattr(recipients, "WINDOW", 50)
    monkeypatch.setattr(recipients, "LARGE_WINDOW", 50)
    with Recorder().listening(db.engine) as recorder:
        signers.read(client, recorder)
        signers.sign_and_leave(app, client, recorder)
        team.moderate(app, client, recorder)
        signers.ask_for_more(app, client, recorder)
        team.put_into_another_language(app, recorder)
        team.tell(app, client, recorder)
        team.answer_letters(app, recorder)
        worker.work(app, recorder)
        worker.forget(recorder)
    # Nothing that was listed has slipped through the recorder.
    assert len(recorder.statements) > 60
    if found := complaints(recorder):
        pytest.fail(found, pytrace=False)  # whole: an assertion would cut it short


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_new_petition_is_not_read_whole_for_each_signer(app: Flask, client: Visitor) -> None:
    """For a minute, PostgreSQL knows nothing of new tables, and all indexes cost it the same."""
    demo.load()
    demo.add_signatures(SIGNATURES, lambda _done: None)
    with Recorder().listening(db.engine) as recorder:
        signers.sign_and_leave(app, client, recorder)
    if found := complaints(recorder):
        pytest.fail(found, pytrace=False)


BAD = {
    "reads all of signatures": "SELECT id FROM signatures WHERE given_name = 'Alice'",
    "reads all of outbox_messages": "UPDATE outbox_messages SET attempts = 1 WHERE recipient = 'nobody'",
    "reads all of comments by": "SELECT id FROM comments ORDER BY id LIMIT 5",
    "sorts rows": "SELECT id FROM signatures WHERE petition_id = 1 AND mailbox > 'a' ORDER BY given_name",
    "reads all signatures of a petition": "SELECT surname FROM signatures WHERE petition_id = 1",
    "OFFSET": "SELECT id FROM signatures WHERE id > 5 ORDER BY id LIMIT 5 OFFSET 5",
    "count() over signatures": "SELECT count(*) FROM signatures WHERE petition_id = 1 AND mailbox > ''",
}


@both_engines
@pytest.mark.usefixtures("crowd")
def test_bad_statements_are_refused_with_their_plan(app: Flask) -> None:
    """The check itself is checked: one statement for each rule, told with its route, text and plan."""
    with db.engine.connect() as connection:
        for reason, bad in BAD.items():
            said = faults(connection, Statement("some route", bad, ()))
            wanted = reason
            if connection.dialect.name == "sqlite" and reason == "reads all of comments by":
                wanted = "reads all of comments"
            assert re.search(rf"some route:.*! [^\n]*{re.escape(wanted)}", said, re.S), (reason, said)
            assert bad in said
            assert "plan:" in said
            assert re.search(r"SCAN|SEARCH|Scan", said)
