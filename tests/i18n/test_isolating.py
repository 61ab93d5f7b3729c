"""Placeholders in a field that runs from right to left: whole to the eye, and sent as they were."""

from __future__ import annotations

import pytest

from petition_app.i18n.checking import UNSEEN
from petition_app.i18n.isolating import from_field, in_field, room

TEXT = 'وقّع %(name)s على <a href="%(address)s">العريضة</a> بنسبة 5 %%، %(a)s%(b)s: [هنا](https://example.org/a_b)'
SHOWN = (
    'وقّع \u2066%(name)s\u2069 على \u2066<a href="%(address)s">\u2069العريضة\u2066</a>\u2069 بنسبة 5 %%، '
    "\u2066%(a)s\u2069\u2066%(b)s\u2069: [هنا](\u2066https://example.org/a_b\u2069)"
)


def test_it_goes_in_and_comes_out() -> None:
    assert in_field(TEXT, "ar") == SHOWN
    assert from_field(SHOWN, "ar") == TEXT
    assert from_field(TEXT, "ar") == TEXT
    assert in_field(TEXT, "fr") == TEXT
    assert len(SHOWN) <= room(len(TEXT), "ar", TEXT)
    assert room(80, "fr", TEXT) == 80


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("\u2066%(name)s", "%(name)s"),  # one of the two was deleted
        ("%(name)s\u2069 ", "%(name)s "),
        ("قبل \u2066\u2069 بعد", "قبل  بعد"),  # what was in it was deleted
        ("\u2066%(nam\u2069", "%(nam"),  # the check tells that it is no placeholder
        ("\u2066\u2066%(name)s\u2069\u2069", "\u2066%(name)s\u2069"),  # ours is taken out; what is left is refused
    ],
)
def test_what_is_left_of_ours_goes(typed: str, meant: str) -> None:
    assert from_field(typed, "ar") == meant


@pytest.mark.parametrize(
    "typed", ["\u2066كلمة\u2069", "\u202e%(name)s", "كلمة\u2069", "\u2067%(name)s\u2069 ", "\u2066"]
)
def test_any_other_one_stays_for_the_check_to_refuse(typed: str) -> None:
    assert UNSEEN.search(from_field(typed, "ar"))


def test_elsewhere_nothing_is_taken_out() -> None:
    assert from_field("\u2066%(name)s\u2069", "fr") == "\u2066%(name)s\u2069"
