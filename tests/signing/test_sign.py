"""A person signs, and is told what is wrong with what was entered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from petition_app.antiabuse import rate_limit
from petition_app.antiabuse.rate_limit import Limit
from petition_app.extensions import db
from petition_app.models import Consent, OutboxMessage, Petition, Signature
from tests.databases import both_engines
from tests.story import ALICE, BOB, confirmed, count_is_exact, link_in, mails, mails_to, number_shown, sign
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


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"given_name": ""}, "given_name"),
    ({"given_name": "   "}, "given_name"),
    ({"given_name": None}, "given_name"),
    ({"surname": "x" * 81}, "surname"),
    ({"surname": "é" * 5000}, "surname"),
    ({"given_name": "Al\x00ice"}, "given_name"),
    ({"given_name": "Al\nice"}, "given_name"),
    ({"surname": "see https://example.org"}, "surname"),
    ({"surname": "www.example.org"}, "surname"),
    ({"given_name": "123"}, "given_name"),
    ({"given_name": "\u202e\u200f"}, "given_name"),
    ({"email": ""}, "email"),
    ({"email": "alice"}, "email"),
    ({"email": "alice@"}, "email"),
    ({"email": "alice@example.org\r\nBcc: bob@example.org"}, "email"),
    ({"email": "alice@example.org, bob@example.org"}, "email"),
    ({"email": "a" * 5000 + "@example.org"}, "email"),
    ({"postal_code": "7501"}, "postal_code"),
    ({"postal_code": "75011; drop"}, "postal_code"),
    ({"country": "XX"}, "country"),
    ({"country": ""}, "country"),
    ({"country": None}, "country"),
    ({"comment": "x" * 1001}, "comment"),
    ({"comment": "bell \x07"}, "comment"),
    ({"name_display": None}, "name_display-0"),
    ({"name_display": "both"}, "name_display-0"),
    ({"consent_processing": None}, "consent_processing"),
]


@pytest.mark.parametrize(("fields", "wrong"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_entries_come_back_with_a_sentence_and_all_that_was_typed(
    app: Flask, client: Visitor, petition: Petition, fields: dict[str, Any], wrong: str
) -> None:
    response = sign(client, **fields)

    assert response.status_code == 422
    html = response.get_data(as_text=True)
    assert f'href="#{wrong}"' in html, "the summary leads to the field"
    assert "autofocus" in html
    for name in ("given_name", "surname", "email", "postal_code"):
        if name not in fields:
            assert f'value="{ALICE[name]}"' in html
    assert petition.text_for("fr").title in html
    assert db.session.query(Signature).count() == 0
    assert sign(client, htmx=True, **fields).get_data(as_text=True).lstrip().startswith("<section")


RIGHT: list[dict[str, Any]] = [
    {"given_name": "Zoë-Marie", "surname": "d’Île-de-l’Œuvre"},
    {"given_name": "Ελένη", "surname": "Παράδειγμα"},
    {"given_name": "مثال", "surname": "نموذج"},
    {"given_name": "山", "surname": "例"},
    {"given_name": "Renée 🌻", "surname": "Exemple"},
    {"given_name": "‏مثال‏", "surname": "نموذج"},
    {"given_name": "<b>Alice</b>", "surname": "=cmd|' /C calc'!A0"},
    {"given_name": "  Jean \u00a0 Paul ", "surname": "von und zu Beispiel"},
    {"given_name": "x" * 80, "surname": "y" * 80},
    {"email": "ALICE+petition@Example.ORG "},
    {"email": "élodie@exemple.example.org"},
    {"email": "alice@bücher.example.org"},
    {"postal_code": " 75 011 "},
    {"postal_code": "F-75011"},
    {"postal_code": ""},
    {"postal_code": "sw1a1aa", "country": "GB"},
    {"postal_code": "1012ab", "country": "NL"},
    {"postal_code": "00950", "country": "PL"},
    {"postal_code": "", "country": "IE"},
    {"comment": "line one\r\n\r\n\r\n\r\nline two <script>alert(1)</script>"},
    {"comment": "x" * 1000},
]


@pytest.mark.parametrize("fields", RIGHT, ids=lambda value: str(value)[:40])
def test_real_names_addresses_and_codes_are_taken(
    app: Flask, client: Visitor, petition: Petition, fields: dict[str, Any]
) -> None:
    personal = confirmed(app, client, **{k: v.strip() if k == "email" else v for k, v in fields.items()})

    assert count_is_exact(petition.id) == 1
    assert client.get(personal).status_code == 200
    assert client.get("/fr/petitions/clean-water").status_code == 200
    page = client.get("/fr/petitions/clean-water").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<b>Alice" not in page


def test_postal_codes_are_written_as_the_country_writes_them(app: Flask, client: Visitor, petition: Petition) -> None:
    for number, (code, country, written) in enumerate(
        [
            ("sw1a 1aa", "GB", "SW1A 1AA"),
            ("1012 ab", "NL", "1012 AB"),
            ("00-950", "PL", "00-950"),
            ("lv1010", "LV", "LV-1010"),
            ("11435", "SE", "114 35"),
            ("d-10115", "DE", "10115"),
        ]
    ):
        sign(client, email=f"a{number}@example.org", postal_code=code, country=country)
        assert db.session.query(Signature).order_by(Signature.id.desc()).first().postal_code == written


def test_a_repeated_field_is_taken_once(client: Visitor, petition: Petition) -> None:
    entries = [
        *ALICE.items(),
        ("given_name", "Bob"),
        ("country", "DE"),
        ("name_display", "hidden"),
        ("email", "b@example.org"),
    ]
    from werkzeug.datastructures import MultiDict

    response = client.post("/fr/petitions/clean-water/signatures", data=MultiDict(entries))
    assert response.status_code in (303, 422)


def test_the_petition_decides_what_is_asked(
    app: Flask, client: Visitor, make_petition: Callable[..., Petition]
) -> None:
    make_petition("hidden", postal_code="hidden", comments="off")
    make_petition("required", postal_code="required")

    form = client.get("/fr/petitions/hidden/sign").get_data(as_text=True)
    assert 'name="postal_code"' not in form
    assert 'name="comment"' not in form
    assert sign(client, "hidden", postal_code="not a code", comment="unasked").status_code == 303
    signature = db.session.query(Signature).one()
    assert (signature.postal_code, signature.comment) == ("", None)
    assert sign(client, "required", postal_code="").status_code == 422
    assert sign(client, "required", postal_code="", country="HK").status_code == 303


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


class TestFromElsewhere:
    """The form is taken from our own pages only."""

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 303),
            ({"Sec-Fetch-Site": "same-origin"}, 303),
            ({"Sec-Fetch-Site": "none"}, 303),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, 303),
            ({"Origin": "http://localhost:8000"}, 303),
            ({"Origin": "http://localhost"}, 303),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": "not an origin \u00e9"}, 403),
        ],
    )
    def test_the_origin_decides(
        self, client: Visitor, petition: Petition, headers: dict[str, str], status: int
    ) -> None:
        response = client.post("/fr/petitions/clean-water/signatures", data=ALICE, headers=headers)
        assert response.status_code == status
        assert response.status_code != 403 or "<h1" in response.get_data(as_text=True)

    def test_a_personal_page_hides_its_origin_and_may(self, app: Flask, client: Visitor, petition: Petition) -> None:
        sign(client)
        link = link_in(mails(app)[0])
        assert client.post(link, headers={"Origin": "null"}).status_code == 303
        assert number_shown(client) == 1


class TestFloods:
    """Those who sign together are slowed, and only a flood is refused."""

    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {"PETITION_ABUSE_CONTROLS": "on"}

    @pytest.fixture
    def low(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A flood begins with the thirty-first."""
        monkeypatch.setattr(rate_limit, "SIGNING", (Limit("signing-burst", 30, 600),))

    @both_engines
    def test_a_class_that_signs_together_is_slowed_and_not_refused(
        self, app: Flask, client: Visitor, petition: Petition
    ) -> None:
        for number in range(35):
            assert sign(client, email=f"a{number}@example.org").status_code == 303
        waits = [(mail.due_at - mail.created_at).total_seconds() for mail in db.session.query(OutboxMessage)]
        assert sorted(waits) == [0] * 30 + [4, 8, 12, 16, 20]

    def test_a_neighbourhood_is_counted_beside_its_addresses(
        self, app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rate_limit, "SIGNING_NETWORK", (Limit("signing-network-burst", 5, 600),))
        answers = [
            client.post(
                "/fr/petitions/clean-water/signatures",
                data={**ALICE, "email": f"a{number}@example.org"},
                environ_overrides={"REMOTE_ADDR": address},
            ).status_code
            for number, address in enumerate([*(f"192.0.2.{host}" for host in range(6)), "192.0.3.1"])
        ]
        assert answers == [303] * 5 + [429, 303]

    @both_engines
    def test_a_flood_waits(self, app: Flask, client: Visitor, petition: Petition, low: None) -> None:
        for number in range(30):
            assert sign(client, email=f"a{number}@example.org").status_code == 303
        response = sign(client, email="late@example.org")
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 601
        assert 'value="late@example.org"' in response.get_data(as_text=True)
        other = client.post(
            "/fr/petitions/clean-water/signatures", data=ALICE, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
        )
        assert other.status_code == 303

    def test_a_forwarded_address_is_not_believed(
        self, app: Flask, client: Visitor, petition: Petition, low: None
    ) -> None:
        answers = {
            client.post(
                "/fr/petitions/clean-water/signatures",
                data={**ALICE, "email": f"a{number}@example.org"},
                headers={"X-Forwarded-For": f"192.0.2.{number}"},
            ).status_code
            for number in range(31)
        }
        assert answers == {303, 429}

    def test_an_ipv6_household_is_one(self, app: Flask, client: Visitor, petition: Petition, low: None) -> None:
        answers = [
            client.post(
                "/fr/petitions/clean-water/signatures",
                data={**ALICE, "email": f"a{number}@example.org"},
                environ_overrides={"REMOTE_ADDR": f"2001:db8:1:2::{number:x}"},
            ).status_code
            for number in range(31)
        ]
        assert answers[-1] == 429
        assert set(answers[:-1]) == {303}


@pytest.mark.parametrize("value", ["false", "", "False"])
def test_a_consent_that_says_no_is_none(client: Visitor, petition: Petition, value: str) -> None:
    assert sign(client, consent_processing=value).status_code == 422


@pytest.mark.parametrize(
    "name",
    ["bit.ly/abc", "evil.app", "shop.example.com", "A\u2028B", "\u3164", "\u2800\u115f", "http://x", "www.x"],
)
def test_what_is_no_name_is_refused(client: Visitor, petition: Petition, name: str) -> None:
    assert sign(client, surname=name).status_code == 422


@pytest.mark.parametrize(
    "name", ["P.de Villiers", "Ph. d’Exemple", "St.John", "N’Guyễn", "می\u200cخواهم", "O’Neil-Brown"]
)
def test_names_with_dots_and_joiners_are_names(client: Visitor, petition: Petition, name: str) -> None:
    assert sign(client, surname=name).status_code == 303


@pytest.mark.parametrize("field", ["given_name", "surname", "email", "comment"])
def test_bytes_that_are_no_text_are_refused(client: Visitor, petition: Petition, field: str) -> None:
    fields = {"given_name": "A", "surname": "B", "email": "a@example.org", "comment": "c", "country": "FR"}
    fields |= {"name_display": "full", "consent_processing": "y", field: "%ff%fea%ed%a0%80"}
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    response = client.post(
        "/fr/petitions/clean-water/signatures", data=body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 422
