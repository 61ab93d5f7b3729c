"""What makes a comment wait for a look, with the tricks that should hide it, and what people simply write."""

from __future__ import annotations

import random
import time

import pytest

from petition_app.antiabuse.comment_checks import findings, fingerprint, link, listed_words, repetition, shouting

PLAIN = (
    "Je signe parce que l’eau de ma commune n’est plus potable depuis deux ans.",
    "Voir l’art. 5 de la loi de 2019. C’est fini.Merci à tous.",
    "I live at 12.5 km from the river; we need clean water!",
    "La SNCF et la CGT d’accord, pour une fois... Quelle époque !!",
    "М. Иванов прав: вода нужна всем.",
    "水は命です。守りましょう。",
    "الماء حق للجميع",
    "Non, non et non. Oui à l’eau, oui à la vie, oui à nos enfants.",
    "Enfin 👏👏👏👏 bravo",
    "e.g. i.e. p. ex. M. le maire, 3,5 % et 1.000.000 d’euros",
    "N° 1 - - - à lire",
    "J’ai 38 ans. Net : 1 500 euros.",
)


@pytest.mark.parametrize("text", PLAIN)
def test_what_people_write_is_not_held_back(text: str) -> None:
    assert findings(text, ["casino", "crétin*"]) == []


@pytest.mark.parametrize(
    "text",
    [
        "Regardez https://shop.example/x",
        "regardez HTTP://EXAMPLE.ORG",
        "www.example.org",
        "allez sur example.com !",
        "(exemple.fr)",
        "example.com/buy?x=1",
        "exam\u200bple.c\u200dom",
        "example．com",
        "example。com",
        "ｅｘａｍｐｌｅ．ｃｏｍ",
        "example [.] com",
        "example dot com",
        "example(dot)com",
        "h t t p s : / / example",
        "hxxps://example",
        "écrivez à someone@example.org",
        "someone (at) x et someone[at]example.org",
        "𝐞𝐱𝐚𝐦𝐩𝐥𝐞.𝐜𝐨𝐦",
        "w\u00adw\u00adw.example.org",
    ],
)
def test_what_leads_elsewhere_is_found_however_it_is_spelt(text: str) -> None:
    assert link(text), text
    assert findings(text)[0][0] == "link"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LISEZ TOUS CECI MAINTENANT", True),
        ("ＬＩＳＥＺ ＴＯＵＳ ＣＥＣＩ ＭＡＩＮＴＥＮＡＮＴ", True),
        ("L\u200bISEZ TOUS CEC\u200bI MAINTENANT", True),
        ("ПРОЧТИТЕ ЭТО НЕМЕДЛЕННО", True),
        ("Assez !!!!", True),
        ("Assez ! ! ! !", True),
        ("Pourquoi ?!?!", True),
        ("Assez !!!", False),
        ("La SNCF", False),
        ("OUI À L’EAU", False),
        ("水は命です。守りましょう。水は命です。守りましょう。", False),
        ("", False),
    ],
)
def test_shouting(text: str, found: bool) -> None:
    assert bool(shouting(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Nooooooooon", "oooooooo"),
        ("No\u200bo\u200bo\u200bo\u200bo\u200bo\u200bo\u200bo\u200bon", "oooooooo"),
        ("🔥" * 12, "🔥" * 12),
        ("Achetez. Achetez, achetez ! ACHETEZ achetez ａｃｈｅｔｅｚ", "achetez"),
        ("bon plan\nbon plan\nBon plan", "bon plan"),
        ("Nooooon", ""),
        ("...........", ""),
        ("l’eau, l’eau, l’eau, c’est l’eau de nos enfants que nous voulons pure", ""),
    ],
)
def test_repetition(text: str, found: str) -> None:
    assert repetition(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Gagnez au casino ce soir",
        "CASINO",
        "ca\u200bsi\u00adno",
        "c a s i n o",
        "c.a.s.i.n.o",
        "ｃａｓｉｎｏ",
        "саsіnо",  # four letters of it are Cyrillic
        "cásinó",
        "𝒸𝒶𝓈𝒾𝓃𝑜",
        "«casino»",
    ],
)
def test_listed_words_are_seen_through_their_disguise(text: str) -> None:
    assert listed_words(text, ["casino"]) == ["casino"]


def test_listed_words_are_whole_words_phrases_and_beginnings() -> None:
    assert listed_words("les casinos", ["casino"]) == []
    assert listed_words("les casinos", ["casino*"]) == ["casino*"]
    assert listed_words("ma grand mère", ["rand"]) == []
    assert listed_words("Un GAIN\n facile, vite", ["gain facile"]) == ["gain facile"]
    assert listed_words("quels crétins", ["cretin*"]) == ["cretin*"]
    assert listed_words("anything", ["", "*", "\u200b", "!!"]) == []
    assert listed_words("слово", ["слово"]) == ["слово"]


def test_texts_that_say_the_same_have_the_same_fingerprint() -> None:
    text = "Je soutiens cette pétition parce que l’eau est un bien commun."
    assert fingerprint(text) == fingerprint(text.upper() + "  !!!") == fingerprint(text.replace(" ", "\u200b  "))
    assert fingerprint(text) != fingerprint(text.replace("commun", "privé"))
    assert fingerprint("Je soutiens !") is None


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1000,
        "." * 1000,
        "a." * 500,
        "!" * 1000,
        " a" * 500,
        "\u0301" * 1000,
        "ﷺ" * 1000,
        "[.]" * 333,
        "\ud800" * 9,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    findings(text, [f"word{n}" for n in range(300)])
    fingerprint(text)
    assert time.perf_counter() - began < 0.5


def test_no_text_breaks_a_check() -> None:
    chance = random.Random(7)  # noqa: S311
    for _ in range(300):
        text = "".join(chr(chance.choice((chance.randrange(0x250), chance.randrange(0x11_0000)))) for _ in range(60))
        findings(text, [text[:5], "*"])
        fingerprint(text)
