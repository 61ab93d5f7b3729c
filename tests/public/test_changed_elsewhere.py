"""What another process writes is on the next page: nothing that this one keeps may stand in its way.

A page that is made of what is kept is held against one that is made of nothing that is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Executable, delete, insert, update

from petition_app.comments import listing
from petition_app.extensions import db
from petition_app.models import (
    Comment,
    Demand,
    Petition,
    PetitionText,
    Recipient,
    RecipientAnswer,
    Signature,
    SiteSetting,
    Update,
)
from petition_app.models.base import now
from petition_app.models.counter import DayCounter, PetitionCounter
from petition_app.models.paper import PaperBatch
from petition_app.models.petition_field import FieldWording, PetitionField
from petition_app.models.update import UpdateText
from petition_app.petitions.life import delete_draft, take_offline
from petition_app.public import frame, numbers
from petition_app.site import effective
from petition_app.transactions import writing
from petition_app.web import kept, packing
from tests.databases import both_engines
from tests.story import confirmed
from tests.visitor import Visitor

PAGES = ("/fr/petitions/clean-water", "/en/petitions/clean-water")
_query = count()

# What is written into each column of a petition; None for those that no page shows, or that make it another one.
COLUMNS: dict[str, Any] = {
    "id": None,
    "slug": None,
    "default_locale": "en",
    "author": "Une autre association",
    "closes_at": now() + timedelta(days=400),
    "opened_at": now() - timedelta(days=400),
    "postal_code": "hidden",
    "country": "hidden",
    "comments": "off",
    "signers_per_mailbox": 7,
    "goal": 4321,
    "picture": {"id": 1, "files": [{"name": "1-a.webp", "width": 640, "height": 360}], "alts": {"fr": "Une source"}},
    "carriers": [{"name": "Les Amis de l’eau", "url": ""}],
    "has_demands": True,
    "has_mail_words": True,
    "has_answers": True,
    "form_revision": 1,
    "is_demo": True,
    "revision": 9,
    "last_update_at": now(),
    "created_at": now() - timedelta(days=900),
    "signers_forgotten_at": now() - timedelta(days=3),
    "closed_at": now(),
    "status": "closed",
}


@pytest.fixture
def variables() -> dict[str, str]:
    """The association is named on the site's own screen."""
    return {"PETITION_ASSOCIATION_NAME": ""}


@pytest.fixture(autouse=True)
def online(app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch) -> None:
    """A petition with all that can stand on its page, and settings that are looked for by each request."""
    monkeypatch.setattr(effective, "LOOK_EVERY_SECONDS", 0.0)
    confirmed(app, client, comment="Une eau que l’on puisse boire, enfin.")


def _read(client: Visitor) -> list[str]:
    """The pages as they are made now: each at an address that nobody has asked for before."""
    answers = [client.get(f"{page}?n={next(_query)}") for page in PAGES]
    assert {answer.status_code for answer in answers} == {200}
    return [re.sub(r"n=\d+", "", answer.get_data(as_text=True)) for answer in answers]


def _forget(app: Flask) -> None:
    """Be a process that has just begun."""
    for name in ("petitions_seen", "asked_forms", "texts_of_petitions"):
        app.extensions.pop(name, None)
    kept.forget(app)
    app.extensions["page_layer"].drop()
    for cache in (numbers._signers, listing._comments, frame._pieces, packing._deflated):
        cache.cache_clear()


@pytest.fixture
def shows(app: Flask, client: Visitor) -> Callable[..., None]:
    """Write it beside the program; `is_seen` says whether a page is to be another one."""
    read: list[list[str]] = []

    def written(what: str, *changes: Executable, is_seen: bool = True) -> None:
        before = read.pop() if read else _read(client)
        with db.engine.begin() as connection:
            for change in changes:
                connection.execute(change)
        client.get("/fr/privacy")  # the settings are looked at by one request for all
        found = _read(client)
        _forget(app)
        assert found == _read(client), f"{what}: the page is made of what was there before"
        assert (found != before) == is_seen, what
        read.append(found)

    return written


@both_engines
def test_each_column_of_a_petition(petition: Petition, shows: Callable[..., None]) -> None:
    assert COLUMNS.keys() == set(Petition.__table__.columns.keys()), "a new column: is it seen on the next page?"
    unseen = {"signers_per_mailbox", "revision", "created_at", "has_demands", "has_answers", "form_revision"}
    unseen |= {"last_update_at", "closed_at", "has_mail_words"}
    for name, value in COLUMNS.items():
        if value is not None:
            shows(name, update(Petition).values({name: value}), is_seen=name not in unseen)


@both_engines
def test_all_that_stands_beside_it(petition: Petition, shows: Callable[..., None]) -> None:
    number, at = petition.id, now()
    day = at.astimezone(effective.settings().timezone).date()
    new_text = {"petition_id": number, "locale": "fr", "version": 2, "title": "Nouveau titre", "body": "Texte."}
    shows("a new version", insert(PetitionText).values(**new_text))
    shows(
        "its kind", insert(PetitionText).values(**{**new_text, "version": 3, "kind": "change", "reason": "Plus clair"})
    )
    shows("another language", insert(PetitionText).values(**{**new_text, "version": 2, "locale": "en"}))
    of_english = update(PetitionText).where(PetitionText.locale == "en")
    revised = update(Petition).values(revision=Petition.revision + 1)
    shows("what is borrowed", of_english.values(borrowed={"from": "fr", "body": [0], "offices": [0]}), revised)
    oldest = min(text.id for text in petition.texts)
    shows("what it was made of", of_english.values(source_text_id=oldest), revised)
    of_french = Recipient.locale == "fr"
    shows("an office", update(Recipient).where(of_french).values(office="préfète d’Ailleurs"))
    shows("a name", update(Recipient).where(of_french).values(name="Bob Exemple"))
    more = {"petition_id": number, "locale": "fr", "position": 1, "name": "Carol Exemple", "office": "ministre"}
    shows("another recipient", insert(Recipient).values(**more))
    shows("their order", update(Recipient).where(of_french).values(position=Recipient.position + 7), is_seen=False)
    shows("no recipient", delete(Recipient))
    has_demands = update(Petition).values(has_demands=True, has_answers=True)
    demand = {"petition_id": number, "position": 0, "texts": {"fr": "De l’eau pour tous"}, "outcomes": []}
    shows("a demand", insert(Demand).values(**demand), has_demands)
    shows("its words", update(Demand).values(texts={"fr": "De l’eau pour toutes"}))
    outcome = {"verdict": "accepted", "on": "2026-11-24", "sentences": {"fr": "Promis."}, "link": "", "file": None}
    shows("what became of it", update(Demand).values(outcomes=[outcome]))
    shows("a demand less", update(Demand).values(removed_at=at))
    answer = {"petition_id": number, "key": "k", "status": "given", "name": "Ada Exemple", "locale": "fr"}
    answer |= {"statement": "Nous y travaillons.", "verdicts": {}, "expires_at": at, "given_at": at}
    shows("an answer that waits", insert(RecipientAnswer).values(**answer), is_seen=False)
    shows("an answer", update(RecipientAnswer).values(status="approved", approved_at=at))
    shows("an answer taken off", update(RecipientAnswer).values(status="given", approved_at=None))
    shows("an update", *_update(number))
    shows("its title", update(UpdateText).values(title="Le conseil a voté"))
    shows("an update taken off", update(Update).values(taken_off_at=at))
    shows("the count", update(PetitionCounter).values(confirmed=4000))
    shows("the day's", update(DayCounter).where(DayCounter.day == day).values(confirmed=300))
    shows("paper", insert(PaperBatch).values(petition_id=number, label="Marché", counted=1234))
    shows("a question", *_question(number))
    shows("its words", *_reworded())
    shows("the association", _setting("association_name", "Les Sources"))
    shows("the time zone", _setting("timezone", "Pacific/Kiritimati"))


@both_engines
def test_a_name_that_is_hidden_corrected_or_gone(shows: Callable[..., None], client: Visitor) -> None:
    """On the page, in its list of signers and under its comment; and back again, from what is kept longest."""
    former = {"name_display": "full", "surname": "Exemple", "postal_code": "75011", "status": "confirmed", "seat": 1}
    before = _read(client)
    for change in (
        {"name_display": "initial"},
        {"name_display": "hidden"},
        {"surname": "Corrigée"},
        {"postal_code": "38000"},
        {"status": "withdrawn", "seat": None},
    ):
        shows(str(change), update(Signature).values(**change))
        shows("a comment is hidden", update(Comment).values(status="hidden"))
        shows("as before", update(Signature).values(**former), update(Comment).values(status="published"))
        assert _read(client) == before


def test_words_that_were_written_anew_while_it_was_a_draft(
    client: Visitor, make_petition: Callable[..., Petition]
) -> None:
    """Its number is the same, for nobody can have read it."""
    make_petition("second")
    address = "/fr/petitions/second"
    assert "Signez la pétition avec nous" not in client.get(address).get_data(as_text=True)
    take_offline("second")
    with writing() as session:
        petition = session.scalars(db.select(Petition).filter_by(slug="second")).one()
        text = petition.text_for("fr")
        text.call_to_action, text.created_at = "Signez la pétition avec nous", now()
        petition.open(now())
    assert "Signez la pétition avec nous" in client.get(f"{address}?n=2").get_data(as_text=True)


def test_a_petition_in_the_place_of_one_that_was_deleted(
    client: Visitor, make_petition: Callable[..., Petition]
) -> None:
    """SQLite gives the number of the last one again, and what it asked for is not asked for any more."""
    numbers_given = []
    for question in ("Quel âge avez-vous ?", "Où habitez-vous ?"):
        petition = make_petition("second")
        numbers_given.append(petition.id)
        with db.engine.begin() as connection:
            for change in _question(petition.id, question):
                connection.execute(change)
        page = client.get(f"/fr/petitions/second?n={next(_query)}").get_data(as_text=True)
        assert question in page
        take_offline("second")
        delete_draft("second")
        db.session.expunge_all()
    assert numbers_given[0] == numbers_given[1]


def _update(number: int) -> list[Executable]:
    row = {"id": 1, "petition_id": number, "state": "sent", "number": 1, "published_at": now()}
    return [
        insert(Update).values(**row),
        insert(UpdateText).values(update_id=1, locale="fr", title="Le conseil se réunit", body="Demain."),
        update(Petition).values(last_update_at=now()),
    ]


def _question(number: int, label: str = "Quel âge avez-vous ?") -> list[Executable]:
    field = {"id": number, "petition_id": number, "kind": "question_text", "version": 1}
    wording = {"field_id": number, "version": 1, "locale": "fr", "label": label, "purpose": "Pour savoir."}
    return [
        insert(PetitionField).values(**field),
        insert(FieldWording).values(**wording, choices=[], revision=1),
        update(Petition).where(Petition.id == number).values(form_revision=1),
    ]


def _reworded() -> list[Executable]:
    return [update(FieldWording).values(label="Depuis quand ?"), update(Petition).values(form_revision=2)]


def _setting(name: str, value: str) -> Executable:
    return insert(SiteSetting).values(name=name, value=value)
