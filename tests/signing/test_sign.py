"""A person signs, and is told what is wrong with what was entered."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import Consent, Petition, Signature
from tests.databases import both_engines
from tests.story import BOB, confirmed, count_is_exact, link_in, mails, mails_to, sign
from tests.visitor import Visitor


@both_engines
def test_a_signature_waits_for_its_confirmation(app: Flask, client: Visitor, petition: Petition) -> None:
    response = sign(client)

    assert response.status_code == 303
    assert response.location == "/fr/petitions/clean-water/check-your-inbox"
    assert "alice" not in client.get(response.location).get_data(as_text=True)
    assert count_is_exact(petition.id) == 0
    (mail,) = mails(app)
    assert "De l’eau propre" in mail["Subject"]


def test_htmx_gets_the_same_answer_in_the_forms_place(client: Visitor, petition: Petition) -> None:
    response = sign(client, htmx=True)

    assert response.status_code == 200
    html = response.get_data(as_text=True)
    assert 'id="sign"' in html
    assert "alice@example.org" in html


@both_engines
def test_what_was_agreed_to_is_kept_with_its_wording(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client, consent_petition_news="y", name_display="initial")
    sign(client, **{**BOB, "consent_petition_news": None})

    alice, bob = db.session.query(Signature).order_by(Signature.id)
    assert {c.purpose: c.value for c in alice.consents} == {
        "processing": "yes",
        "petition_news": "yes",
        "name_display": "initial",
    }
    assert {c.purpose for c in bob.consents} == {"processing", "name_display"}
    assert alice.consent_to("processing").wording_id == bob.consent_to("processing").wording_id
    assert "Association Exemple" in alice.consent_to("processing").wording.text
    assert all(c.wording.locale == "fr" for c in db.session.query(Consent))


def test_the_version_that_was_shown_is_the_version_that_is_signed(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    french, english = petition.text_for("fr"), petition.text_for("en")
    sign(client, text_version=str(english.id))
    sign(client, **{**BOB, "text_version": "99999"})
    alice, bob = db.session.query(Signature).order_by(Signature.id)
    assert (alice.text_id, bob.text_id) == (english.id, french.id)


def test_nothing_is_ticked_beforehand(client: Visitor, petition: Petition) -> None:
    html = client.get("/fr/petitions/clean-water").get_data(as_text=True)
    assert not re.search(r"<input[^>]*\bchecked\b", html)


@pytest.mark.parametrize("status", ["draft", "closed", "archived"])
def test_only_an_open_petition_is_signed(
    app: Flask, client: Visitor, make_petition: Callable[..., Petition], status: str
) -> None:
    make_petition(status=status)
    assert sign(client).status_code == (404 if status == "draft" else 410)
    assert db.session.query(Signature).count() == 0


@both_engines
class TestTheSameMailbox:
    """The outward answer never tells what the address has done here before."""

    def test_a_pending_signature_is_sent_its_link_again_but_not_at_once(
        self, app: Flask, client: Visitor, petition: Petition
    ) -> None:
        first, again = sign(client), sign(client, email="Alice@EXAMPLE.org")
        assert (first.status_code, first.location) == (again.status_code, again.location)
        assert len(mails(app)) == 1
        assert db.session.query(Signature).count() == 1

    def test_what_was_typed_last_is_what_is_confirmed(self, app: Flask, client: Visitor, petition: Petition) -> None:
        """Nobody can plant words, a display or consents for somebody else to confirm unseen."""
        sign(client, comment="Not mine.", name_display="full", consent_petition_news="y", postal_code="69001")
        sign(client, comment="Mine.", name_display="hidden", postal_code="75011")
        link = link_in(mails(app)[0])
        page = client.get(link).get_data(as_text=True)
        assert "Mine." in page
        assert "Not mine." not in page
        assert "J’accepte que" in page
        assert "nouvelles de cette pétition" not in page
        client.post(link)
        signature = db.session.query(Signature).one()
        assert (signature.name_display, signature.postal_code) == ("hidden", "75011")
        assert {c.purpose: c.value for c in signature.consents} == {"processing": "yes", "name_display": "hidden"}

    def test_a_confirmed_one_is_sent_its_personal_link(self, app: Flask, client: Visitor, petition: Petition) -> None:
        personal = confirmed(app, client)
        again = sign(client)
        assert again.location == "/fr/petitions/clean-water/check-your-inbox"
        mail = mails_to(app, "alice@example.org")[-1]
        # The same signature; the token also tells when it was made.
        assert link_in(mail).split(".")[0] == personal.split(".")[0]
        assert client.get(link_in(mail)).status_code == 200
        assert count_is_exact(petition.id) == 1

    def test_a_household_signs_up_to_its_limit(self, app: Flask, client: Visitor, petition: Petition) -> None:
        shared = "family@example.org"
        for name in ("Ada", "Ben", "Cleo"):  # pending ones lock nobody out
            sign(client, given_name=name, email=shared)
        links = [link_in(m) for m in mails_to(app, shared)]
        assert len(links) == 3
        answers = [client.post(link).status_code for link in links]
        assert answers == [303, 303, 409]
        assert count_is_exact(petition.id) == 2

        sign(client, given_name="Dora", email=shared)
        assert db.session.query(Signature).filter_by(given_name="Dora").count() == 0
        last = mails_to(app, shared)[-1].get_body(("plain",)).get_content()
        assert len(re.findall(r"https?://\S+/signatures/\S+", last)) == 2

    def test_dots_and_tags_are_one_mailbox_where_the_provider_says_so(
        self, app: Flask, client: Visitor, petition: Petition
    ) -> None:
        sign(client, email="alice.example@gmail.com")
        sign(client, email="AliceExample+petition@googlemail.com")
        assert db.session.query(Signature).count() == 1
        sign(client, email="alice.example@example.org")
        sign(client, email="aliceexample@example.org")
        assert db.session.query(Signature).count() == 3

    def test_who_withdrew_can_sign_again(self, app: Flask, client: Visitor, petition: Petition) -> None:
        personal = confirmed(app, client)
        client.post(f"{personal}/withdrawal")
        assert count_is_exact(petition.id) == 0
        sign(client)
        client.post(link_in(mails_to(app, "alice@example.org")[-1]))
        assert count_is_exact(petition.id) == 1
