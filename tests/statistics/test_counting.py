"""The tallies say what the rows say, without a page ever counting them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from petition_app.antiabuse.providers import OTHERS, provider_of
from petition_app.extensions import db
from petition_app.models import OutboxMessage, Petition, Signature, Tally, TallyState
from petition_app.models.base import now
from petition_app.operations import demo
from petition_app.signing.lifecycle import withdraw_signature
from petition_app.statistics import counting
from petition_app.statistics.counting import ANEW_AFTER, BEHIND, count_signatures, count_unconfirmed
from petition_app.statistics.numbers import Numbers, numbers_of
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.story import BOB, confirmed, mails, sign
from tests.visitor import Visitor

LATER = BEHIND + timedelta(seconds=1)


@pytest.fixture
def crowd(app: Flask) -> int:
    demo.load()
    petition = Petition.by_slug("demo")
    assert petition is not None
    return petition.id


def shown(petition_id: int) -> Numbers:
    return numbers_of(petition_id, now())


def rows_by(column: str) -> Counter[Any]:
    return Counter(value for (value,) in db.session.query(getattr(Signature, column)).filter_by(status="confirmed"))


@both_engines
def test_the_tallies_are_what_the_rows_are(crowd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "BATCH", 50)
    assert count_signatures(now() + LATER)
    numbers = shown(crowd)
    assert numbers.is_complete
    assert numbers.counted == sum(count for _day, count in numbers.days) == 428
    assert {line.key: line.count for line in numbers.countries} == rows_by("country")
    assert {line.key: line.count for line in numbers.languages} == rows_by("locale")
    assert [line.count for line in numbers.countries] == sorted((c for c in rows_by("country").values()), reverse=True)
    reunion = rows_by("postal_code")["97411"]
    assert next(line.count for line in numbers.departements if line.key == "974") == reunion > 0
    assert [(line.name, line.confirmed) for line in numbers.providers] == [(OTHERS, 428)]


@both_engines
def test_those_who_sign_later_are_added(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client, email="alice@gmail.com")
    at = now()
    assert count_signatures(at)
    assert shown(petition.id).counted == 0  # too fresh: another one of the same moment may not be committed yet
    count_signatures(at + LATER)
    count_signatures(at + LATER)
    assert shown(petition.id).counted == 1
    confirmed(app, client, **BOB)
    count_signatures(now() + LATER)
    numbers = shown(petition.id)
    assert numbers.counted == numbers.hours[-1][1] + numbers.hours[-2][1] == 2
    assert {(line.name, line.confirmed) for line in numbers.providers} == {("Gmail", 1), (OTHERS, 1)}


@both_engines
def test_every_day_all_is_counted_anew(crowd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "BATCH", 100)
    at = now() + LATER
    count_signatures(at)
    for number in (1, 2, 3):
        withdraw_signature(number, now())
    count_signatures(at + timedelta(hours=1))
    assert shown(crowd).counted == 428
    # Halfway through, what was counted before is still shown.
    assert not count_signatures(at + ANEW_AFTER, budget=0.0)
    assert db.session.query(TallyState).count() == 2
    assert shown(crowd).counted == 428
    assert count_signatures(at + ANEW_AFTER)
    assert shown(crowd).counted == 425
    assert db.session.query(TallyState.generation).all() == [(2,)]
    assert {line.key: line.count for line in shown(crowd).countries} == rows_by("country")
    assert {generation for (generation,) in db.session.query(Tally.generation)} == {2}


def test_what_is_over_and_unchanged_is_left_alone(crowd: int) -> None:
    at = now() + LATER
    count_signatures(at)
    with writing() as session:
        session.execute(update(Petition).values(status="archived"))
    count_signatures(at + 3 * ANEW_AFTER)
    assert db.session.query(TallyState.generation).all() == [(1,)]
    withdraw_signature(5, now())
    count_signatures(at + 3 * ANEW_AFTER)
    assert shown(crowd).counted == 427


def test_two_that_count_at_once_count_once(crowd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose lease was lost goes on for a moment: it finds the place of its batch taken."""
    find = counting._next

    def overtaken(state: TallyState, until: datetime) -> Any:
        rows = find(state, until)
        monkeypatch.setattr(counting, "_next", find)
        count_signatures(now() + LATER)
        return rows

    monkeypatch.setattr(counting, "_next", overtaken)
    count_signatures(now() + LATER)
    assert shown(crowd).counted == sum(count for _day, count in shown(crowd).days) == 428


@both_engines
def test_who_has_not_confirmed(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client, email="one@gmail.com")
    sign(client, email="two@gmail.com")
    sign(client, email="three@free.fr")
    confirmed(app, client, email="four@free.fr")
    mails(app)
    bounced = db.session.query(Signature.id).filter_by(email="two@gmail.com").scalar()
    with writing() as session:
        session.execute(update(OutboxMessage).where(OutboxMessage.signature_id == bounced).values(status="failed"))
    count_unconfirmed(now() + timedelta(seconds=1))
    count_unconfirmed(now() + timedelta(seconds=1))
    count_signatures(now() + LATER)
    numbers = shown(petition.id)
    assert (numbers.pending, numbers.bounced) == (2, 1)
    lines = {line.name: (line.confirmed, line.pending, line.bounced) for line in numbers.providers}
    assert lines == {"Free": (1, 1, 0), "Gmail": (0, 1, 1)}
    count_unconfirmed(now() + timedelta(days=8))
    assert (shown(petition.id).pending, shown(petition.id).bounced) == (0, 1)


@both_engines
def test_the_unconfirmed_are_read_in_batches(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(11):
        sign(client, email=f"p{number}@gmail.com", given_name=f"P{'abcdefghijk'[number]}")
    same = db.session.query(Signature).order_by(Signature.id)[3].created_at
    with writing() as session:
        session.execute(update(Signature).where(Signature.id.in_((4, 5, 6))).values(created_at=same))
    monkeypatch.setattr(counting, "BATCH", 4)
    count_unconfirmed(now() + timedelta(seconds=1))
    assert shown(petition.id).pending == 11


def test_nothing_was_counted_yet(petition: Petition) -> None:
    numbers = shown(petition.id)
    assert (numbers.counted_until, numbers.is_complete, numbers.days, numbers.countries) == (None, False, [], [])
    assert numbers.visits.conversion is None


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("a@GMAIL.com", "Gmail"),
        ("a@wanadoo.fr", "Orange"),
        ("a@mairie-exemple.fr", OTHERS),
        (None, OTHERS),
        ("", OTHERS),
    ],
)
def test_only_large_providers_are_told_apart(address: str | None, provider: str) -> None:
    assert provider_of(address) == provider
