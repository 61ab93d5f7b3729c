"""What two versions differ in, and whether it is spelling alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petition_app.petitions.difference import around_changes, difference, is_spelling

LINES = st.lists(st.text(alphabet="ab é’.1", max_size=12), max_size=6).map("\n".join)


def shown(old: str, new: str) -> list[str]:
    """Each line with what was taken out in [-…-] and what came in {+…+}."""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return ["".join(marks[p.kind].format(p.text) for p in line.pieces) for line in difference(old, new)]


def test_words_are_compared_inside_a_paragraph() -> None:
    assert shown("Rendez-nous l’eau du lac.", "Rendez-nous l’eau propre du lac.") == [
        "Rendez-nous l’eau {+propre +}du lac."
    ]
    assert shown("Trois raisons nous font douter", "Quatre raisons nous font douter") == [
        "[-Trois-]{+Quatre+} raisons nous font douter"
    ]
    assert shown("a\nb\nc", "a\nc\nd") == ["a", "[-b-]", "c", "{+d+}"]


def test_a_changed_phrase_is_one_piece() -> None:
    assert shown("Nous demandons le retrait du projet.", "Nous demandons la fin de ce projet.") == [
        "Nous demandons [-le retrait du-]{+la fin de ce+} projet."
    ]


@given(LINES, LINES)
def test_both_versions_can_be_read_from_it(old: str, new: str) -> None:
    def side(kinds: set[str]) -> list[str]:
        lines = ["".join(p.text for p in line.pieces if p.kind in kinds) for line in difference(old, new)]
        return [words for words in ("".join(line.split()) for line in lines) if words]

    def plain(text: str) -> list[str]:
        return [words for words in ("".join(line.split()) for line in text.splitlines()) if words]

    assert side({"same", "removed"}) == plain(old)
    assert side({"same", "added"}) == plain(new)
    assert any(line.is_changed for line in difference(old, new)) or plain(old) == plain(new)


def test_only_what_is_near_a_change_is_shown() -> None:
    old = [f"Paragraphe {n}." for n in "abcdefgh"]
    new = [*old[:3], "Tout autre chose", *old[4:]]
    found = around_changes(difference("\n".join(old), "\n".join(new)))
    assert [line and line.pieces[0].text for line in found] == [None, old[2], old[3], old[4], None]
    assert around_changes(difference("a", "a")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Le gouvernement doit aggir.", "Le gouvernement doit agir."),
        ("les medecins", "Les médecins"),
        ("Oui mais non", "Oui, mais – non !"),
        ("un projte de loi", "un **projet** de loi"),
        ("Titre\n\nTexte", "Titre\nTexte"),
    ],
)
def test_spelling(old: str, new: str) -> None:
    assert is_spelling(old, new)
    assert is_spelling(new, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Nous demandons 10 lits.", "Nous demandons 100 lits."),
        ("Nous ne demandons rien", "Nous demandons rien"),
        ("we now agree", "we not agree"),
        ("la loi", "la foi"),
        ("le retrait du projet", "le retrait partiel du projet"),
        ("une mesure légale", "une mesure illégale"),
        ("avant 2027", "avant 2028"),
    ],
)
def test_more_than_spelling(old: str, new: str) -> None:
    assert not is_spelling(old, new)
    assert not is_spelling(new, old)
