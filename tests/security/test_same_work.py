"""What the time of an answer could tell: the work that is done is the same, whoever is asked about.

No clock is read here: what is counted is what takes time, which is password hashes, statements and waits for the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from petition_app.admin import passwords
from petition_app.extensions import db
from petition_app.models import OutboxMessage, Petition
from petition_app.models.base import now
from tests.admin.desk import Desk, make_member
from tests.story import ALICE, confirmed, sign
from tests.visitor import Visitor


@pytest.fixture
def work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the database and the hash function are asked, in order."""
    done: list[str] = []

    def statement(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        done.append(" ".join(text.split())[:60])

    def commit(_connection: Any) -> None:
        done.append("COMMIT")

    verify = passwords.is_right

    def is_right(*arguments: Any) -> bool:
        done.append("HASH")
        return verify(*arguments)

    monkeypatch.setattr(passwords, "is_right", is_right)
    event.listen(db.engine, "before_cursor_execute", statement)
    event.listen(db.engine, "commit", commit)
    yield done
    event.remove(db.engine, "before_cursor_execute", statement)
    event.remove(db.engine, "commit", commit)


@pytest.mark.parametrize("variables", [{"PETITION_ABUSE_CONTROLS": "on"}])
def test_the_door_does_the_same_for_everybody_whom_it_refuses(app: Flask, charlie: Desk, work: list[str]) -> None:
    make_member("editor", name="Bob")
    make_member("editor", name="Gone", disabled_at=now())
    charlie.get("/admin/sign-in?lang=en")
    seen = []
    for email in ("bob@example.org", "gone@example.org", "nobody@example.org"):
        work.clear()
        assert charlie.send("/admin/sign-in", email=email, password="not the password").status_code == 422
        seen.append(list(work))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0].count("HASH") == 1
    assert seen[0].count("COMMIT") >= 1, "the try was counted"


def test_a_forgotten_password_is_as_much_work_for_nobody(app: Flask, charlie: Desk, work: list[str]) -> None:
    """The same number of waits for the disk; and the same answer."""
    make_member("editor", name="Bob")
    charlie.get("/admin/sign-in?lang=en")
    seen = []
    for email in ("bob@example.org", "nobody@example.org"):
        work.clear()
        response = charlie.send("/admin/new-password", email=email)
        seen.append((response.status_code, response.location, work.count("COMMIT")))
    assert seen[0] == seen[1]


def test_signing_tells_nobody_whether_the_address_has_signed(
    app: Flask, client: Visitor, petition: Petition, work: list[str]
) -> None:
    """The same answer to the letter, one wait for the disk, and a mail each; what is done within that one transaction
    is counted in test_same_work_of_signing.py.
    """
    confirmed(app, client)
    answers, commits, queued = [], [], []
    for fields in (
        {"email": "new@example.org", "given_name": "Nina"},
        ALICE,
        {**ALICE, "given_name": "Another", "surname": "Name"},
        {"email": "new@example.org", "given_name": "Nina"},
    ):
        before = db.session.query(OutboxMessage).count()
        db.session.rollback()
        work.clear()
        response = sign(client, **fields)
        statements = [done for done in work if done.startswith(("INSERT", "UPDATE", "DELETE", "COMMIT"))]
        answers.append((response.status_code, response.location, response.data, sorted(response.headers.keys())))
        commits.append(statements.count("COMMIT"))
        queued.append(db.session.query(OutboxMessage).count() - before)
    assert all(answer == answers[0] for answer in answers)
    assert set(commits) == {commits[0]}
    assert queued[:3] == [1, 1, 1], "to a mailbox whose link was just sent, it is not sent again at once"
