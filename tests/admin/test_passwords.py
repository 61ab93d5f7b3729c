"""What is taken for a password, and how long a comparison takes."""

from __future__ import annotations

import statistics
import time

import pytest
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


def test_for_nobody_it_takes_as_long() -> None:
    """A comparison is a tenth of a second of work: without it, the answer would come in a thousandth."""
    known = member("seven green bicycles")
    passwords.is_right(None, "warm")

    def median(whom: Member | None) -> float:
        times = []
        for _try in range(7):
            began = time.perf_counter()
            passwords.is_right(whom, "not the password")
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    assert 0.5 < median(None) / median(known) < 2
