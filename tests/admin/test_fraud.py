"""What was found is shown, taken out of the count and let back by one press, and every press is in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from petition_app.antiabuse import suspicion
from petition_app.extensions import db
from petition_app.fraud import decisions, watching
from petition_app.models import AuditEntry, Cluster, FraudWatch, Petition, Signature
from petition_app.models.base import now
from petition_app.operations import jobs
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.story import ALICE, count_is_exact, link_in, mails, number_shown
from tests.visitor import Visitor

DESK = "/admin/fraud/clean-water"


@pytest.fixture
def variables() -> dict[str, str]:
    return {"PETITION_ABUSE_CONTROLS": "on"}


def arrive(client: Visitor, email: str, host: str, **fields: str) -> None:
    entries = {**ALICE, "email": email, "surname": f"Nom{email.split('@', 1)[0].title()}", **fields}
    answer = client.post("/fr/petitions/clean-water/signatures", data=entries, environ_overrides={"REMOTE_ADDR": host})
    assert answer.status_code == 303


def look() -> None:
    """What the worker does every few seconds."""
    watching.watch_all(now())
    watching.count_clusters(now())
    suspicion.memory().forget()
    db.session.rollback()


def attack(app: Flask, client: Visitor) -> None:
    """Two sign from a network and count; then throw-away mailboxes come from there; an honest one is elsewhere."""
    for name in ("alpha", "beta"):
        arrive(client, f"{name}@gmail.com", "192.0.2.1")
        client.post(link_in(mails(app)[-1]))
    arrive(client, "honest@gmail.com", "198.51.100.7")
    client.post(link_in(mails(app)[-1]))
    for name in ("gamma", "delta", "epsilon"):
        arrive(client, f"{name}@yopmail.com", "192.0.2.2")
        client.post(link_in(mails(app)[-1]))
    look()


def cluster(kind: str) -> Cluster:
    db.session.rollback()
    return db.session.query(Cluster).filter_by(kind=kind).one()


def status_of(name: str) -> str:
    db.session.rollback()
    return db.session.query(Signature).filter_by(surname=f"Nom{name.title()}").one().status


@both_engines
def test_a_group_is_taken_out_and_let_back_and_the_count_is_exact(
    app: Flask, client: Visitor, bob: Desk, petition: Petition
) -> None:
    attack(app, client)
    found = cluster("network")
    assert (found.level, found.counting, found.held, found.out) == (2, 2, 3, 0)
    overview = bob.get("/admin/fraud").get_data(as_text=True)
    assert "Groups to decide on" in overview
    assert DESK in overview
    html = bob.get(DESK).get_data(as_text=True)
    assert "From one network" in html
    assert "−2" in html
    assert "+3" in html
    assert number_shown(client) == count_is_exact(petition.id) == 3
    page = f"{DESK}/{found.id}"
    assert "3 bear signs of a machine" in bob.get(page).get_data(as_text=True)

    assert bob.send(f"/admin/fraud/clusters/{found.id}/quarantine").location == page
    assert number_shown(client) == count_is_exact(petition.id) == 1
    assert status_of("alpha") == "invalidated"
    assert "Undo" in bob.get(page).get_data(as_text=True)
    found = cluster("network")
    assert (found.status, found.counting, found.held, found.out) == ("quarantined", 0, 3, 2)

    # Whoever comes from there is held; whoever comes from elsewhere counts.
    arrive(client, "zeta@gmail.com", "192.0.2.3")
    client.post(link_in(mails(app)[-1]))
    arrive(client, "eta@gmail.com", "203.0.113.9")
    client.post(link_in(mails(app)[-1]))
    assert (status_of("zeta"), status_of("eta")) == ("pending", "confirmed")
    look()

    bob.send(f"/admin/fraud/clusters/{found.id}/release")
    assert number_shown(client) == count_is_exact(petition.id) == 8
    first = db.session.query(Signature).filter_by(surname="NomAlpha").one()
    assert (first.status, first.number) == ("confirmed", 1), "it stands as before"
    assert cluster("network").status == "released"
    arrive(client, "theta@gmail.com", "192.0.2.3")
    client.post(link_in(mails(app)[-1]))
    assert status_of("theta") == "confirmed"
    look()

    bob.send(f"/admin/fraud/clusters/{found.id}/quarantine")
    assert count_is_exact(petition.id) == 2
    acts = [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]
    assert [act for act in acts if act.startswith("fraud.")] == [
        "fraud.quarantined",
        "fraud.released",
        "fraud.quarantined",
    ]


@both_engines
def test_a_release_that_was_broken_off_goes_on_in_the_worker(
    app: Flask, client: Visitor, bob: Desk, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    attack(app, client)
    monkeypatch.setattr(decisions, "BATCH", 2)
    found = cluster("network").id
    with writing() as session:
        decisions.release(session, found, now(), bob.member)
    assert not decisions.advance(found, now(), seconds=-1)
    assert count_is_exact(petition.id) == 5
    decisions.advance_all(now(), lambda: None)
    assert count_is_exact(petition.id) == 6
    assert cluster("network").status == "released"


def test_what_another_quarantine_holds_is_not_released_beside_it(
    app: Flask, client: Visitor, bob: Desk, petition: Petition
) -> None:
    attack(app, client)
    bob.send(DESK + "/decisions", id=str(cluster("network").id), decision="quarantine")
    bob.send(DESK + "/decisions", id=str(cluster("sign").id), decision="release")
    assert count_is_exact(petition.id) == 1
    assert "Tick at least one" in bob.get(bob.send(DESK + "/decisions", decision="release").location).get_data(
        as_text=True
    )


def test_one_held_signature_is_let_count(app: Flask, client: Visitor, bob: Desk, petition: Petition) -> None:
    attack(app, client)
    held = db.session.query(Signature).filter_by(surname="NomGamma").one()
    assert "Let it count" in bob.get(f"/admin/signatures/{held.id}").get_data(as_text=True)
    bob.send(f"/admin/fraud/signatures/{held.id}/release")
    assert status_of("gamma") == "confirmed"
    assert count_is_exact(petition.id) == 4
    assert db.session.query(AuditEntry).filter_by(action="fraud.signature_released").count() == 1


def test_work_is_asked_for_while_the_traffic_looks_wrong(app: Flask, client: Visitor, petition: Petition) -> None:
    address = "/fr/petitions/clean-water/challenge"
    assert set(client.get(address).get_json()) == {"stamp"}
    page = client.get("/fr/petitions/clean-water/sign").get_data()
    for number in range(6):
        arrive(client, f"bot{number}@yopmail.com", f"192.0.2.{number}")
    look()
    asked = client.get(address)
    assert set(asked.get_json()) == {"stamp", "work"}
    assert asked.headers["Cache-Control"] == "no-store"
    assert client.get("/fr/petitions/clean-water/sign").get_data() == page, "the page is the same for all"
    # Without a script the way by the mail alone stays open.
    arrive(client, "phone@gmail.com", "198.51.100.7")
    client.post(link_in(mails(app)[-1]))
    assert status_of("phone") == "confirmed"
    with writing() as session:
        session.query(FraudWatch).one().asks_work_until = now() - timedelta(seconds=1)
    suspicion.memory().forget()
    assert set(client.get(address).get_json()) == {"stamp"}


def test_marks_are_forgotten_and_what_was_decided_stays(
    app: Flask, client: Visitor, bob: Desk, petition: Petition
) -> None:
    attack(app, client)
    bob.send(f"/admin/fraud/clusters/{cluster('network').id}/quarantine")
    for job in jobs.JOBS:
        if "cluster" in job.name or "networks" in job.name:
            job.run(now() + timedelta(days=31), lambda: None)
    found = cluster("network")
    assert (found.mark, found.status, found.counting, found.out) == (None, "quarantined", 0, 2)
    assert bob.get(f"{DESK}/{found.id}").status_code == 200
    bob.send(f"/admin/fraud/clusters/{found.id}/release")
    assert count_is_exact(petition.id) == 6


@pytest.mark.parametrize("role", ["editor", "reader", "translator"])
def test_others_see_nothing_of_it(
    app: Flask, client: Visitor, petition: Petition, as_member: AsMember, role: str
) -> None:
    desk = as_member(role)
    for path in ("/admin/fraud", DESK):
        assert desk.get(path).status_code == 403
    assert desk.send("/admin/fraud/clusters/1/release").status_code == 403
    assert client.get(DESK).status_code in (302, 303, 401, 403)


def test_what_is_not_there_is_not_found(app: Flask, bob: Desk, petition: Petition) -> None:
    for path in (f"{DESK}/77", f"{DESK}?state=x", "/admin/fraud/none", f"{DESK}/9999999999"):
        assert bob.get(path).status_code == 404, path
    for path in ("clusters/77/release", "clusters/9999999999/quarantine", "signatures/9999999999/release"):
        assert bob.send(f"/admin/fraud/{path}").status_code == 404, path
