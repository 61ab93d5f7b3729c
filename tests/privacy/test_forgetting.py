"""Signers are forgotten when their time is over: what goes on counting, and what is broken off or held up."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.models import InvalidationRule, OutboxMessage, Petition, Signature, Tally
from petition_app.models.base import months_after, now
from petition_app.models.counter import confirmed_count
from petition_app.operations import forgetting, jobs, overwriting
from petition_app.operations.overwriting import overwrite
from petition_app.petitions.life import change_settings, close_petition, open_petition
from petition_app.privacy import forgetting as signers
from petition_app.privacy import retention
from petition_app.signing import rules
from petition_app.signing.criteria import Criteria
from petition_app.signing.lifecycle import erase_signature
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.privacy.later import DAY, HOUR, START, Killed, everything, run
from tests.story import BOB, CHARLIE, confirmed, count_is_exact, number_shown, sign
from tests.visitor import Visitor


@both_engines
def test_the_unconfirmed_are_erased_and_the_confirmed_are_not(
    app: Flask, client: Visitor, petition: Petition, settings: Settings
) -> None:
    confirmed(app, client)
    sign(client, **{**CHARLIE, "comment": "Mot oublié."})
    run(now() + retention.UNCONFIRMED - HOUR)
    assert b"charlie@example.org" in everything(settings)
    run(now() + retention.UNCONFIRMED + HOUR)
    kept = everything(settings)
    assert b"charlie@example.org" not in kept
    assert "Mot oublié.".encode() not in kept
    assert b"alice@example.org" in kept
    assert count_is_exact(petition.id) == 1


@both_engines
def test_signers_are_forgotten_and_go_on_counting(
    app: Flask, client: Visitor, petition: Petition, settings: Settings
) -> None:
    personal = confirmed(app, client, comment="Mon avis.", consent_petition_news="y")
    confirmed(app, client, **BOB)
    withdrawn = confirmed(app, client, **CHARLIE)
    client.post(f"{withdrawn}/withdrawal")
    close_petition("clean-water", now())
    before = tallies(petition.id)
    at = months_after(now(), 6)
    assert forgetting.forget_signers(at - DAY) == 0
    assert forgetting.forget_signers(at + DAY) == 3
    assert forgetting.forget_signers(at + DAY) == 0
    run(at + DAY)
    kept = everything(settings)
    for told in ("alice@example.org", "Alice", "bob@example.org", "Témoin", "Mon avis.", "Étranger", "75011"):
        assert told.encode() not in kept, told
    assert number_shown(client) == count_is_exact(petition.id) == confirmed_count(petition.id) == 2
    assert [row.number for row in db.session.query(Signature).order_by(Signature.id)] == [1, 2, 3]
    assert {row.country for row in db.session.query(Signature)} == {"FR"}
    assert before
    jobs.count_signatures(at + 5 * DAY)
    assert tallies(petition.id) == before
    page = client.get("/fr/petitions/clean-water/signatures").get_data(as_text=True)
    assert "Alice" not in page
    assert page.count('class="hidden-name"') == 2
    assert client.get(personal).status_code == 410


def tallies(petition_id: int) -> set[tuple[str, str, int]]:
    """What is counted of a petition's signers: of countries, départements, languages, mail providers."""
    while not jobs.count_signatures(now() + HOUR):
        pass
    rows = db.session.query(Tally).filter(Tally.petition_id == petition_id, Tally.generation > 0)
    return {(row.kind, row.key, row.count) for row in rows}


@both_engines
def test_where_nobody_closes_two_years_of_silence_end_it(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    at = months_after(now(), retention.UNCLOSED_MONTHS)
    assert forgetting.forget_signers(at - DAY) == 0
    assert forgetting.forget_signers(at + DAY) == 1
    # It is open still: who signs now is known until it has been quiet for as long again.
    confirmed(app, client, **BOB)
    assert forgetting.forget_signers(now() + DAY) == 0
    assert count_is_exact(petition.id) == 2


def test_who_reopens_a_petition_begins_the_time_anew(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    close_petition("clean-water", now())
    open_petition("clean-water", now())
    assert forgetting.forget_signers(months_after(now(), 7)) == 0


@both_engines
def test_what_is_broken_off_is_gone_on_with(
    app: Flask, client: Visitor, petition: Petition, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        confirmed(app, client, email=f"signer{number}@example.org", given_name=f"Ada{'abcde'[number]}")
    close_petition("clean-water", now())
    monkeypatch.setattr(signers, "BATCH", 2)
    at = months_after(now(), 7)

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):
        forgetting.forget_signers(at, kill)
    assert db.session.query(Signature).filter(Signature.email.is_not(None)).count() == 3
    if settings.on_sqlite:
        # The writing anew is owed still, by whoever comes next.
        assert db.session.connection().exec_driver_sql("PRAGMA user_version").scalar() == 1
        db.session.rollback()
    assert forgetting.forget_signers(at) == 3
    assert db.session.query(OutboxMessage).filter(OutboxMessage.recipient.contains("signer")).count() == 0
    assert overwrite()
    assert b"@example.org" not in everything(settings).replace(b"contact@example.org", b"")


def test_a_rule_over_all_petitions_forgets_whom_it_was_about_with_the_log(app: Flask) -> None:
    said = {
        "name": "Exemple",
        "email": "a@example.org",
        "mailbox": "~hash",
        "cluster": 1,
        "since": "2026-01-01T00:00:00",
    }
    with writing() as session:
        session.add(InvalidationRule(criteria=json.dumps(said), reason="a test", status="taken", created_at=START))
    forgetting.forget_log(START + retention.LOG - HOUR)
    assert json.loads(db.session.query(InvalidationRule.criteria).scalar()) == said
    forgetting.forget_log(START + retention.LOG + HOUR)
    assert set(json.loads(db.session.query(InvalidationRule.criteria).scalar())) == {"cluster", "since"}


@both_engines
def test_who_is_erased_is_named_by_no_rule_that_took_the_signature(
    app: Flask, client: Visitor, petition: Petition, settings: Settings
) -> None:
    confirmed(app, client)
    confirmed(app, client, **BOB)
    for email in ("alice@example.org", "bob@example.org"):
        criteria = Criteria(petition.id, email=email)
        with writing() as session:
            rule = rules.make_rule(session, criteria, rules.preview(criteria).ids, "a test", None)
        rules.advance(rule.id, now())
    erase_signature(db.session.query(Signature.id).filter_by(email="alice@example.org").scalar(), now())
    assert overwrite()
    kept = everything(settings)
    assert b"alice@example.org" not in kept
    assert b"bob@example.org" in kept


def test_a_reader_holds_the_overwriting_up_and_it_is_done_later(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(app, client)
    close_petition("clean-water", now())
    monkeypatch.setattr(overwriting, "_PATIENCE_MS", 10)
    with db.engine.connect() as reader:
        reader.exec_driver_sql("SELECT * FROM signatures").all()
        forgetting.forget_signers(months_after(now(), 7))
        assert not overwrite()
    assert overwrite()


def test_a_setting_that_is_changed_later_moves_the_day(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    close_petition("clean-water", now())
    change_settings("clean-water", status="archived")
    assert forgetting.forget_signers(months_after(now(), 7)) == 1
