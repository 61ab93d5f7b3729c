"""Session fixation and its kin: no key that somebody knew beforehand opens anything, and none outlives its session."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
from flask import Flask

from petition_app.extensions import db
from petition_app.models import Member, MemberSession
from petition_app.models.base import now
from petition_app.models.member_session import hash_of, new_session_key
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import PASSWORD, Desk, make_member


def key_of(desk: Desk) -> str:
    with desk.session_transaction("/admin/") as cookie:
        return str(cookie.get("key", ""))


def copy_of(app: Flask, desk: Desk) -> Desk:
    """Somebody else's browser with the very same cookie."""
    thief = Desk(app, app.response_class)
    with desk.session_transaction("/admin/") as cookie:
        stolen = dict(cookie)
    with thief.session_transaction("/admin/") as cookie:
        cookie.update(stolen)
    return thief


def test_a_key_that_was_planted_is_not_the_one_that_opens(app: Flask, charlie: Desk) -> None:
    """Who could set a cookie beforehand (a shared computer, another host of the domain) knows nothing afterwards."""
    make_member("editor", name="Bob")
    planted = new_session_key()
    with charlie.session_transaction("/admin/") as cookie:
        cookie["key"] = planted
    attacker = copy_of(app, charlie)
    assert charlie.sign_in("bob@example.org").location == "/admin/"
    assert key_of(charlie) not in ("", planted)
    assert attacker.get("/admin/").status_code == 303
    assert db.session.query(MemberSession).filter_by(key_hash=hash_of(planted)).count() == 0


def test_the_attackers_own_session_does_not_become_the_victims(app: Flask, as_member: AsMember) -> None:
    """A member plants the own session in another one's browser, who then signs in over it."""
    mallory = as_member("reader", "Mallory")
    make_member("administrator", name="Alice")
    victim = copy_of(app, mallory)
    planted = key_of(mallory)
    victim.get("/admin/")
    assert victim.send("/admin/sign-in", email="alice@example.org", password=PASSWORD).location == "/admin/"
    assert key_of(victim) != planted
    assert mallory.get("/admin/team").status_code == 303, "that session was ended"


def test_the_code_changes_the_key_again(app: Flask, charlie: Desk) -> None:
    secret = pyotp.random_base32(32)
    make_member("editor", name="Bob", totp_secret=secret, totp_confirmed_at=datetime.now(UTC))
    charlie.sign_in("bob@example.org")
    after_password, attacker = key_of(charlie), copy_of(app, charlie)
    assert charlie.send("/admin/sign-in/code", code=pyotp.TOTP(secret).now()).location == "/admin/"
    assert key_of(charlie) != after_password
    assert attacker.get("/admin/").status_code == 303
    assert attacker.send("/admin/sign-in/code", code="000000").location == "/admin/sign-in", "nothing waits any more"


def test_typing_the_password_again_changes_the_key(app: Flask, bob: Desk) -> None:
    """A copy of the cookie from before does not become one that may take exports."""
    before, thief = key_of(bob), copy_of(app, bob)
    bob.step_up()
    assert key_of(bob) != before
    assert bob.get("/admin/account/second-factor").status_code == 200
    assert thief.get("/admin/").status_code == 303
    assert db.session.query(MemberSession).filter_by(member_id=bob.member_id).count() == 1, "it is one session still"


def test_a_wrong_password_changes_nothing(app: Flask, bob: Desk) -> None:
    before = key_of(bob)
    bob.send("/admin/step-up", step_up_password="not the password", next="/admin/")
    assert key_of(bob) == before
    assert bob.get("/admin/").status_code == 200


def test_a_copy_of_a_cookie_is_worth_nothing_after_signing_out(app: Flask, bob: Desk) -> None:
    thief = copy_of(app, bob)
    response = bob.send("/admin/sign-in/out")
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert thief.get("/admin/").status_code == 303


def test_a_cookie_that_was_tampered_with_is_none(app: Flask, bob: Desk) -> None:
    """Even one that would name the right key: the signature goes first, and a key is not looked for by its like."""
    with bob.session_transaction("/admin/") as cookie:
        key = cookie["key"]
    for wrong in (key[:-1], key + "A", key.swapcase(), "%", "' OR '1'='1", "", [key], {"key": key}, None, 5, True):
        with bob.session_transaction("/admin/") as cookie:
            cookie["key"] = wrong
        assert bob.get("/admin/").status_code == 303, wrong
    name = app.config["SESSION_COOKIE_NAME"]
    for raw in ("", "x", "e30.x.x", f'{{"key":"{key}"}}', ".", "\x7f"):
        bob.set_cookie(name, raw, path="/admin", domain="localhost")
        assert bob.get("/admin/").status_code == 303, raw


def test_what_rests_in_the_database_opens_nothing(app: Flask, bob: Desk, charlie: Desk) -> None:
    """A copy of the database has hashes of keys; none of them is a key."""
    row = db.session.query(MemberSession).filter_by(member_id=bob.member_id).one()
    assert row.key_hash != key_of(bob)
    with charlie.session_transaction("/admin/") as cookie:
        cookie["key"] = row.key_hash
    assert charlie.get("/admin/").status_code == 303


def test_a_session_of_who_is_no_member_any_more_ends(app: Flask, bob: Desk) -> None:
    with writing() as session:
        session.get_one(Member, bob.member_id).disabled_at = now()
    assert bob.get("/admin/").status_code == 303
