"""A moderator looks for signers, helps them, and takes out what is no signature."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import AuditEntry, InvalidationRule, OutboxMessage, Petition, Signature
from petition_app.signing import rules
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.admin.test_comments import late
from tests.databases import both_engines
from tests.story import BOB, confirmed, count_is_exact, mails_to, number_shown, sign
from tests.visitor import Visitor

LIST, PREVIEW, RULES = "/admin/signatures", "/admin/signatures/rules/preview", "/admin/signatures/rules"


def page(desk: Desk, path: str) -> str:
    return desk.get(path).get_data(as_text=True)


def look(desk: Desk, **fields: object) -> list[str]:
    """The surnames that a search shows."""
    answer = desk.send(LIST, **fields)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return re.findall(r"<bdi>Alice ([^<]+)</bdi>", answer.get_data(as_text=True))


def signers(client: Visitor, number: int) -> None:
    for place in range(number):
        sign(client, email=f"bot{place}@example.org", surname=f"Robot{place:02}", postal_code="75011")


def hidden_fields(html: str, action: str) -> dict[str, str]:
    form = re.search(rf'<form[^>]+action="{action}".+?</form>', html, re.S)
    assert form is not None
    return dict(re.findall(r'<input type="hidden" name="([^"]+)"\s+value="([^"]*)"', form[0]))


@both_engines
def test_signers_are_found_and_nothing_of_them_stands_in_an_address(
    app: Flask, client: Visitor, bob: Desk, petition: Petition
) -> None:
    assert "No signature yet" in page(bob, LIST)
    signers(client, 60)
    confirmed(app, client, surname="Élan", email="elan@example.org", postal_code="69001")
    assert "Many from one network" in page(bob, LIST)
    assert look(bob, name="élan") == look(bob, email="elan@example.org") == look(bob, postal_code="69001") == ["Élan"]
    assert look(bob, name="nobody") == []
    first = bob.send(LIST, name="robot")
    html = first.get_data(as_text=True)
    found = re.findall(r"<bdi>Alice (Robot\d+)</bdi>", html)
    following = hidden_fields(html[html.index('class="pager"') - 200 :], LIST)
    assert {"name", "after", "petition"} <= set(following)
    found += look(bob, **{k: v for k, v in following.items() if k != "csrf_token"})
    assert found == [f"Robot{place:02}" for place in range(60)]
    assert not re.search(r'(href|action|hx-get)="[^"]*(Robot|robot|example\.org)', html)
    assert 'method="get"' not in html


@both_engines
def test_a_rule_is_seen_beforehand_then_made_and_undone(
    app: Flask, client: Visitor, bob: Desk, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "BATCH", 2)
    for place in range(5):
        confirmed(app, client, email=f"bot{place}@example.org", surname=f"Robot{place}")
    confirmed(app, client, **BOB)
    html = bob.send(PREVIEW, name="robot", petition=petition.id).get_data(as_text=True)
    assert "This would take 5 signatures out" in html
    assert db.session.query(InvalidationRule).count() == 0
    sent = {k: v for k, v in hidden_fields(html, RULES).items() if k != "csrf_token"}
    assert sent["foreseen"] == "5"

    assert "Please fill this in" in bob.send(RULES, **sent).get_data(as_text=True)
    confirmed(app, client, email="bot9@example.org", surname="Robot9")
    changed = bob.send(RULES, **sent, reason="robots")
    assert changed.status_code == 409
    assert "This would take 6 signatures out" in changed.get_data(as_text=True)
    made = bob.send(RULES, **{**sent, "foreseen": "6"}, reason="Des robots <b>")
    assert made.status_code == 303
    assert number_shown(client) == count_is_exact(petition.id) == 1
    html = page(bob, made.location)
    assert "6 of 6 that were foreseen" in html
    assert "Des robots &lt;b&gt;" in page(bob, RULES)
    robot = db.session.query(Signature).filter_by(surname="Robot1").one()
    history = page(bob, f"{LIST}/{robot.id}")
    assert "Taken out by the rule no. " in history
    assert "Des robots &lt;b&gt;" in history

    assert bob.send(f"{made.location}/undo").status_code == 303
    assert number_shown(client) == count_is_exact(petition.id) == 7
    assert "This rule is undone already." in page(bob, bob.send(f"{made.location}/undo").location)
    assert "Given back" in page(bob, f"{LIST}/{robot.id}")
    told = [(entry.action, entry.member_name) for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]
    assert told == [("rule.made", "Bob"), ("rule.undone", "Bob")]


def test_those_that_are_ticked_are_taken_out(app: Flask, client: Visitor, bob: Desk, petition: Petition) -> None:
    signers(client, 3)
    ids = [signature.id for signature in db.session.query(Signature)][:2]
    html = bob.send(PREVIEW, id=ids, petition=petition.id).get_data(as_text=True)
    assert "This would take 2 signatures out" in html
    assert bob.send(RULES, id=ids, petition=petition.id, foreseen=2, reason="x").status_code == 303
    assert [s.status for s in db.session.query(Signature).order_by(Signature.id)] == [
        "invalidated",
        "invalidated",
        "pending",
    ]


def test_a_whole_petition_is_never_taken_out(
    app: Flask, client: Visitor, bob: Desk, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers(client, 3)
    for fields in ({}, {"petition": petition.id}, {"petition": "0"}, {"since": "2020-01-01T00:00"}):
        assert bob.send(PREVIEW, **fields).location == LIST
        assert bob.send(RULES, **fields, foreseen=3, reason="x").location == LIST
    monkeypatch.setattr(rules, "MOST", 2)
    assert "More than 2 signatures" in bob.send(PREVIEW, name="robot").get_data(as_text=True)
    assert bob.send(RULES, name="robot", foreseen=2, reason="x").status_code == 409
    assert db.session.query(InvalidationRule).count() == 0


@both_engines
def test_a_confirmation_is_sent_again(app: Flask, client: Visitor, bob: Desk, petition: Petition) -> None:
    sign(client)
    (alice,) = db.session.query(Signature)
    assert len(mails_to(app, "alice@example.org")) == 1
    bob.send(f"{LIST}/{alice.id}/mail")
    assert "on its way already, or was sent" in page(bob, f"{LIST}/{alice.id}")
    with writing() as session:
        session.query(OutboxMessage).delete()
    bob.send(f"{LIST}/{alice.id}/mail")
    late(minutes=1)
    first, second = mails_to(app, "alice@example.org")
    assert first["Subject"] == second["Subject"]
    assert "had a confirmation sent again" in page(bob, f"{LIST}/{alice.id}")


@both_engines
def test_a_signature_is_withdrawn_on_a_letters_demand_with_a_record(
    app: Flask, client: Visitor, bob: Desk, petition: Petition
) -> None:
    confirmed(app, client, comment="Un avis.")
    (alice,) = db.session.query(Signature)
    address = f"{LIST}/{alice.id}/withdrawal"
    assert "falls by one" in page(bob, address)
    assert bob.send(address, note="").status_code == 422
    assert number_shown(client) == 1
    assert bob.send(address, note="Lettre du 3 mars").status_code == 303
    assert number_shown(client) == count_is_exact(petition.id) == 0
    (entry,) = db.session.query(AuditEntry)
    assert (entry.action, entry.object_label) == ("signature.withdrawn", f"no. {alice.id}")
    assert json.loads(entry.details) == {"asked": "Lettre du 3 mars"}
    bob.send(address, note="again")
    assert "did not count any more" in page(bob, f"{LIST}/{alice.id}")
    assert bob.send(f"{LIST}/{alice.id}/mail").status_code == 303
    assert "nothing to send" in page(bob, f"{LIST}/{alice.id}")
    assert db.session.query(AuditEntry).count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "\0"},
        {"name": "\ufffd" * 10},
        {"email": "x" * 400},
        {"email": "@"},
        {"postal_code": "%' --"},
        {"since": "never"},
        {"since": "0001-01-01T00:00", "until": "9999-12-31T23:59"},
        {"since": "2026-01-02T00:00", "until": "2026-01-01T00:00"},
        {"petition": "99"},
        {"petition": "x"},
        {"network": "\\x"},
        {"after": "99999999999"},
        {"after": "x"},
        {"after": "7"},
        {"id": ["1", "x", "99999999999999"]},
    ],
)
def test_what_cannot_be_looked_for_breaks_nothing(
    app: Flask, client: Visitor, bob: Desk, petition: Petition, fields: dict[str, object]
) -> None:
    signers(client, 1)
    assert bob.send(LIST, **fields).status_code in (200, 422)
    assert bob.send(PREVIEW, **fields).status_code in (200, 303)
    assert bob.send(RULES, **fields, foreseen="x", reason="y").status_code in (303, 409)
    assert db.session.query(InvalidationRule).count() == 0


def test_who_may_not_see_signers_sees_none(
    app: Flask, client: Visitor, as_member: AsMember, petition: Petition
) -> None:
    signers(client, 1)
    for role in ("editor", "translator", "reader"):
        desk = as_member(role, role.title())
        assert desk.get(LIST).status_code == 403
        assert desk.send(LIST, name="robot").status_code == 403
