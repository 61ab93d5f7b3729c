"""A member signs in and out; whoever is none learns nothing at the door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from petition_app.extensions import db
from petition_app.models import AuditEntry, Member, MemberSession, Petition
from petition_app.models.base import now
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import PASSWORD, Desk, make_member
from tests.databases import both_engines
from tests.visitor import Visitor


@both_engines
def test_in_and_out(app: Flask, charlie: Desk) -> None:
    make_member("editor", name="Bob")
    response = charlie.get("/admin/")
    assert response.location == "/admin/sign-in?next=/admin/"
    response = charlie.sign_in(" BOB@Example.org ")
    assert response.location == "/admin/"
    page = charlie.get("/admin/").get_data(as_text=True)
    assert "Bob" in page
    assert "No petition yet" in page
    assert charlie.send("/admin/sign-in/out").location == "/admin/sign-in"
    assert charlie.get("/admin/").status_code == 303
    assert db.session.query(MemberSession).count() == 0
    assert [entry.action for entry in db.session.query(AuditEntry)] == ["member.signed_in", "member.signed_out"]


def test_the_door_leads_on_to_the_page_that_was_asked_for(app: Flask, charlie: Desk) -> None:
    make_member("editor", name="Bob")
    to = charlie.get("/admin/account?x=1&y=%C3%A9").location
    charlie.get(to)
    response = charlie.send("/admin/sign-in", email="bob@example.org", password=PASSWORD, next="/admin/account?x=1")
    assert response.location == "/admin/account?x=1"


@pytest.mark.parametrize(
    "evil",
    ["https://evil.example/admin/", "//evil.example/admin", "/admin\\@evil.example", "/adminx", "\r\n/admin/", "é"],
)
def test_and_to_no_other_site(app: Flask, charlie: Desk, evil: str) -> None:
    make_member("editor", name="Bob")
    charlie.get("/admin/sign-in")
    response = charlie.send("/admin/sign-in", email="bob@example.org", password=PASSWORD, next=evil)
    assert response.location == "/admin/"


def answer_to(desk: Desk, email: str, password: str) -> tuple[int, str]:
    response = desk.sign_in(email, password)
    return response.status_code, response.get_data(as_text=True).replace(email, "").replace(desk.token, "")


def test_a_wrong_password_an_unknown_address_and_who_has_left_get_the_same_answer(app: Flask, charlie: Desk) -> None:
    make_member("editor", name="Bob")
    make_member("editor", name="Gone", disabled_at=now())
    charlie.get("/admin/sign-in?lang=en")
    wrong = answer_to(charlie, "bob@example.org", "not the right password")
    assert wrong[0] == 422
    assert "not right" in wrong[1]
    assert answer_to(charlie, "nobody@example.org", PASSWORD) == wrong
    assert answer_to(charlie, "gone@example.org", PASSWORD) == wrong
    assert charlie.get("/admin/").status_code == 303


def test_a_session_ends_by_itself(app: Flask, as_member: AsMember) -> None:
    bob = as_member("editor")
    assert bob.get("/admin/").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=False):
        assert bob.get("/admin/").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(days=4), tick=False):
        assert bob.get("/admin/").status_code == 200, "the visit two days ago was noted"
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8), tick=False):
        assert bob.get("/admin/").status_code == 303


def test_whoever_is_disabled_is_out_at_once(app: Flask, as_member: AsMember) -> None:
    bob = as_member("editor")
    assert bob.get("/admin/").status_code == 200
    with writing() as session:
        session.get_one(Member, bob.member_id).disable(now())
    assert bob.get("/admin/").status_code == 303
    with writing() as session:
        session.get_one(Member, bob.member_id).enable()
    assert bob.get("/admin/").status_code == 303


def test_the_member_reads_in_the_own_language(app: Flask, as_member: AsMember, charlie: Desk) -> None:
    assert 'lang="fr"' in as_member("editor", locale="fr").get("/admin/").get_data(as_text=True)
    assert 'lang="en"' in as_member("editor", "Bea").get("/admin/").get_data(as_text=True)
    door = charlie.get("/admin/sign-in", headers={"Accept-Language": "fr"}).get_data(as_text=True)
    assert 'lang="fr"' in door
    assert 'lang="en"' in charlie.get("/admin/sign-in?lang=en").get_data(as_text=True)
    assert 'lang="en"' in charlie.get("/admin/sign-in").get_data(as_text=True)
    assert charlie.get("/admin/sign-in?lang=%00").status_code == 200


@both_engines
def test_the_first_page_counts(app: Flask, client: Visitor, petition: Petition, as_member: AsMember) -> None:
    from tests.story import confirmed

    confirmed(app, client)
    page = as_member("reader").get("/admin/").get_data(as_text=True)
    assert "Clean water for Exampletown" in page
    assert 'class="tag open"' in page


def test_public_pages_know_no_cookie(app: Flask, petition: Petition, alice: Desk) -> None:
    """Desk fails at a public page that sets one; and the same page is everybody's."""
    assert alice.get("/admin/").status_code == 200
    assert alice.get("/fr/petitions/clean-water").headers["Cache-Control"].startswith("public")


def test_what_there_is_not_is_not_there(alice: Desk) -> None:
    for path in ("/admin/nothing", "/admin/%00", "/admin/../secret_key", "/admin//"):
        assert alice.get(path).status_code in (404, 308), path
    assert alice.get("/admin").status_code == 308
