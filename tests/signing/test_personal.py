"""A signer sees, corrects, hides, withdraws, takes away and erases; a stranger can do none of it."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from flask import Flask

from petition_app.comments.moderation import comments_by_status, hide_comment
from petition_app.extensions import db
from petition_app.models import Comment, Consent, OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.petitions.life import change_settings
from petition_app.signing.lifecycle import (
    Correction,
    Gone,
    correct_signature,
    erase_signature,
    withdraw_signature,
)
from petition_app.transactions import writing
from petition_app.web.filters import iso
from tests.databases import both_engines
from tests.story import ALICE, BOB, confirmed, count_is_exact, number_shown, sign
from tests.visitor import Visitor

CORRECTED = {
    "given_name": "Alicia",
    "surname": "Modèle",
    "postal_code": "1000",
    "country": "BE",
    "name_display": "initial",
    "comment": "Corrigé.",
    "consent_association_news": "y",
}


@both_engines
def test_everything_that_is_stored_is_shown(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, comment="Mon avis.", consent_petition_news="y")
    response = client.get(personal)
    html = response.get_data(as_text=True)
    for stored in ("Alice", "Exemple", "alice@example.org", "75011", "France", "Mon avis.", "Association Exemple"):
        assert stored in html
    assert "no-store" in response.headers["Cache-Control"]
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert response.headers["Referrer-Policy"] == "no-referrer"


@both_engines
def test_corrections_show_on_the_public_page(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, comment="Avant.", consent_petition_news="y")
    assert client.post(personal, data=CORRECTED).status_code == 303

    page = client.get("/fr/petitions/clean-water").get_data(as_text=True)
    assert "Alicia" in page
    assert "M." in page
    assert "Modèle" not in page
    assert "Corrigé." in page
    assert "Avant." not in page
    signature = db.session.query(Signature).one()
    assert not signature.agrees_to("petition_news")
    assert signature.consent_to("petition_news").withdrawn_at is not None
    assert signature.agrees_to("association_news")
    assert signature.consent_to("name_display").value == "initial"
    assert count_is_exact(petition.id) == 1


def test_a_hidden_name_is_a_row_without_name_and_code(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client)
    client.post(personal, data={**CORRECTED, "name_display": "hidden", "comment": ""})
    page = client.get("/fr/petitions/clean-water").get_data(as_text=True)
    assert "Alicia" not in page
    assert "Modèle" not in page
    assert number_shown(client) == 1


def test_wrong_corrections_come_back(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client)
    response = client.post(personal, data={**CORRECTED, "given_name": "", "surname": "Gardé"})
    assert response.status_code == 422
    assert 'value="Gardé"' in response.get_data(as_text=True)
    assert db.session.query(Signature).one().surname == "Exemple"


@both_engines
def test_one_mailbox_cannot_count_one_person_twice_by_renaming(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    second = confirmed(app, client, given_name="Bob")
    response = client.post(second, data={**CORRECTED, "given_name": ALICE["given_name"], "surname": "exemple"})
    assert response.status_code == 422
    assert count_is_exact(petition.id) == 2


@both_engines
def test_withdrawing_lowers_the_count_at_once(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, comment="Mon avis.")
    confirmed(app, client, **BOB)
    assert number_shown(client) == 2
    assert client.get(f"{personal}/withdrawal").status_code == 200
    assert number_shown(client) == 2
    for _twice in range(2):
        assert client.post(f"{personal}/withdrawal").status_code == 303
        assert number_shown(client) == 1
    page = client.get("/fr/petitions/clean-water").get_data(as_text=True)
    assert "Alice" not in page
    assert "Mon avis." not in page
    assert client.get(f"{personal}/receipt").status_code == 303
    assert count_is_exact(petition.id) == 1


def test_a_hidden_comment_does_not_come_back_by_writing_it_anew(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    personal = confirmed(app, client, comment="Insulte.")
    comment_id = db.session.query(Comment).one().id
    with writing():
        db.session.get(Comment, comment_id).hide(now(), reason="charter")
    for text in ("", "Insulte, encore."):
        client.post(personal, data={**CORRECTED, "comment": text})
        assert "Insulte" not in client.get("/fr/petitions/clean-water").get_data(as_text=True)
        assert db.session.query(Comment).filter_by(status="published").count() == 0


@both_engines
def test_ones_data_can_be_taken_away(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, comment="Mon avis.")
    response = client.get(f"{personal}/data.json")
    data = json.loads(response.data)
    assert response.mimetype == "application/json"
    assert "attachment" in response.headers["Content-Disposition"]
    assert data["email"] == "alice@example.org"
    assert data["comment"]["text"] == "Mon avis."
    assert {c["purpose"] for c in data["consents"]} == {"processing", "name_display"}
    assert data["mails"][0]["kind"] == "confirmation"


# Keys of the database's own, and a name in the form in which two are compared.
INTERNAL = {"id", "key", "petition_id", "text_id", "seat", "name_key"}


def test_the_copy_leaves_nothing_out(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, comment="Mon avis.")
    client.post(f"{personal}/withdrawal")
    copy = client.get(f"{personal}/data.json").get_data(as_text=True)
    page = client.get(personal).get_data(as_text=True)
    signature = db.session.query(Signature).one()
    for name in (column.key for column in Signature.__table__.columns):
        value = getattr(signature, name)
        if name not in INTERNAL and value not in (None, ""):
            told = iso(value) if isinstance(value, datetime) else str(value)
            assert f'"{told}"' in copy or f": {told}," in copy, name
    for shown in ("Marque du réseau", "Courriels qui vous ont été adressés", "confirmation", "Langue"):
        assert shown in page


@both_engines
def test_erasing_leaves_an_anonymous_mark(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, comment="Mon avis.")
    confirmed(app, client, **BOB)
    assert client.get(f"{personal}/erasure").status_code == 200
    assert client.post(f"{personal}/erasure").status_code == 200
    db.session.rollback()
    mark = db.session.query(Signature).order_by(Signature.id).first()
    assert (mark.status, mark.number, mark.email, mark.mailbox, mark.key, mark.name_key) == (
        "withdrawn",
        1,
        None,
        None,
        None,
        None,
    )
    assert mark.given_name == mark.surname == mark.postal_code == ""
    assert db.session.query(Comment).count() == 0
    assert db.session.query(Consent).filter_by(signature_id=mark.id).count() == 0
    assert db.session.query(OutboxMessage).filter(OutboxMessage.recipient.contains("alice")).count() == 0
    assert client.get(personal).status_code == 410
    assert client.post(f"{personal}/withdrawal").status_code == 410
    assert count_is_exact(petition.id) == 1


def test_a_stranger_without_the_link_can_do_nothing(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client)
    token = personal.rsplit("/", 1)[1]
    guessed = f"/fr/signatures/{'2' if token[0] == '1' else '1'}{token[1:]}"
    for path in ("", "/withdrawal", "/erasure"):
        assert client.post(guessed + path, data=CORRECTED).status_code == 404
        foreign = client.post(personal + path, data=CORRECTED, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
    assert number_shown(client) == 1
    assert sign(client, **BOB).status_code == 303


def test_a_hidden_comment_does_not_come_back_by_way_of_an_empty_one(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    personal = confirmed(app, client, comment="Rude words.")
    hide_comment(db.session.query(Comment).one().id, "rude", now())
    for text in ("Other words.", "", "Rude words again."):
        assert client.post(personal, data={**CORRECTED, "comment": text}).status_code == 303
    assert "words" not in client.get("/fr/petitions/clean-water").get_data(as_text=True)
    assert "Rude words again." in [c.text for c in comments_by_status("waiting", slug=None, limit=5)]


def test_what_a_petition_no_longer_asks_for_stays(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, comment="My reasons.", postal_code="75011")
    change_settings("clean-water", comments="off", postal_code="hidden")
    assert client.post(personal, data={**CORRECTED, "surname": "Corrected"}).status_code == 303
    signature = db.session.query(Signature).one()
    assert (signature.surname, signature.postal_code) == ("Corrected", "75011")
    assert signature.comment is not None
    assert signature.comment.text == "My reasons."


def test_a_consent_is_kept_in_the_language_that_it_was_shown_in(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    personal = confirmed(app, client).replace("/fr/", "/en/")
    assert client.post(personal, data={**CORRECTED, "consent_petition_news": "y"}).status_code == 303
    consent = db.session.query(Signature).one().consent_to("petition_news")
    assert consent is not None
    assert (consent.wording.locale, consent.wording.text[:12]) == ("en", "I would like")


@both_engines
def test_nothing_is_written_back_into_what_was_erased(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client, comment="A comment.")
    number = db.session.query(Signature).one().id
    wanted = Correction("Ghost", "Ghost", "75011", "FR", "Boo.", "full", {})
    erase_signature(number, now())
    with pytest.raises(Gone):
        correct_signature(number, wanted, now())
    assert client.post(personal, data=CORRECTED).status_code == 410
    signature = db.session.query(Signature).one()
    assert (signature.given_name, signature.surname, signature.comment) == ("", "", None)


def test_nothing_is_corrected_in_what_was_withdrawn(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client, comment="A comment.")
    number = db.session.query(Signature).one().id
    withdraw_signature(number, now())
    with pytest.raises(Gone):
        correct_signature(number, Correction("G", "G", None, "FR", "Boo.", "full", {}), now())
    assert db.session.query(Comment).one().text == "A comment."
