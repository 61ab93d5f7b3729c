"""A member signs in and out; whoever is none learns nothing at the door."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from flask import Flask

from petition_app.admin import passwords
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


def again(html: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    inputs = [dict(re.findall(r'([a-z]+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", html)]
    return {each["name"]: unescape(each["value"]) for each in inputs if each.get("type") == "hidden"}


def test_what_was_typed_outlives_the_session(app: Flask, as_member: AsMember) -> None:
    bob = as_member("editor")
    bob.get("/admin/account")
    with writing() as session:
        session.query(MemberSession).delete()
    door = bob.send("/admin/account", name="Bob “Témoin” & <co>", locale="en", password="not kept")
    assert door.status_code == 401
    hidden = again(door.get_data(as_text=True))
    assert "not kept" not in str(hidden)
    page = bob.send("/admin/sign-in", email="bob@example.org", password=PASSWORD, kept=hidden["kept"])
    assert page.status_code == 200
    fields = again(page.get_data(as_text=True))
    assert (fields.pop("csrf_token"), fields) == (bob.token, {"name": "Bob “Témoin” & <co>", "locale": "en"})
    assert 'action="/admin/account"' in page.get_data(as_text=True)
    assert bob.send("/admin/account", **fields).status_code == 303
    assert bob.member.name == "Bob “Témoin” & <co>"


@pytest.mark.parametrize(
    "kept", ["x", "[]", "5", "null", '["/admin/", 5]', '[5, "a=b"]', "[" * 5000, "\x00", '["//evil", "a=b"]']
)
def test_what_is_kept_leads_nowhere_else(app: Flask, charlie: Desk, kept: str) -> None:
    make_member("editor", name="Bob")
    charlie.get("/admin/sign-in")
    page = charlie.send("/admin/sign-in", email="bob@example.org", password=PASSWORD, kept=kept)
    assert page.status_code in (200, 303)
    assert "//evil" not in page.get_data(as_text=True)


def test_what_another_site_sends_is_not_kept(app: Flask, charlie: Desk) -> None:
    response = charlie.post("/admin/account", data={"name": "Mallory"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 303
    assert "Mallory" not in response.get_data(as_text=True)


def test_a_member_who_has_lost_the_way_stays_in_the_admin(app: Flask, as_member: AsMember, charlie: Desk) -> None:
    page = as_member("reader").get("/admin/nothing")
    assert page.status_code == 404
    assert 'class="side"' in page.get_data(as_text=True)
    assert 'class="side"' not in charlie.get("/admin/nothing").get_data(as_text=True)


@pytest.mark.parametrize(
    "variables", [{"PETITION_SITE_URL": "https://petition.example.org", "PETITION_ABUSE_CONTROLS": "on"}]
)
def test_over_https_the_cookie_never_goes_elsewhere(app: Flask, charlie: Desk) -> None:
    make_member("editor", name="Bob")
    cookie = charlie.get("/admin/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("__Secure-admin=")
    assert {"Secure", "HttpOnly", "Path=/admin", "SameSite=Lax"} <= set(cookie.split("; "))


def test_a_password_that_is_changed_meanwhile_opens_nothing(
    app: Flask, charlie: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is compared before the member's row is held; what is changed in between must count."""
    bob = make_member("editor", name="Bob")
    compare = passwords.is_right

    def slowly(member: Member | None, password: str) -> bool:
        right = compare(member, password)
        with writing() as session:
            held = session.get_one(Member, bob)
            held.change_password(passwords.hash_of("five yellow teapots"))
        return right

    charlie.get("/admin/sign-in")
    monkeypatch.setattr(passwords, "is_right", slowly)
    assert charlie.send("/admin/sign-in", email="bob@example.org", password=PASSWORD).location == "/admin/sign-in"
    assert charlie.get("/admin/").status_code == 303
    assert db.session.query(MemberSession).count() == 0


@pytest.mark.parametrize("variables", [{"PETITION_ABUSE_CONTROLS": "on"}])
def test_who_tries_at_the_door_keeps_no_member_from_working(app: Flask, alice: Desk, charlie: Desk) -> None:
    for _try in range(16):
        last = charlie.sign_in("alice@example.org", "not the password")
    assert last.status_code == 429
    alice.step_up()
    assert alice.get("/admin/team").status_code == 200
    for _try in range(15):
        last = alice.send("/admin/step-up", step_up_password="not the password", next="/admin/")
    assert "many tries" in last.get_data(as_text=True)
