"""French text is set with the spaces that French has, whatever the source had."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition_app.petitions.typography import set_spaces


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Non!", "Non\u202f!"),
        ("Non !", "Non\u202f!"),
        ("Non\u00a0!", "Non\u202f!"),
        ("Vraiment ?!", "Vraiment\u202f?!"),
        ("Un ; deux: trois", "Un\u202f; deux\u00a0: trois"),
        ("« Oui »", "«\u00a0Oui\u00a0»"),
        ("«Oui»", "«\u00a0Oui\u00a0»"),
        ("« Oui ! »", "«\u00a0Oui\u202f!\u00a0»"),
        ("à 12:30", "à 12:30"),
        ("voir https://example.org/a?b=c;d!", "voir https://example.org/a?b=c;d!"),
        ("[lien](https://example.org/?a:b) : ici", "[lien](https://example.org/?a:b)\u00a0: ici"),
        ("C:\\dossier", "C:\\dossier"),
        ("`a ? b : c`", "`a ? b : c`"),
        ("~~~\na ; b ?\n~~~", "~~~\na ; b ?\n~~~"),
        ("[1]: https://example.org/x;y", "[1]: https://example.org/x;y"),
        ("bravo :tada: oui", "bravo :tada: oui"),
        ("merci :)", "merci :)"),
        ("ada@example.org: oui", "ada@example.org\u00a0: oui"),
        ("**Attention :** lisez", "**Attention\u00a0:** lisez"),
    ],
)
def test_french(typed: str, set_: str) -> None:
    assert set_spaces(typed, "fr") == set_
    assert set_spaces(typed, "fr-CA") == set_


def test_a_sign_at_the_start_of_an_item_leaves_it_an_item() -> None:
    assert set_spaces("- ! ici", "fr").startswith("- ")
    assert set_spaces("1. ? ici", "fr").startswith("1. ")


def test_other_languages_stay_as_they_are() -> None:
    assert set_spaces("No ! « Oui » why ?", "en") == "No ! « Oui » why ?"
    assert set_spaces("Wat?", "fry") == "Wat?"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="aB1 \u00a0\u202f:;!?«»()[]`*\n", max_size=30))
def test_setting_twice_changes_nothing_more(text: str) -> None:
    once = set_spaces(text, "fr")
    assert set_spaces(once, "fr") == once
