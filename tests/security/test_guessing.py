"""Guessing: tokens, codes and keys are too many to try, and where a person types one, trying ends."""

from __future__ import annotations

import logging
import string
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask import Flask

from petition_app.antiabuse import rate_limit
from petition_app.antiabuse.rate_limit import Limit
from petition_app.models import Member, Petition
from petition_app.models.member_link import new_link_key
from petition_app.models.member_session import new_session_key
from petition_app.operations.logs import JsonFormatter
from petition_app.signing import lost_links
from petition_app.transactions import writing
from petition_app.web import tokens
from tests.admin.desk import Desk, make_member
from tests.story import ALICE, confirmed, sign
from tests.visitor import Visitor

BASE64 = string.ascii_letters + string.digits + "-_"


def bits_of(key: str) -> float:
    """Random bits of a key in URL-safe Base64: six a character."""
    assert set(key) <= set(BASE64)
    return len(key) * 6


def test_keys_have_128_random_bits_and_are_never_the_same() -> None:
    from petition_app.models.recipient_answer import RecipientAnswer
    from petition_app.models.signature import Signature

    kinds = {
        "link": new_link_key,
        "session": new_session_key,
        "signature": lambda: Signature.__table__.c.key.default.arg(None),
        "answer": lambda: RecipientAnswer.__table__.c.key.default.arg(None),
    }
    for name, make in kinds.items():
        made = [make() for _ in range(200)]
        assert len(set(made)) == 200, name
        assert all(bits_of(key) >= 128 for key in made), name


def test_a_token_with_any_character_changed_opens_nothing(app: Flask, client: Visitor, petition: Petition) -> None:
    personal = confirmed(app, client)
    head, _slash, token = personal.rpartition("/")
    assert client.get(personal).status_code == 200
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "Q"
        changed = token[:place] + other + token[place + 1 :]
        answer = client.get(f"{head}/{changed}")
        if place == len(token) - 1 and answer.status_code == 200:
            continue  # the last character of Base64 has bits that mean nothing: it is the same signature still
        assert answer.status_code in (404, 410), place
        assert "Alice" not in answer.get_data(as_text=True)
    for length in range(0, len(token), 3):
        assert client.get(f"{head}/{token[:length] or 'x'}").status_code in (404, 410)


def test_a_key_without_its_signature_or_by_another_sites_secret_opens_nothing(
    app: Flask, client: Visitor, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads the database has the keys; what makes tokens of them lies elsewhere."""
    from dataclasses import replace

    personal = confirmed(app, client)
    head, _slash, token = personal.rpartition("/")
    key = tokens.read_personal_token(token)
    assert client.get(f"{head}/{key}").status_code in (404, 410)
    own = tokens.settings()
    monkeypatch.setattr(tokens, "settings", lambda: replace(own, secret_key="another site's secret " + "x" * 32))
    foreign = tokens.personal_token(key)
    monkeypatch.undo()
    assert client.get(f"{head}/{foreign}").status_code in (404, 410)
    assert client.get(f"{head}/{token}").status_code == 200


@pytest.mark.parametrize("variables", [{"PETITION_ABUSE_CONTROLS": "on"}])
def test_codes_are_not_tried_on_and_on(app: Flask, charlie: Desk) -> None:
    """With the password known, eight codes in a quarter of an hour: a million would take decades."""
    secret = pyotp.random_base32(32)
    member_id = make_member("editor", name="Bob", totp_secret=secret, totp_confirmed_at=datetime.now(UTC))
    assert charlie.sign_in("bob@example.org").location == "/admin/sign-in/code"
    answers = [charlie.send("/admin/sign-in/code", code=f"{n:06}").status_code for n in range(10)]
    assert answers == [422] * 8 + [429] * 2
    assert charlie.send("/admin/sign-in/code", code=pyotp.TOTP(secret).now()).status_code == 429
    with writing() as session:
        assert session.get_one(Member, member_id).totp_last_step == 0


def test_a_code_is_taken_once_and_never_an_earlier_one_after_it(app: Flask, charlie: Desk) -> None:
    """TOTP replay: a code that was looked at over a shoulder, and the one before it."""
    secret, at = pyotp.random_base32(32), datetime.now(UTC)
    make_member("editor", name="Bob", totp_secret=secret, totp_confirmed_at=at)
    totp = pyotp.TOTP(secret)
    charlie.sign_in("bob@example.org")
    code, before = totp.at(at), totp.at(at - timedelta(seconds=30))
    assert charlie.send("/admin/sign-in/code", code=code).location == "/admin/"
    thief = Desk(app, app.response_class)
    thief.sign_in("bob@example.org")
    assert thief.send("/admin/sign-in/code", code=code).status_code == 422
    assert thief.send("/admin/sign-in/code", code=before).status_code == 422
    assert thief.get("/admin/").status_code == 303


def test_what_is_refused_is_logged_and_nobody_named(
    app: Flask, charlie: Desk, bob: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    make_member("editor", name="Dora")
    with caplog.at_level(logging.WARNING, "petition_app.web.refusals"):
        charlie.sign_in("dora@example.org", "not the password")
        charlie.sign_in("nobody@example.org\n{}", "not the password")
        charlie.sign_in("nobody@example.org", "not the password")
        bob.get("/admin/team")
        bob.post("/admin/account", data={"csrf_token": "wrong"})
        bob.post("/admin/account", headers={"Origin": "https://elsewhere.example"})
    lines = [JsonFormatter().format(record) for record in caplog.records]
    said = [record.fields["why"] for record in caplog.records]  # type: ignore[attr-defined]
    assert said == ["password", "password", "role", "token", "origin"]
    assert all("\n" not in line and "@" not in line and "Dora" not in line for line in lines)
    assert all('"time"' in line and '"route"' in line for line in lines)


@pytest.mark.parametrize("variables", [{"PETITION_ABUSE_CONTROLS": "on"}])
def test_a_signers_form_that_is_refused_is_logged_with_its_reason(
    client: Visitor,
    petition: Petition,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
) -> None:
    monkeypatch.setattr(rate_limit, "SIGNING", (Limit("signing-burst", 1, 600),))
    monkeypatch.setattr(lost_links, "ASKING", (Limit("lost-links", 0, 600),))
    with caplog.at_level(logging.WARNING, "petition_app.web.refusals"):
        client.post("/fr/petitions/clean-water/signatures", data=ALICE, headers={"Origin": "https://elsewhere.example"})
        assert [sign(client).status_code, sign(client).status_code] == [303, 429]
        client.post("/fr/lost-link", data={"email": ALICE["email"]})
    lines = [JsonFormatter().format(record) for record in caplog.records]
    said = [(record.fields["why"], record.fields["route"]) for record in caplog.records]  # type: ignore[attr-defined]
    signing, asking = "/<locale:locale>/petitions/<slug:slug>/signatures", "/<locale:locale>/lost-link"
    assert said == [("origin", signing), ("many", signing), ("many", asking)]
    assert not [line for line in lines if "alice" in line.lower() or "127.0.0" in line]
