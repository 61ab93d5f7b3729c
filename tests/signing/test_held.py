"""What is odd waits, and its signer is told so, politely and truly; it counts once somebody has let it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.fraud import decisions
from petition_app.models import Petition, Signature
from petition_app.models.base import months_after, now
from petition_app.operations import forgetting
from petition_app.petitions.life import close_petition
from petition_app.signing.lifecycle import erase_signature, invalidate_signature, withdraw_signature
from tests.databases import both_engines
from tests.story import BOB, confirmed, count_is_exact, link_in, mails, mails_to, number_shown, sign
from tests.visitor import Visitor

MALLORY = {"given_name": "Mallory", "surname": "Jetable", "email": "mallory@yopmail.com", "comment": "Mon avis."}


@pytest.fixture
def variables() -> dict[str, str]:
    return {"PETITION_ABUSE_CONTROLS": "on"}


def held(app: Flask, client: Visitor, **fields: str) -> tuple[Signature, str]:
    """Sign with a throw-away mailbox and confirm; the signature, and the path of its personal page."""
    sign(client, **{**MALLORY, **fields})
    response = client.post(link_in(mails(app)[-1]))
    assert response.status_code == 303
    assert response.location.endswith("/receipt")
    signature = db.session.query(Signature).order_by(Signature.id.desc()).first()
    assert signature is not None
    return signature, response.location.removesuffix("/receipt")


@both_engines
def test_a_held_signature_has_no_number_and_its_receipt_says_so(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    signature, path = held(app, client)
    assert (signature.status, signature.number, signature.seat, signature.confirmed_at) == ("pending", None, None, None)
    assert signature.is_held
    assert number_shown(client) == count_is_exact(petition.id) == 0
    receipt = client.get(f"{path}/receipt").get_data(as_text=True)
    assert "votre signature n’a pas encore de numéro" in receipt.lower()
    assert "Votre signature est la" not in receipt
    assert "Jetable" not in client.get("/fr/petitions/clean-water").get_data(as_text=True)
    assert "elle n’a pas de numéro" in client.get(path).get_data(as_text=True)
    told = json.loads(client.get(f"{path}/data.json").get_data())
    assert (told["held_for"], told["number"]) == ("d", None)

    assert decisions.release_one(signature.id, now())
    db.session.refresh(signature)
    assert (signature.status, signature.number, signature.seat) == ("confirmed", 1, 1)
    assert number_shown(client) == count_is_exact(petition.id) == 1
    assert "Votre signature est la" in client.get(f"{path}/receipt").get_data(as_text=True)
    page = client.get("/fr/petitions/clean-water").get_data(as_text=True)
    assert "Jetable" in page
    assert "Mon avis." in page
    assert not decisions.release_one(signature.id, now()), "once"


@both_engines
def test_pressing_again_signing_again_and_a_scanner_change_nothing(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    sign(client, **MALLORY)
    link = link_in(mails(app)[-1])
    client.get(link)
    assert not db.session.query(Signature).one().is_held, "opening a link confirms nothing"
    assert {client.post(link).location for _ in range(2)} == {client.get(link).location}
    assert sign(client, **MALLORY).location == sign(client, email="new@example.org").location, "the same answer"
    again = mails_to(app, "mallory@yopmail.com")
    assert len(again) == 1, "the second waits for ten minutes"
    assert db.session.query(Signature).filter_by(surname="Jetable", email="mallory@yopmail.com").one().is_held
    assert count_is_exact(petition.id) == 0


@both_engines
def test_it_is_not_erased_with_those_who_never_confirmed(app: Flask, client: Visitor, petition: Petition) -> None:
    signature, _path = held(app, client)
    sign(client, **BOB)
    later = now() + timedelta(days=40)
    assert forgetting.forget_unconfirmed(later) == 1
    forgetting.forget_networks(later)
    db.session.expire_all()
    assert db.session.query(Signature).one().id == signature.id
    assert (signature.network, signature.domain_mark, signature.signs) == (None, None, "")
    assert decisions.release_one(signature.id, later)
    assert count_is_exact(petition.id) == 1


@both_engines
def test_where_nobody_decides_it_is_erased_with_the_signers(app: Flask, client: Visitor, petition: Petition) -> None:
    held(app, client)
    confirmed(app, client, **BOB)
    close_petition("clean-water", now())
    assert forgetting.forget_signers(months_after(now(), 7)) == 2
    left = db.session.query(Signature).one()
    assert (left.number, left.surname, left.held_for) == (1, "", "")
    assert count_is_exact(petition.id) == 1


@both_engines
def test_its_signer_can_withdraw_it_and_have_it_erased(app: Flask, client: Visitor, petition: Petition) -> None:
    one, path = held(app, client)
    client.post(path, data={**MALLORY, "surname": "Corrigé", "country": "FR", "name_display": "full"})
    db.session.refresh(one)
    assert (one.surname, one.is_held) == ("Corrigé", True)
    withdraw_signature(one.id, now())
    assert not decisions.release_one(one.id, now())
    two, _path = held(app, client, email="other@yopmail.com")
    erase_signature(two.id, now())
    db.session.refresh(two)
    assert (two.held_at, two.held_for, two.signs, two.domain_mark) == (None, "", "", None)
    three, _path = held(app, client, email="third@yopmail.com")
    invalidate_signature(three.id, "robots", now())
    assert not decisions.release_one(three.id, now())
    assert count_is_exact(petition.id) == 0


@both_engines
def test_a_mailbox_that_has_signed_meanwhile_keeps_its_seats(app: Flask, client: Visitor, petition: Petition) -> None:
    petition_seats = petition.signers_per_mailbox
    signature, _path = held(app, client)
    others = [
        Signature(
            petition_id=petition.id,
            text_id=signature.text_id,
            locale="fr",
            given_name=f"Autre{place}",
            surname="Jetable",
            name_key=f"autre{place} jetable",
            email="mallory@yopmail.com",
            mailbox=signature.mailbox,
            name_display="full",
        )
        for place in range(petition_seats)
    ]
    from petition_app.signing.confirming import confirm_signature
    from petition_app.transactions import writing

    with writing() as session:
        session.add_all(others)
    for other in others:
        assert confirm_signature(other.key or "", now())[0] == "confirmed"
    assert not decisions.release_one(signature.id, now())
    db.session.refresh(signature)
    assert signature.is_held
    assert count_is_exact(petition.id) == petition_seats
