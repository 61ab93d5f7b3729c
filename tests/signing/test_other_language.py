"""A form that is sent for the same page in another language: shown again as it was typed, taken by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from petition_app.extensions import db
from petition_app.models import Petition, Signature
from petition_app.models.base import now
from petition_app.petitions.life import close_petition
from petition_app.web.tokens import personal_token
from tests.databases import both_engines
from tests.story import ALICE, confirmed, mails, sign
from tests.visitor import Visitor

FORM = "/en/petitions/clean-water/sign"
FOREIGN = ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"})
ODD: list[dict[str, Any]] = [
    {"data": b"\xff\xfe\0", "content_type": "application/x-www-form-urlencoded"},
    {"data": b"given_name=%ED%A0%80&surname=%00&again=errors", "content_type": "application/x-www-form-urlencoded"},
    {"data": b"x", "content_type": "multipart/form-data; boundary=z"},
    {"json": {"given_name": "Alice"}},
    {"data": {"country": "ZZ", "name_display": "x", "form_revision": "-1", "stamp": "s" * 9_000, "again": "errors"}},
    {"data": {}},
]


@pytest.fixture
def written(petition: Petition) -> Iterator[list[str]]:
    """What is asked of the database that is no mere question."""
    asked: list[str] = []

    def hear(*heard: Any) -> None:
        if not heard[2].lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN")):
            asked.append(heard[2])

    event.listen(db.engine, "before_cursor_execute", hear)
    yield asked
    event.remove(db.engine, "before_cursor_execute", hear)


def ticked(page: str) -> list[str]:
    boxes = [box for box in re.findall(r"<input[^>]*>", page) if 'type="checkbox"' in box and "checked" in box]
    return [name[1] for box in boxes if (name := re.search(r'name="(\w+)"', box))]


@both_engines
def test_whatever_is_sent_the_form_is_shown_and_nothing_is_taken(
    app: Flask, client: Visitor, written: list[str]
) -> None:
    for sent in ODD:
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.post(FORM, headers=headers, **sent)
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), sent
            assert ticked(answer.get_data(as_text=True)) == []
    assert client.post(FORM, data={"comment": "x" * 1_000_000}).status_code == 413
    page = client.post(FORM, data={**ALICE, "stamp": "s1", "work": "w1", "via": "mail"}).get_data(as_text=True)
    assert ticked(page) == ["consent_processing"], "by hand, and no other"
    for name, value in (("given_name", "Alice"), ("stamp", "s1"), ("work", "w1"), ("via", "mail")):
        assert re.search(rf'name="{name}"[^>]*value="{value}"|value="{value}"[^>]*name="{name}"', page), name
    assert "Alice" not in client.get(FORM).get_data(as_text=True), "what one has typed is shown to nobody else"
    for headers in FOREIGN:
        assert client.post(FORM, data=ALICE, headers=headers).status_code == 403
    assert client.post("/xx/petitions/clean-water/sign", data=ALICE).status_code == 404
    assert all(client.post(FORM, data=ALICE).status_code == 200 for _ in range(30)), "it counts as no attempt to sign"
    assert written == []
    assert mails(app) == []
    assert sign(client).status_code == 303


def test_a_petition_that_is_closed_takes_no_form(client: Visitor, petition: Petition) -> None:
    close_petition("clean-water", now())
    answer = client.post(FORM, data=ALICE)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (410, "no-store")


@both_engines
def test_the_personal_page_changes_nothing_by_it_whatever_became_of_the_signature(
    app: Flask, client: Visitor, written: list[str]
) -> None:
    confirmed(app, client)
    page = f"/en/signatures/{personal_token(db.session.query(Signature).one().key or '')}"
    assert client.get(f"{page}/form").status_code == 405
    for act, status in (("", 200), ("withdrawal", 200), ("erasure", 410)):
        if act:
            client.post(f"{page}/{act}")
        written.clear()
        for sent in (*ODD, {"data": {"given_name": "Zoé", "again": "errors"}}):
            answer = client.post(f"{page}/form", **sent)
            assert answer.status_code == status
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert ticked(answer.get_data(as_text=True)) == []
        assert ("Zoé" in answer.get_data(as_text=True)) == (not act)
        assert client.post(f"{page}/form", headers=FOREIGN[1]).status_code == 403
        assert written == []
