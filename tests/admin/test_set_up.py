"""The first visit: a code, an account, and the site has a team."""

from __future__ import annotations

import pytest
from flask import Flask

from petition_app.admin import set_up
from petition_app.extensions import db
from petition_app.models import AuditEntry, Member, MemberLink
from tests.admin.desk import PASSWORD, Desk, make_member
from tests.databases import both_engines

ADA = {"name": "Ada Exemple", "email": "ada@example.org", "password": PASSWORD}


def enter(desk: Desk, code: str) -> int:
    desk.get("/admin/set-up?lang=en")
    return desk.send("/admin/set-up", code=code).status_code


@both_engines
def test_from_the_code_to_the_first_page(app: Flask, charlie: Desk) -> None:
    code = set_up.new_code()
    assert code is not None
    assert charlie.get("/admin/").location.startswith("/admin/sign-in")
    assert charlie.get("/admin/sign-in").location == "/admin/set-up"
    assert enter(charlie, code.lower().replace("-", " ")) == 303
    assert "<h1>Your account</h1>" in charlie.get("/admin/set-up/account").get_data(as_text=True)
    assert charlie.send("/admin/set-up/account", **ADA).location == "/admin/settings/association?set-up=1"
    page = charlie.get("/admin/").get_data(as_text=True)
    assert "Ada Exemple" in page
    assert "Set it up" in page, "the second factor is what needs doing"
    ada = db.session.query(Member).one()
    assert (ada.role, ada.locale, ada.status) == ("administrator", "en", "active")
    assert [entry.action for entry in db.session.query(AuditEntry)] == ["site.set_up"]
    assert db.session.query(MemberLink).count() == 0


@both_engines
def test_the_code_is_good_for_one_alone(app: Flask, charlie: Desk) -> None:
    first, second = set_up.new_code(), set_up.new_code()
    assert first is not None
    assert second is not None
    other = Desk(app, app.response_class)
    assert (enter(charlie, first), enter(other, second)) == (303, 303)
    assert charlie.send("/admin/set-up/account", **ADA).location == "/admin/settings/association?set-up=1"
    late = other.send("/admin/set-up/account", **{**ADA, "email": "mallory@example.org"})
    assert late.location == "/admin/set-up"
    assert other.get("/admin/set-up").location == "/admin/sign-in"
    assert other.get("/admin/set-up/account").location == "/admin/set-up"
    assert db.session.query(Member).count() == 1
    assert set_up.new_code() is None


def test_nobody_goes_on_without_the_code(app: Flask, charlie: Desk) -> None:
    set_up.new_code()
    assert charlie.get("/admin/set-up/account").location == "/admin/set-up"
    assert charlie.send("/admin/set-up/account", **ADA).location == "/admin/set-up"
    for wrong in ("", "AAAA-AAAA-AAAA", "\x00", "🌻" * 200, "x" * 5000):
        assert enter(charlie, wrong) == 422
    with charlie.session_transaction("/admin/") as cookie:
        cookie["set_up"] = ["no", "text"]
    assert charlie.get("/admin/set-up/account").location == "/admin/set-up"
    assert db.session.query(Member).count() == 0


def test_the_code_rests_nowhere_as_it_is(app: Flask) -> None:
    code = (set_up.new_code() or "").replace("-", "")
    link = db.session.query(MemberLink).one()
    assert code not in link.key
    assert len(link.key) == 64


def test_a_site_with_a_team_has_no_set_up(app: Flask, charlie: Desk) -> None:
    make_member("reader", name="Bob")
    assert set_up.new_code() is None
    assert charlie.get("/admin/set-up").location == "/admin/sign-in"
    assert charlie.send("/admin/set-up", code="x").location == "/admin/sign-in"


@pytest.mark.parametrize("variables", [{"PETITION_ABUSE_CONTROLS": "on"}])
def test_guessing_ends_soon(app: Flask, charlie: Desk) -> None:
    code = set_up.new_code() or ""
    assert [enter(charlie, "AAAA-AAAA-AAAA") for _try in range(10)] == [422] * 10
    response = charlie.send("/admin/set-up", code=code)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) <= 900


def test_further_steps_come_behind(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_up, "_MORE_STEPS", dict(set_up._MORE_STEPS))
    set_up.add_step("admin.team.index", "The team", position=15)
    with app.test_request_context():
        assert set_up.after("admin.set_up.account_form") == "/admin/settings/association?set-up=1"
        assert set_up.after("admin.settings.association") == "/admin/team?set-up=1"
        assert set_up.after("admin.new_petition.form") == "/admin/"


def test_what_was_typed_comes_back_except_for_the_password(app: Flask, charlie: Desk) -> None:
    enter(charlie, set_up.new_code() or "")
    page = charlie.send("/admin/set-up/account", name="Ada <b>", email="no address", password="too short")
    html = page.get_data(as_text=True)
    assert page.status_code == 422
    assert 'value="Ada &lt;b&gt;"' in html
    assert 'value="no address"' in html
    assert "too short" not in html
    assert "fewer than 12 characters" in html
