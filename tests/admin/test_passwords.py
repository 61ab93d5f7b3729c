"""What is taken for a password, and how long a comparison takes."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import extract_parameters
from flask import Flask

from petition_app.admin import passwords
from petition_app.models import Member
from petition_app.models.base import now


@pytest.fixture(autouse=True)
def quick_passwords() -> None:
    """Here they are as slow as they are."""
    passwords._nobodys_hash.cache_clear()


@pytest.mark.parametrize(
    "password",
    [
        "",
        "eleven char",
        "motdepasse2026",
        "Mot de passe 2026!",
        "passwordpassword",
        "P A S S W O R D 1 2 3",
        "123456789012",
        "azertyuiop123",
        "azertyuiopqs",
        "qwertyuiop12",
        "abcdefghijklm",
        "aaaaaaaaaaaaaa",
        "abababababab",
        "correct horse battery staple",
        "ceciestmonmotdepasse",
        "ada@example.org",
        "Ada Exemple 1",
        "adalovelace99",
        "Association Exemple",
        "x" * 201,
    ],
)
def test_what_is_tried_first_is_not_taken(app: Flask, password: str) -> None:
    personal = ("Ada Exemple", "ada@example.org", "adalovelace", "Association Exemple")
    with app.test_request_context():
        assert passwords.weakness(password, *personal), password


@pytest.mark.parametrize(
    "password",
    [
        "seven green bicycles",
        "quatre vaches bleues",
        "пять жёлтых чайников",
        "l’été à Exempleville",
        "水は冷たい 山は高い 空は青い",
    ],
)
def test_a_few_words_are(app: Flask, password: str) -> None:
    with app.test_request_context():
        assert passwords.weakness(password, "Ada Exemple", "ada@example.org", "") == ""


def member(password: str | None) -> Member:
    known = passwords.hash_of(password) if password else ""
    return Member(
        email="a@example.org", name="A", role="reader", password_hash=known, joined_at=now() if known else None
    )


def test_the_same_word_from_another_keyboard_is_the_same() -> None:
    assert passwords.is_right(member("caf\u00e9 caf\u00e9 caf\u00e9"), "cafe\u0301 cafe\u0301 cafe\u0301")


def test_nobody_has_an_empty_password() -> None:
    assert not passwords.is_right(None, "")
    assert not passwords.is_right(member(None), "")


def test_for_nobody_the_same_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison is a tenth of a second of work: without it, the time of the answer would tell who is a member."""
    compared: list[str] = []
    verify = passwords._hasher.verify

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(hasher, name)

        def verify(self, known: str, password: str) -> bool:
            compared.append(known)
            return verify(known, password)

    hasher = passwords._hasher
    monkeypatch.setattr(passwords, "_hasher", Watched())
    known = member("seven green bicycles")
    for whom in (known, None, member(None)):
        assert not passwords.is_right(whom, "not the password")
    assert len(compared) == 3
    assert all(extract_parameters(stored) == extract_parameters(known.password_hash) for stored in compared)
