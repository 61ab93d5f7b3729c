"""Signatures that are none are found, counted, taken out by a rule, and given back by its undoing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from petition_app.antiabuse.networks import network_mark
from petition_app.extensions import db
from petition_app.models import Comment, InvalidationRule, Petition, Signature, TakenSignature
from petition_app.models.base import now
from petition_app.models.counter import confirmed_in_all_and_on
from petition_app.operations import forgetting, jobs
from petition_app.signing import rules
from petition_app.signing.criteria import Criteria, busy_networks, count_of_network, find, matching, ticked
from petition_app.signing.lifecycle import erase_signature, withdraw_signature
from petition_app.transactions import writing
from petition_app.web.site import settings
from tests.databases import both_engines
from tests.story import ALICE, confirmed, count_is_exact, number_shown, sign
from tests.visitor import Visitor

PAGE = "/fr/petitions/clean-water"


def crowd(app: Flask, client: Visitor, number: int, *, first: int = 0, confirm: bool = True) -> None:
    """Signers from one network, with a comment each; those that do not confirm wait."""
    for place in range(first, first + number):
        fields = {"email": f"bot{place}@example.org", "surname": f"Robot{place:02}", "comment": f"Avis {place}."}
        if confirm:
            confirmed(app, client, **fields)
        else:
            sign(client, **fields)


def by_surname(name: str) -> Signature:
    return db.session.query(Signature).filter_by(surname=name).one()


def make(criteria: Criteria, reason: str = "robots") -> int:
    ids = rules.preview(criteria).ids
    with writing() as session:
        rule = rules.make_rule(session, criteria, ids, reason, None)
    return rule.id


def take(criteria: Criteria) -> int:
    rule_id = make(criteria)
    assert rules.advance(rule_id, now())
    return rule_id


def give_back(rule_id: int) -> InvalidationRule:
    with writing() as session:
        assert rules.undo(session, rule_id, now()) is not None
    assert rules.advance(rule_id, now())
    return db.session.get_one(InvalidationRule, rule_id, populate_existing=True)


def columns() -> list[tuple[object, ...]]:
    db.session.rollback()
    found = db.session.query(Signature).order_by(Signature.id)
    return [(s.id, s.status, s.seat, s.number, s.confirmed_at, s.invalidated_at, s.invalidated_reason) for s in found]


@both_engines
def test_a_rule_takes_what_its_preview_says_and_gives_back_just_that(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "BATCH", 3)
    crowd(app, client, 7)
    confirmed(app, client)
    crowd(app, client, 2, first=7, confirm=False)
    mark = network_mark("127.0.0.0/24", settings().network_key)
    criteria = Criteria(petition.id, network=mark or "", name="robot")
    before, preview = columns(), rules.preview(criteria)
    assert (len(preview.ids), preview.is_too_many) == (9, False)
    assert number_shown(client) == 8

    rule_id = take(criteria)
    rule = db.session.get_one(InvalidationRule, rule_id)
    assert (rule.status, rule.foreseen, rule.taken) == ("taken", 9, 9)
    assert number_shown(client) == count_is_exact(petition.id) == 1
    assert confirmed_in_all_and_on(petition.id, now().astimezone(settings().timezone).date())[1] == 1
    page = client.get(PAGE).get_data(as_text=True)
    assert "Robot" not in page
    assert "Avis 3." not in page
    assert "Alice" in page

    rule = give_back(rule_id)
    assert (rule.status, rule.given_back, rule.not_given_back) == ("undone", 9, 0)
    assert columns() == before
    assert number_shown(client) == count_is_exact(petition.id) == 8
    assert "Avis 3." in client.get(PAGE).get_data(as_text=True)


@both_engines
def test_what_cannot_come_back_is_told(app: Flask, client: Visitor, petition: Petition) -> None:
    crowd(app, client, 4)
    withdraw_signature(by_surname("Robot03").id, now())
    rule_id = make(ticked([s.id for s in db.session.query(Signature)], petition.id))
    withdraw_signature(by_surname("Robot02").id, now())  # after the preview, before it is taken
    assert rules.advance(rule_id, now())
    assert db.session.get_one(InvalidationRule, rule_id).taken == 2
    erase_signature(by_surname("Robot00").id, now())
    crowd(app, client, 2)  # the second signs again as before
    assert count_is_exact(petition.id) == 2
    rule = give_back(rule_id)
    assert (rule.given_back, rule.not_given_back) == (0, 2)
    assert count_is_exact(petition.id) == 2
    assert by_surname("Robot02").status == "withdrawn"
    assert db.session.query(TakenSignature).filter(TakenSignature.refused_at.is_not(None)).count() == 3


@both_engines
def test_work_that_was_broken_off_goes_on_in_the_worker(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "BATCH", 2)
    crowd(app, client, 5)
    rule_id = make(Criteria(petition.id, name="Robot"))
    assert not rules.advance(rule_id, now(), seconds=-1)
    assert count_is_exact(petition.id) == 3
    with writing() as session:
        assert rules.undo(session, rule_id, now()) is not None
    with writing() as session:
        assert rules.undo(session, rule_id, now()) is None
    jobs.rules.advance_all(now(), lambda: None)
    assert count_is_exact(petition.id) == 5
    assert db.session.get_one(InvalidationRule, rule_id, populate_existing=True).status == "undone"


@both_engines
def test_what_a_rule_was_not_made_for_stays(app: Flask, client: Visitor, petition: Petition) -> None:
    crowd(app, client, 2)
    rule_id = make(Criteria(petition.id, name="Robot"))
    confirmed(app, client, email="late@example.org", surname="Robot99")
    assert rules.advance(rule_id, now())
    assert by_surname("Robot99").status == "confirmed"
    assert count_is_exact(petition.id) == 1


def test_two_at_once_take_each_signature_once(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "BATCH", 1)
    crowd(app, client, 6)
    rule_id = make(Criteria(petition.id, name="Robot"))

    def work() -> None:
        with app.app_context():
            rules.advance(rule_id, now())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.session.get_one(InvalidationRule, rule_id, populate_existing=True).taken == 6
    assert count_is_exact(petition.id) == 0


def surnames(criteria: Criteria, limit: int = 50) -> list[str]:
    """Page by page, until the last."""
    found, after = [], 0
    while True:
        page = find(criteria, after, limit)
        found += [signature.surname for signature in page.items]
        if not page.next:
            return found
        after = page.next


@both_engines
def test_signatures_are_found_by_what_is_known_of_them(
    app: Flask, client: Visitor, petition: Petition, make_petition: Callable[..., Petition]
) -> None:
    people = (
        ("Jeanne", "DUPONT", "jeanne.dupont@gmail.com", "75011"),
        ("Jean Paul", "Dupont-Martin", "jp@example.org", "69001"),
        ("Élodie", "dupont", "elodie@example.org", "75011"),
        ("Zoë", "Étienne", "zoe@example.org", "75011"),
    )
    for given, surname, email, code in people:
        sign(client, given_name=given, surname=surname, email=email, postal_code=code)
    make_petition("other")
    sign(client, "other", surname="Dupont", email="jeanne.dupont@gmail.com")
    here = petition.id
    for limit in (1, 2, 50):
        assert sorted(surnames(Criteria(here, name="dupont"), limit)) == ["DUPONT", "Dupont-Martin", "dupont"]
        assert sorted(surnames(Criteria(name="dup"), limit)) == ["DUPONT", "Dupont", "Dupont-Martin", "dupont"]
        assert surnames(Criteria(here), limit) == ["Étienne", "dupont", "Dupont-Martin", "DUPONT"]
        assert surnames(Criteria(here, postal_code="75011"), limit) == ["Étienne", "dupont", "DUPONT"]
    assert surnames(Criteria(here, name="jeanne dupont")) == ["DUPONT"]
    assert surnames(Criteria(here, name="Dupont J")) == ["DUPONT"]
    assert surnames(Criteria(here, name="jean paul dupont-martin")) == ["Dupont-Martin"]
    assert surnames(Criteria(here, name="étienne")) == ["Étienne"]
    assert surnames(Criteria(here, email="JeanneDupont+x@googlemail.com")) == ["DUPONT"]
    assert sorted(surnames(Criteria(email="jeannedu"))) == ["DUPONT", "Dupont"]
    assert surnames(Criteria(here, name="dupont", postal_code="75011", email="elodie@example.org")) == ["dupont"]
    assert surnames(Criteria(here, until=now() - timedelta(hours=1))) == []
    assert len(surnames(Criteria(here, since=now() - timedelta(hours=1), until=now() + timedelta(hours=1)))) == 4
    for odd in ("%", "_", "'", "\\", "\U0010ffff", "a b c d e f g h"):
        assert surnames(Criteria(here, name=odd, postal_code=odd)) == []


@both_engines
def test_who_signs_from_one_network_is_seen_and_the_address_is_kept_nowhere(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    for place in range(6):
        client.post(
            f"{PAGE}/signatures",
            data={**ALICE, "email": f"n{place}@example.org"},
            environ_overrides={"REMOTE_ADDR": f"2001:db8:1:2::{place}" if place < 4 else "192.0.2.7"},
        )
    ((network, count), *others) = busy_networks(petition.id, latest=100, fewest=2)
    assert count == 4
    assert [number for _network, number in others] == [2]
    assert len(matching(Criteria(petition.id, network=network), 50)) == 4
    first = find(Criteria(petition.id, network=network), 0, 1).items[0]
    assert count_of_network(first, 100) == 4
    assert count_of_network(first, 3) == 3
    with db.engine.connect() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM signatures").all())
    assert "2001:db8" not in rows
    assert "192.0.2" not in rows

    assert forgetting.forget_networks(now() + timedelta(days=29)) == 0
    assert forgetting.forget_networks(now() + timedelta(days=31)) == 6
    assert busy_networks(petition.id, latest=100, fewest=1) == []


@both_engines
def test_a_comment_that_waited_waits_again(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client, comment="Voyez www.example.org")
    before = db.session.query(Comment).one().standing()
    assert before["queued_at"]
    rule_id = take(Criteria(petition.id, name="Exemple"))
    assert db.session.query(Comment).one().queued_at is None
    give_back(rule_id)
    after = db.session.query(Comment).one()
    assert (after.status, bool(after.queued_at)) == ("waiting", True)
