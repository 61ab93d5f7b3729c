"""A text is taken apart into its paragraphs, and put together again with other words in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from petition_app.petitions.markdown import to_html
from petition_app.petitions.paragraphs import filled, most_alike, paragraphs_of, side_by_side

TEXT = """Chers voisins,
chères voisines,

Titre
=====

## Ce que nous *demandons* ##

1. De l’eau
2. Vite
   - ici
   - là

   et bientôt
3. Partout

> Elle est
> à tous

---

- x

- y

[lien]: https://example.org/

Fin, voyez [ceci][lien].
"""


def test_each_paragraph_heading_and_item_is_one() -> None:
    assert [(unit.kind, unit.text) for unit in paragraphs_of(TEXT)] == [
        ("paragraph", "Chers voisins,\nchères voisines,"),
        ("h1", "Titre"),
        ("h2", "Ce que nous *demandons*"),
        ("number", "De l’eau"),
        ("number", "Vite\n- ici\n- là\n\net bientôt"),
        ("number", "Partout"),
        ("quote", "Elle est\nà tous"),
        ("bullet", "x"),
        ("bullet", "y"),
        ("paragraph", "Fin, voyez [ceci][lien]."),
    ]


def test_other_words_stand_in_the_same_places() -> None:
    assert filled(TEXT, lambda _unit: "") == TEXT
    english = filled(TEXT, lambda unit: {"Vite": "Soon\n\nvery"}.get(unit.text.split("\n")[0], unit.text.upper()))
    for line in (
        "# TITRE",
        "1. DE L’EAU",
        "2. Soon",
        "   very",
        "> ELLE EST\n> À TOUS",
        "- X",
        "FIN, VOYEZ [CECI][LIEN].",
    ):
        assert line in english
    assert "[lien]: https://example.org/" in english
    assert [unit.kind for unit in paragraphs_of(english)] == [unit.kind for unit in paragraphs_of(TEXT)]


def test_the_same_words_have_the_same_name_wherever_they_stand() -> None:
    here, there = paragraphs_of("Un\ndeux\n\n- trois"), paragraphs_of("# Autre\n\n1. trois\n\nUn deux")
    assert [unit.key for unit in here] == [there[2].key, there[1].key]


def test_a_free_translation_is_laid_beside_its_source_and_nothing_of_it_is_lost() -> None:
    english = "Hello\n\n# Title\n\n## Ask\n\n1. water\n2. soon\n3. all over\n\nMore.\n\nAnd more.\n\n> ours\n"
    beside = side_by_side(paragraphs_of(TEXT), paragraphs_of(english))
    assert beside[:4] == ["Hello", "Title", "Ask", "water"]
    assert beside[6] == "ours"
    joined = "\n".join(beside)
    assert all(unit.text in joined for unit in paragraphs_of(english))
    assert side_by_side([], paragraphs_of(english)) == []


def test_a_changed_paragraph_is_known_again() -> None:
    others = ["Rien à voir avec cela", "Nous demandons de l’eau propre pour tous"]
    assert most_alike("Nous demandons de l’eau très propre pour toutes et tous", others) == 1
    assert most_alike("Quelque chose d’entièrement neuf", others) is None


def test_what_is_not_translated_is_marked_with_its_language_and_direction() -> None:
    page = to_html("Un\n\n1. deux\n2. trois\n\n> quatre", (0, 2), "ar")
    assert '<p lang="ar" dir="rtl">Un</p>' in page
    assert '<li lang="ar" dir="rtl">trois</li>' in page
    assert page.count("lang=") == 2
    # Nobody writes such a mark by hand.
    assert "<p lang" not in to_html('<p lang="ar" dir="rtl">Un</p>')


@given(st.text(alphabet="ab \n#>-*1.)(`[]\t:é", max_size=200))
def test_whatever_is_typed_comes_back_as_it_was(text: str) -> None:
    assert filled(text, lambda _unit: "") == text
    assert len(side_by_side(paragraphs_of(text), paragraphs_of(text))) == len(paragraphs_of(text))
    filled(text, lambda unit: unit.text)
