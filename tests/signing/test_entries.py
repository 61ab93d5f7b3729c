"""What the form under a petition takes, what it refuses, and with which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import Petition, Signature
from tests.story import ALICE, confirmed, count_is_exact, sign
from tests.visitor import Visitor

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


@pytest.mark.parametrize("value", ["false", "", "False"])
def test_a_consent_that_says_no_is_none(client: Visitor, petition: Petition, value: str) -> None:
    assert sign(client, consent_processing=value).status_code == 422


@pytest.mark.parametrize(
    "name",
    [
        "bit.ly/abc",
        "evil.app",
        "evil.de",
        "a@evil.es",
        "shop.example.com",
        "A\u2028B",
        "\u3164",
        "\u2800\u115f",
        "http://x",
        "www.x",
    ],
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
