"""Passkeys over HTTP: what no device has signed opens nothing. A real one signs in tests/browser/test_passkeys.py."""

from __future__ import annotations

import json

import pytest

from petition_app.admin import passkeys
from petition_app.extensions import db
from petition_app.models import Member, Passkey
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines

NEW, DOOR = "/admin/account/passkeys/new", "/admin/sign-in/passkey"
MADE_UP = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA", "attestationObject": "oA"},
    "clientExtensionResults": {},
}
NOTHING = ["", "null", "[]", "{}", "x", '{"id": null}', '{"id": "\\u0000"}', "[" * 5000, json.dumps(MADE_UP)]


def keep_one(member_id: int, credential_id: str = "AAAA") -> int:
    with writing() as session:
        passkey = Passkey(member_id=member_id, credential_id=credential_id, public_key=b"\xa1", name="Phone")
        session.add(passkey)
        session.flush()
        return passkey.id


@both_engines
def test_nothing_but_a_device_opens_the_door(charlie: Desk, as_member: AsMember) -> None:
    as_member("administrator", "Alice")
    assert charlie.get(DOOR).location == "/admin/sign-in"  # nobody has one
    assert DOOR not in charlie.get("/admin/sign-in").get_data(as_text=True)
    keep_one(db.session.query(Member.id).scalar())
    assert DOOR in charlie.get("/admin/sign-in").get_data(as_text=True)
    for credential in NOTHING:
        charlie.get(f"{DOOR}?lang=en")
        answer = charlie.send(DOOR, credential=credential)
        assert answer.status_code == 422, credential[:40]
        assert "This passkey opens nothing here." in answer.get_data(as_text=True)
    assert charlie.get("/admin/").status_code == 303


@both_engines
def test_nothing_but_a_device_makes_one(alice: Desk) -> None:
    alice.step_up()
    for credential in NOTHING:
        alice.get(NEW)
        answer = alice.send(NEW, name="Phone", credential=credential)
        assert answer.status_code == 422, credential[:40]
    assert alice.send(NEW, name="", credential="{}").status_code == 422
    assert db.session.query(Passkey).count() == 0


@both_engines
def test_one_is_removed_by_its_owner_alone(alice: Desk, as_member: AsMember) -> None:
    alice_id = db.session.query(Member.id).filter_by(name="Alice").scalar()
    bob = as_member("administrator", "Bob")
    for desk in (alice, bob):
        desk.step_up()
    kept = keep_one(alice_id)
    assert "Passkey: Phone" in alice.get("/admin/account").get_data(as_text=True)
    assert bob.send(f"/admin/account/passkeys/{kept}/removal").status_code == 404
    assert alice.send(f"/admin/account/passkeys/{kept}/removal").status_code == 303
    assert "The passkey is removed." in alice.get("/admin/account").get_data(as_text=True)
    assert db.session.query(Passkey).count() == 0


def test_without_the_extra_nothing_is_offered(alice: Desk, charlie: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_one(db.session.query(Member.id).scalar())
    alice.step_up()
    monkeypatch.setattr(passkeys, "is_installed", lambda: False)
    assert alice.get(NEW).status_code == 404
    assert "Add a passkey" not in alice.get("/admin/account").get_data(as_text=True)
    assert charlie.get(DOOR).location == "/admin/sign-in"
