"""What was said before of the same or nearly the same is offered, ready to be used as it is."""

from __future__ import annotations

import pytest
from flask import Flask

from petition_app.admin.translations import book
from petition_app.admin.translations.suggestions import Suggestion, suggestions_for
from petition_app.models.translation import key_of


def offered(source: str) -> dict[str, Suggestion]:
    whole = book.open_book("fr")
    return {one.source: one for one in suggestions_for(whole, whole.entries[key_of(None, source)])}


@pytest.mark.parametrize(
    ("source", "near", "strings"),
    [
        ("Remove demand %(number)s", "Remove %(name)s", ("Supprimer %(number)s",)),
        ("Kept until %(date)s.", "kept until %(moment)s", ("gardé jusqu’au %(date)s",)),
        # One of two is the same.
        (
            "%(done)s of %(all)s are done.",
            "%(done)s of %(total)s parts are translated.",
            ("%(done)s parties sur %(all)s sont traduites.",),
        ),
    ],
)
def test_a_near_text_comes_with_the_placeholders_of_the_one_it_is_for(
    app: Flask, source: str, near: str, strings: tuple[str, ...]
) -> None:
    assert offered(source)[near].strings == strings


def test_what_says_the_same_by_then_is_not_offered(app: Flask) -> None:
    """“%(num)s signatures” and “%(number)s signatures” are one text to who translates."""
    strings = [one.strings for one in offered("%(number)s signature").values()]
    assert ("%(number)s signature", "%(number)s signatures") not in strings
    assert ("%(num)s signature", "%(num)s signatures") not in strings


def test_where_there_are_not_as_many_of_them_they_are_left_as_they_are(app: Flask) -> None:
    """The check tells what is missing; a guess would look right and be wrong."""
    near = offered("%(num)s line of %(total)s counts.")["%(number)s lines count."]
    assert near.strings == ("%(number)s ligne compte.", "%(number)s lignes comptent.")
