"""Alice looks after the team: she invites, changes roles, shuts out; Bob and Charlie do not."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from petition_app.admin import membership
from petition_app.extensions import db
from petition_app.models import AuditEntry, Member, OutboxMessage
from petition_app.models.base import now
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import PASSWORD, Desk, make_member
from tests.databases import both_engines
from tests.story import link_in, mails, mails_to

DORA = {"name": "Dora", "email": "Dora@Example.org", "role": "editor", "locale": "fr"}


@pytest.fixture
def boss(alice: Desk) -> Desk:
    """Alice, who has just typed her password."""
    alice.step_up()
    return alice


@both_engines
def test_an_invitation_is_mailed_and_accepted(app: Flask, boss: Desk, charlie: Desk) -> None:
    assert boss.send("/admin/team/invitation", **DORA).location == "/admin/team"
    assert "on its way to Dora@example.org" in boss.get("/admin/team").get_data(as_text=True)
    (mail,) = mails_to(app, "Dora@example.org")
    assert mail["Subject"] == "Rejoignez l’équipe\u00a0: Association Exemple"
    link = link_in(mail)
    assert charlie.get(link).status_code == 200
    joined = charlie.send(link, name="Dora Exemple", password="quatre vaches bleues")
    assert joined.location == "/admin/"
    assert "Bienvenue" in charlie.get("/admin/").get_data(as_text=True)
    dora = db.session.query(Member).filter_by(email="Dora@example.org").one()
    assert (dora.name, dora.role, dora.status) == ("Dora Exemple", "editor", "active")
    assert charlie.get(link).status_code == 410
    assert charlie.send(link, name="Mallory", password="quatre vaches rouges").status_code == 410
    actions = [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]
    assert actions == ["member.invited", "member.joined"]


def test_a_second_invitation_makes_the_first_useless(app: Flask, boss: Desk, charlie: Desk) -> None:
    boss.send("/admin/team/invitation", **DORA)
    dora = db.session.query(Member).filter_by(name="Dora").one().id
    first = link_in(mails(app)[-1])
    boss.send(f"/admin/team/{dora}/invitation")
    second = link_in(mails(app)[-1])
    assert first != second
    assert charlie.get(first).status_code == 410
    assert charlie.get(second).status_code == 200
    boss.send(f"/admin/team/{dora}/invitation/withdrawal")
    assert charlie.get(second).status_code == 410
    assert db.session.query(Member).filter_by(name="Dora").count() == 0


def test_an_invitation_is_good_for_a_week(app: Flask, boss: Desk, charlie: Desk) -> None:
    boss.send("/admin/team/invitation", **DORA)
    link = link_in(mails(app)[-1])
    with time_machine.travel(datetime.now(UTC) + timedelta(days=6), tick=False):
        assert charlie.get(link).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(days=8), tick=False):
        assert charlie.get(link).status_code == 410


@pytest.mark.parametrize("token", ["x", "a.b.c", "%00", "%ff", "a" * 3000, "%E2%80%AE"])
def test_a_damaged_link_is_explained(app: Flask, charlie: Desk, token: str) -> None:
    make_member("reader", name="Bob")
    for page in ("invitation", "new-password"):
        response = charlie.get(f"/admin/{page}/{token}?lang=en")
        assert response.status_code == 410
        assert "not good any more" in response.get_data(as_text=True)
        assert charlie.send(f"/admin/{page}/{token}", password=PASSWORD).status_code == 410


def test_an_invitation_is_no_reset_and_the_other_way_round(app: Flask, boss: Desk, charlie: Desk) -> None:
    boss.send("/admin/team/invitation", **DORA)
    link = link_in(mails(app)[-1])
    assert charlie.get(link.replace("/invitation/", "/new-password/")).status_code == 410


@both_engines
def test_a_mailbox_is_one_member(app: Flask, boss: Desk) -> None:
    boss.send("/admin/team/invitation", **{**DORA, "email": "dora@gmail.com"})
    again = boss.send("/admin/team/invitation", **{**DORA, "email": "D.ora+x@googlemail.com", "name": "Again"})
    assert again.status_code == 422
    html = again.get_data(as_text=True)
    assert "There is a member with this mailbox already." in html
    assert 'value="Again"' in html


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "king"},
        {"role": None},
        {"email": "x"},
        {"name": ""},
        {"name": "x" * 200},
        {"locale": "xx"},
        {"name": "a\x00"},
    ],
    ids=str,
)
def test_what_cannot_be_an_invitation_is_none(app: Flask, boss: Desk, wrong: dict[str, str]) -> None:
    response = boss.send("/admin/team/invitation", **{**DORA, **wrong})
    assert response.status_code == 422
    assert db.session.query(OutboxMessage).count() == 0


@both_engines
def test_another_role_counts_at_once(app: Flask, boss: Desk, bob: Desk) -> None:
    assert bob.get("/admin/team").status_code == 403
    boss.send(f"/admin/team/{bob.member_id}/role", role="administrator")
    bob.step_up()
    assert bob.get("/admin/team").status_code == 200
    entry = db.session.query(AuditEntry).filter_by(action="member.role_changed").one()
    assert (entry.member_name, entry.object_label) == ("Alice", "Bob <bob@example.org>")
    assert entry.details == '{"after": "administrator", "before": "moderator"}'


def test_whoever_is_shut_out_is_out_at_once_and_can_be_let_in_again(app: Flask, boss: Desk, bob: Desk) -> None:
    assert bob.get("/admin/").status_code == 200
    boss.send(f"/admin/team/{bob.member_id}/departure")
    assert bob.get("/admin/").status_code == 303
    page = boss.get("/admin/team").get_data(as_text=True)
    assert f'action="/admin/team/{bob.member_id}/return"' in page, "the way back"
    assert "erased 1 year after they have left" in boss.get(f"/admin/team/{bob.member_id}").get_data(as_text=True)
    assert bob.sign_in("bob@example.org").status_code == 422
    boss.send(f"/admin/team/{bob.member_id}/return")
    assert bob.sign_in("bob@example.org").status_code == 303


@both_engines
def test_the_last_administrator_stays(app: Flask, boss: Desk, as_member: AsMember) -> None:
    make_member("administrator", name="Invited", joined_at=None)
    make_member("administrator", name="Gone", disabled_at=now())
    for path, fields in (("departure", {}), ("role", {"role": "reader"})):
        boss.send(f"/admin/team/{boss.member_id}/{path}", **fields)
        assert "Nobody would be left" in boss.get("/admin/team").get_data(as_text=True)
    assert boss.member.is_active
    assert boss.member.role == "administrator"
    as_member("administrator", "Dora")
    boss.send(f"/admin/team/{boss.member_id}/role", role="reader")
    assert boss.member.role == "reader"
    assert boss.get("/admin/team").status_code == 403


@both_engines
def test_two_who_leave_at_once_do_not_leave_the_team_alone(app: Flask, as_member: AsMember) -> None:
    both = [as_member("administrator", name).member_id for name in ("Alice", "Dora")]
    stayed = []

    def leave(member_id: int) -> None:
        with app.app_context():
            try:
                membership.disable(member_id, now())
            except membership.LastAdministrator:
                stayed.append(member_id)
            db.session.remove()

    threads = [threading.Thread(target=leave, args=(member_id,)) for member_id in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stayed) == 1
    db.session.rollback()
    assert db.session.query(Member).filter(Member.disabled_at.is_(None)).count() == 1


def test_members_who_are_not_there_are_not_there(boss: Desk) -> None:
    for path in ("", "/role", "/departure", "/return", "/invitation", "/second-factor", "/password-link"):
        assert boss.send(f"/admin/team/4711{path}", role="reader").status_code in (404, 405), path
    assert boss.get("/admin/team/99999999999999999999").status_code == 404


def test_a_lost_second_factor_is_taken_away(app: Flask, boss: Desk, bob: Desk) -> None:
    with writing() as session:
        member = session.get_one(Member, bob.member_id)
        member.propose_second_factor("A" * 32)
        member.confirm_second_factor(1, now())
    assert "call them, or meet them" in boss.get(f"/admin/team/{bob.member_id}/second-factor").get_data(as_text=True)
    boss.send(f"/admin/team/{bob.member_id}/second-factor")
    assert not bob.member.has_second_factor
    assert bob.sign_in("bob@example.org").location == "/admin/"


def test_a_page_of_the_team_asks_for_the_password_again(app: Flask, alice: Desk) -> None:
    alice.get("/admin/")
    asked = alice.send("/admin/team/invitation", **DORA)
    assert 'name="step_up_password"' in asked.get_data(as_text=True)
    wrong = alice.send("/admin/team/invitation", **DORA, step_up_password="not the password")
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.get_data(as_text=True)
    assert alice.send("/admin/team/invitation", **DORA, step_up_password=PASSWORD).location == "/admin/team"
    assert alice.get("/admin/team").status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16), tick=False):
        assert 'name="step_up_password"' in alice.get("/admin/team").get_data(as_text=True)
