"""“I lost my link”: the links of all that was signed with an address, mailed there; nobody learns who has signed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event

from petition_app.extensions import db
from petition_app.models import OutboxMessage, Petition
from petition_app.models.base import now
from tests.databases import both_engines
from tests.story import BOB, CHARLIE, confirmed, mails_to, sign
from tests.visitor import Visitor

PAGE = "/en/lost-link"


@pytest.fixture
def variables() -> dict[str, str]:
    """With rate limits and the pacing of mails."""
    return {"PETITION_ABUSE_CONTROLS": "on"}


def links_in_last_mail(app: Flask, address: str) -> list[str]:
    part = mails_to(app, address)[-1].get_body(("plain",))
    assert part is not None
    return re.findall(r"https?://[^/\s]+(/\S+)", part.get_content())


@both_engines
def test_all_links_come_whatever_became_of_the_signatures(
    app: Flask, client: Visitor, make_petition: Callable[..., Petition]
) -> None:
    make_petition("clean-water")
    make_petition("clean-air")
    with time_machine.travel(now() - timedelta(days=3)):
        first = confirmed(app, client)
    with time_machine.travel(now() - timedelta(days=2)):
        second = confirmed(app, client, slug="clean-air")
        client.post(f"{second}/withdrawal")
    with time_machine.travel(now() - timedelta(days=1)):
        sign(client, given_name="Ada", slug="clean-air")
        mails_to(app, "alice@example.org")
    answer = client.post(PAGE, data={"email": "  Alice@Example.org "})
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/sent")
    links = links_in_last_mail(app, "alice@example.org")
    assert len(links) == 3
    tails = {link.rpartition("/")[2].partition(".")[0] for link in links}
    assert {path.rpartition("/")[2].partition(".")[0] for path in (first, second)} <= tails
    for link in links:
        assert client.get(link).status_code == 200


@both_engines
def test_the_answer_and_the_work_are_the_same_for_everybody(app: Flask, client: Visitor, petition: Petition) -> None:
    with time_machine.travel(now() - timedelta(days=3)):
        confirmed(app, client)
        confirmed(app, client, **BOB)
    told, asked = [], []
    for address in ("alice@example.org", "charlie@example.org", "bob@example.org", "nobody@example.org"):
        with statements() as sent:
            answer = client.post(PAGE, data={"email": address})
        told.append((answer.status_code, answer.location, answer.data, sorted(dict(answer.headers).items())))
        asked.append([re.sub(r"\s+", " ", text) for text in sent])
    assert all(each == told[0] for each in told)
    # The time is the same because the work is: nothing is looked up that depends on who has signed.
    assert all(each == asked[0] for each in asked)
    assert not [text for text in asked[0] if text.startswith("SELECT") and "FROM signatures" in text]
    assert mails_to(app, "charlie@example.org") == []
    assert mails_to(app, "nobody@example.org") == []
    assert {mail.status for mail in db.session.query(OutboxMessage).filter_by(kind="lost_links")} == {"sent", "dropped"}


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked in the block."""
    sent: list[str] = []

    def keep(_connection: object, _cursor: object, text: str, *_more: object) -> None:
        sent.append(text)

    event.listen(db.engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", keep)


def test_nobody_can_be_flooded_by_it(app: Flask, client: Visitor, petition: Petition) -> None:
    with time_machine.travel(now() - timedelta(days=3)):
        confirmed(app, client)
    for _again in range(3):
        client.post(PAGE, data={"email": "alice@example.org"})
        mails_to(app, "alice@example.org")
    assert db.session.query(OutboxMessage).filter_by(kind="lost_links").count() == 1


def test_one_connection_asks_so_often_and_no_more(app: Flask, client: Visitor, petition: Petition) -> None:
    answers = [client.post(PAGE, data={"email": f"a{number}@example.org"}) for number in range(12)]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429] * 2
    assert answers[-1].headers["Retry-After"]
    page = answers[-1].get_data(as_text=True)
    assert 'value="a11@example.org"' in page
    assert "from your connection" in page


def test_what_is_no_address_comes_back(client: Visitor) -> None:
    assert client.get(PAGE).status_code == 200
    for typed in ("", "alice", "a@b@c", "x" * 400, "\x00@example.org", "a@example.org\r\nBcc: b@example.org"):
        answer = client.post(PAGE, data={"email": typed})
        assert answer.status_code == 422, typed
        assert 'class="error"' in answer.get_data(as_text=True)
    assert (
        client.post(PAGE, data={"email": CHARLIE["email"]}, headers={"Origin": "https://elsewhere.example"}).status_code
        == 403
    )
    assert db.session.query(OutboxMessage).count() == 0
