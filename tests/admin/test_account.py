"""A member looks after the own account: language, password, second factor, devices."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from flask import Flask

from petition_app.admin import passwords
from petition_app.extensions import db
from petition_app.models import AuditEntry, Member, MemberSession, RecoveryCode
from tests.admin.desk import PASSWORD, Desk, make_member, signed_in
from tests.databases import both_engines
from tests.story import link_in, mails


def with_second_factor(desk: Desk) -> tuple[pyotp.TOTP, list[str]]:
    """Set it up as the page asks; answers with the app and the recovery codes."""
    desk.step_up()
    page = desk.get("/admin/account/second-factor").get_data(as_text=True)
    assert "<svg" in page
    totp = pyotp.TOTP(desk.member.totp_secret)
    assert re.sub(r"(.{4})(?!$)", r"\1 ", desk.member.totp_secret) in page
    page = desk.send("/admin/account/second-factor", code=totp.now()).get_data(as_text=True)
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", page)
    assert len(codes) == len(set(codes)) == 10
    return totp, codes


def test_name_and_language(app: Flask, bob: Desk) -> None:
    assert bob.send("/admin/account", name="  Bob   Témoin ", locale="fr").status_code == 303
    page = bob.get("/admin/account").get_data(as_text=True)
    assert 'lang="fr"' in page
    assert "Vos changements sont enregistrés." in page
    assert bob.send("/admin/account", name="", locale="fr").status_code == 422
    assert bob.send("/admin/account", name="Bob", locale="xx").status_code == 422


@both_engines
def test_a_new_password_signs_out_everywhere_else(app: Flask, bob: Desk) -> None:
    elsewhere = signed_in(app, bob.member_id)
    assert elsewhere.get("/admin/").status_code == 200
    wrong = bob.send("/admin/account/password", current="not the password", password="five yellow teapots")
    assert wrong.status_code == 422
    assert bob.send("/admin/account/password", current=PASSWORD, password="five yellow teapots").status_code == 303
    assert elsewhere.get("/admin/").status_code == 303
    assert "Every other device was signed out." in bob.get("/admin/account").get_data(as_text=True)
    assert elsewhere.sign_in("bob@example.org").status_code == 422
    assert elsewhere.sign_in("bob@example.org", "five yellow teapots").location == "/admin/"


@both_engines
def test_from_setting_a_second_factor_up_to_signing_in_with_it(app: Flask, bob: Desk, charlie: Desk) -> None:
    began = datetime.now(UTC)
    with time_machine.travel(began, tick=False):
        totp, codes = with_second_factor(bob)
        charlie.get("/admin/sign-in?lang=en")
        assert charlie.sign_in("bob@example.org").location == "/admin/sign-in/code"
        assert charlie.get("/admin/").status_code == 303, "the password alone opens nothing"
        used = charlie.send("/admin/sign-in/code", code=totp.now())
        assert used.status_code == 422, "the code that set it up is not taken again"
    with time_machine.travel(began + timedelta(seconds=60), tick=False):
        code = totp.at(began + timedelta(seconds=30))
        assert charlie.send("/admin/sign-in/code", code=f"{code[:3]} {code[3:]}").location == "/admin/", "a step late"
        assert charlie.get("/admin/").status_code == 200
        other = Desk(app, app.response_class)
        other.sign_in("bob@example.org")
        assert other.send("/admin/sign-in/code", code=code).status_code == 422, "a replay"
        assert other.send("/admin/sign-in/code", code=codes[0].upper()).location == "/admin/"
        third = Desk(app, app.response_class)
        third.sign_in("bob@example.org")
        assert third.send("/admin/sign-in/code", code=codes[0]).status_code == 422, "a recovery code is good once"
    assert "9 recovery codes are left." in bob.get("/admin/account").get_data(as_text=True)


@pytest.mark.parametrize("code", ["", "000000", "٣٤٥٦٧٨", "\x00", "x" * 4000, "🌻", "12345", "-", "aaaaa-aaaaa"])
def test_nothing_else_is_a_code(app: Flask, bob: Desk, charlie: Desk, code: str) -> None:
    with_second_factor(bob)
    charlie.sign_in("bob@example.org")
    assert charlie.send("/admin/sign-in/code", code=code).status_code == 422
    assert charlie.get("/admin/").status_code == 303


def test_the_code_cannot_wait_for_long(app: Flask, bob: Desk, charlie: Desk) -> None:
    totp, _codes = with_second_factor(bob)
    charlie.sign_in("bob@example.org")
    later = datetime.now(UTC) + timedelta(minutes=11)
    with time_machine.travel(later, tick=False):
        assert charlie.send("/admin/sign-in/code", code=totp.at(later)).location == "/admin/sign-in"


def test_recovery_codes_rest_salted_and_slow_to_try(app: Flask, bob: Desk) -> None:
    _totp, codes = with_second_factor(bob)
    again = with_second_factor(signed_in(app, make_member("reader", name="Eve")))[1]
    kept = [row.hash for row in db.session.query(RecoveryCode)]
    assert len(kept) == len(codes) + len(again) == 20
    assert len({found[:16] for found in kept}) == 2  # a salt for each member's
    secret, plain = app.config["SETTINGS"].secret_key.encode(), codes[0].replace("-", "")
    quick = hmac.new(secret, f"recovery|{plain}".encode(), hashlib.sha256).hexdigest()
    assert not [found for found in kept if found in quick or quick[:48] in found]
    salt = bytes.fromhex(kept[0][:16])
    assert passwords.derived(quick, salt, 24).hex() == kept[0][16:]


def test_new_recovery_codes_make_the_old_ones_useless(app: Flask, bob: Desk, charlie: Desk) -> None:
    _totp, codes = with_second_factor(bob)
    page = bob.send("/admin/account/second-factor/recovery-codes").get_data(as_text=True)
    assert codes[0] not in page
    charlie.sign_in("bob@example.org")
    assert charlie.send("/admin/sign-in/code", code=codes[0]).status_code == 422


def test_a_second_factor_is_taken_away(app: Flask, bob: Desk, charlie: Desk) -> None:
    with_second_factor(bob)
    assert bob.get("/admin/account/second-factor/removal").status_code == 200
    assert bob.send("/admin/account/second-factor/removal").location == "/admin/account"
    assert charlie.sign_in("bob@example.org").location == "/admin/"
    assert not bob.member.recovery_codes


def test_an_unfinished_one_changes_nothing(app: Flask, bob: Desk, charlie: Desk) -> None:
    bob.step_up()
    bob.get("/admin/account/second-factor")
    first = bob.member.totp_secret
    assert bob.send("/admin/account/second-factor", code="123").status_code == 422
    assert bob.member.totp_secret == first, "the picture that was scanned stays"
    assert charlie.sign_in("bob@example.org").location == "/admin/"


@both_engines
def test_devices_are_listed_and_signed_out(app: Flask, bob: Desk, alice: Desk) -> None:
    phone, tablet = signed_in(app, bob.member_id), signed_in(app, bob.member_id)
    page = bob.get("/admin/account").get_data(as_text=True)
    assert page.count("Firefox on Linux</bdi>") == 3
    assert page.count("this one") == 1
    hers = db.session.query(MemberSession).filter_by(member_id=alice.member_id).one().id
    bob.send(f"/admin/account/sessions/{hers}/end")
    assert alice.get("/admin/").status_code == 200, "nobody ends another member's session"
    rows = db.session.query(MemberSession).filter_by(member_id=bob.member_id).order_by(MemberSession.id).all()
    own, other = rows[0].id, rows[1].id
    bob.send(f"/admin/account/sessions/{other}/end")
    assert phone.get("/admin/").status_code == 303
    assert tablet.get("/admin/").status_code == 200
    assert bob.send(f"/admin/account/sessions/{own}/end").status_code == 303
    assert bob.get("/admin/").status_code == 200, "for this device there is a button of its own"
    bob.send("/admin/account/sessions/end")
    assert tablet.get("/admin/").status_code == 303
    assert bob.get("/admin/").status_code == 200
    assert db.session.query(AuditEntry).filter_by(action="member.session_ended").count() == 2


@both_engines
def test_a_forgotten_password(app: Flask, bob: Desk, charlie: Desk) -> None:
    charlie.get("/admin/new-password?lang=en")
    known = charlie.send("/admin/new-password", email=" BOB@example.org")
    unknown = charlie.send("/admin/new-password", email="nobody@example.org")
    assert (
        (known.status_code, known.location)
        == (unknown.status_code, unknown.location)
        == (303, "/admin/new-password/sent")
    )
    (mail,) = mails(app)
    assert mail["To"] == "bob@example.org"
    link = link_in(mail)
    assert charlie.get(link).status_code == 200
    assert charlie.send(link, password="bob bob bob bob").status_code == 422
    assert charlie.send(link, password="five yellow teapots").location == "/admin/sign-in"
    assert bob.get("/admin/").status_code == 303, "signed out everywhere"
    assert charlie.send(link, password="six yellow teapots").status_code == 410
    assert charlie.sign_in("bob@example.org").status_code == 422
    assert charlie.sign_in("bob@example.org", "five yellow teapots").location == "/admin/"


def test_a_link_to_a_new_password_does_not_stand_in_for_the_second_factor(app: Flask, bob: Desk, charlie: Desk) -> None:
    with_second_factor(bob)
    charlie.send("/admin/new-password", email="bob@example.org")
    charlie.send(link_in(mails(app)[-1]), password="five yellow teapots")
    assert charlie.sign_in("bob@example.org", "five yellow teapots").location == "/admin/sign-in/code"


def test_who_has_left_is_sent_nothing(app: Flask, charlie: Desk) -> None:
    make_member("reader", name="Gone", disabled_at=datetime.now(UTC))
    make_member("reader", name="Invited", joined_at=None)
    for name in ("gone", "invited"):
        assert charlie.send("/admin/new-password", email=f"{name}@example.org").status_code == 303
    assert mails(app) == []


@pytest.mark.parametrize("variables", [{"PETITION_ABUSE_CONTROLS": "on"}])
def test_trying_on_and_on_ends_for_known_and_unknown_alike(app: Flask, charlie: Desk) -> None:
    make_member("reader", name="Bob")
    make_member("reader", name="Dora")
    charlie.get("/admin/sign-in?lang=en")

    def tries(email: str) -> list[int]:
        return [charlie.sign_in(email, "not the password").status_code for _try in range(17)]

    assert tries("bob@example.org") == tries("nobody@example.org") == [422] * 15 + [429] * 2
    assert charlie.sign_in("bob@example.org").status_code == 429, "the right password does not tell"
    assert charlie.sign_in("dora@example.org").status_code == 303


@pytest.mark.parametrize("variables", [{"PETITION_ABUSE_CONTROLS": "on"}])
def test_asking_for_links_on_and_on_ends_too(app: Flask, charlie: Desk) -> None:
    make_member("reader", name="Bob")
    for email in ("bob@example.org", "nobody@example.org"):
        answers = [charlie.send("/admin/new-password", email=email).status_code for _try in range(5)]
        assert answers == [303] * 4 + [429]


def test_no_password_rests_as_it_is(app: Flask, bob: Desk) -> None:
    member = db.session.get_one(Member, bob.member_id)
    assert member.password_hash.startswith("$argon2id$")
    assert PASSWORD not in member.password_hash
