"""Letters about data: recorded with their day, carried out for the person, answered within a month."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from petition_app.extensions import db
from petition_app.models import AuditEntry, Comment, DataRequest, Petition, Signature
from petition_app.models.base import months_after, now
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.story import BOB, confirmed, count_is_exact
from tests.visitor import Visitor

HOME = "/admin/requests"
LETTER = {"kind": "erasure", "received": "2026-01-31", "person": "Alice Exemple", "contact": "1 rue X", "note": "No 17"}


def recorded(desk: Desk, **said: str) -> str:
    """Record a letter; answers with its page."""
    answer = desk.send(f"{HOME}/new", **{**LETTER, **said})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def attached(desk: Desk, page: str, email: str = "alice@example.org") -> str:
    """Find the person's signature and tick it; answers with its page."""
    found = desk.send(f"{page}/search", name="", email=email).get_data(as_text=True)
    ticks = re.findall(r'name="id"\s+value="(\d+)"', found)
    assert len(ticks) == 1
    assert desk.send(f"{page}/signatures", id=ticks[0]).status_code == 303
    return f"{page}/signatures/{ticks[0]}"


@both_engines
def test_a_letter_is_recorded_carried_out_and_answered(
    app: Flask,
    client: Visitor,
    petition: Petition,
    alice: Desk,
) -> None:
    personal = confirmed(app, client, comment="Mon avis.", consent_petition_news="y")
    confirmed(app, client, **BOB)
    page = recorded(alice)
    wanted = db.session.query(DataRequest).one()
    assert (wanted.received, wanted.due) == (date(2026, 1, 31), date(2026, 2, 28))  # a month, and no day more
    assert "overdue" in alice.get(HOME).get_data(as_text=True)
    signature = attached(alice, page)
    assert "alice@example.org" in alice.get(signature).get_data(as_text=True)

    copy = alice.get(f"{signature}/data.json")
    assert json.loads(copy.data)["comment"]["text"] == "Mon avis."
    assert alice.send(f"{signature}/consents/petition_news/withdrawal").status_code == 303
    assert not db.session.get_one(Signature, 1).agrees_to("petition_news")
    corrected = {"given_name": "Alicia", "surname": "Modèle", "postal_code": "75012", "country": "FR"}
    assert alice.send(signature, **corrected, comment="Mieux.", name_display="initial").status_code == 303
    assert "Alicia" in client.get(personal).get_data(as_text=True)
    assert alice.get(f"{signature}/erasure").status_code == 200
    assert alice.send(f"{signature}/erasure").status_code == 303
    assert client.get(personal).status_code == 410
    assert alice.get(signature).status_code == 404
    assert "erased" in alice.get(page).get_data(as_text=True)
    assert count_is_exact(petition.id) == 1
    assert db.session.query(Comment).count() == 0

    assert alice.send(f"{page}/answer", answer="").status_code == 422
    assert alice.send(f"{page}/answer", answer="Erased, told by letter.").location == HOME
    wanted = db.session.query(DataRequest).one()
    assert (wanted.answered_by, wanted.answer) == ("Alice", "Erased, told by letter.")
    assert alice.send(f"{page}/reopening").status_code == 303
    assert db.session.query(DataRequest).one().is_open
    acts = [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]
    assert acts == [
        "request.recorded",
        "signature.copied",
        "signature.consent_withdrawn",
        "signature.corrected",
        "signature.erased",
        "request.answered",
        "request.reopened",
    ]
    # The log outlives the letter: it names the request by its number alone.
    log = " ".join(f"{entry.object_label} {entry.details}" for entry in db.session.query(AuditEntry))
    for told in ("Exemple", "Alicia", "example.org", "rue X", "No 17"):
        assert told not in log


@both_engines
def test_the_association_gives_no_consent_for_a_signer(
    app: Flask,
    client: Visitor,
    petition: Petition,
    alice: Desk,
) -> None:
    confirmed(app, client, consent_association_news="y")
    signature = attached(alice, recorded(alice, kind="correction"))
    assert "consent_petition_news" not in alice.get(signature).get_data(as_text=True)
    ticks = {"consent_petition_news": "y", "consent_processing": "y"}
    told = {
        "given_name": "Alice",
        "surname": "Exemple",
        "postal_code": "75011",
        "country": "FR",
        "name_display": "full",
    }
    assert alice.send(signature, **told, **ticks).status_code == 303
    row = db.session.query(Signature).one()
    assert row.agrees_to("association_news")
    assert not row.agrees_to("petition_news")


def test_only_what_belongs_to_the_letter_can_be_touched(
    app: Flask,
    client: Visitor,
    petition: Petition,
    alice: Desk,
) -> None:
    confirmed(app, client)
    confirmed(app, client, **BOB)
    page = recorded(alice)
    mine = attached(alice, page)
    bobs = f"{page}/signatures/{db.session.query(Signature.id).filter_by(email='bob@example.org').scalar()}"
    for path in ("", "/data.json", "/erasure"):
        assert alice.get(bobs + path).status_code == 404
    for path in ("", "/erasure", "/consents/petition_news/withdrawal"):
        assert alice.send(bobs + path).status_code == 404
    assert alice.send(f"{mine}/removal").status_code == 303
    assert alice.get(mine).status_code == 404
    for nothing in ("999", "2147483648", "99999999999999999999"):
        assert alice.get(f"{HOME}/{nothing}").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("received", ""),
        ("received", "3026-01-01"),
        ("person", ""),
        ("person", "x" * 161),
        ("note", "x" * 2001),
        ("kind", "x"),
    ],
)
def test_what_is_wrong_comes_back(alice: Desk, field: str, value: str) -> None:
    answer = alice.send(f"{HOME}/new", **{**LETTER, field: value})
    assert answer.status_code == 422
    assert "1 rue X" in answer.get_data(as_text=True)
    assert db.session.query(DataRequest).count() == 0


def test_the_overview_tells_in_time(app: Flask, alice: Desk, as_member: AsMember) -> None:
    recorded(alice, received=str(now().date()))
    bob = as_member("moderator", "Bob")
    assert "about data is to be answered" not in alice.get("/admin/").get_data(as_text=True)
    late = datetime.combine(months_after(now().date(), 1) - timedelta(days=6), datetime.min.time(), now().tzinfo)
    with time_machine.travel(late):
        carol = as_member("administrator", "Carol")
        assert "about data is to be answered" in carol.get("/admin/").get_data(as_text=True)
    assert bob.get(HOME).status_code == 403
