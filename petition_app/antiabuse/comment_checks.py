"""What makes a comment wait for a look before it appears: each check is a small function that tells what it found.

None of them judges: whoever writes so may have good reasons, and a person decides. Text is read as an eye reads it:
compatible characters are one (NFKC), what cannot be seen is not there, letters that look alike are the same. Every
check passes over the text a fixed number of times, whatever stands in it.
"""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from petition_app.models.comment import Finding

# So many letters, of which so many in a hundred are capitals; an abbreviation or a name in capitals stays below.
FEWEST_LETTERS, CAPITALS = 20, 70
# Marks like “!!!!” and letters like “noooooooon”, in a row.
MARKS_IN_A_ROW, LETTERS_IN_A_ROW, SYMBOLS_IN_A_ROW = 4, 8, 12
# A word that is there so many times, and is so many in a hundred of all words.
SAME_WORD, SHARE_OF_WORDS = 6, 40
SAME_LINE = 3
# A text that is shorter than this is said again by chance.
FEWEST_TOLD_APART = 40

# Letters that look like a Latin one, and signs that are read as another.
_LATIN = "abcehikmnoprstuxyz"
_ALIKE = str.maketrans(
    {
        **dict(zip("авсенікмпоргѕтuхуz", _LATIN, strict=True)),
        **dict(zip("αвϲεһικмηορгѕτυχγᴢ", _LATIN, strict=True)),
        "ј": "j",
        "ԁ": "d",
        "ɡ": "g",
        "ı": "i",
        "ӏ": "l",
        "ѵ": "v",
        "ω": "w",
        "ο": "o",
    }
)
_DOTS = str.maketrans({"。": ".", "․": ".", "‧": ".", "·": ".", "•": ".", "∕": "/", "⁄": "/", "：": ":"})
_SPOKEN_DOTS = frozenset({".", "dot", "[.]", "(.)", "{.}", "(dot)", "[dot]", "(point)", "[point]"})
_ENDINGS = frozenset(
    [
        "com",
        "net",
        "org",
        "info",
        "biz",
        "eu",
        "fr",
        "be",
        "ch",
        "de",
        "uk",
        "es",
        "it",
        "nl",
        "pl",
        "pt",
        "ru",
        "cn",
        "us",
        "ca",
        "io",
        "co",
        "me",
        "tv",
        "cc",
        "ly",
        "gl",
        "to",
        "app",
        "dev",
        "xyz",
        "top",
        "site",
        "online",
        "shop",
        "store",
        "club",
        "live",
        "link",
        "click",
        "page",
        "blog",
        "news",
        "pro",
        "vip",
        "win",
        "bet",
        "casino",
    ]
)
_AROUND = ".,;:!?…()[]{}<>«»“”\"'’‘|*_~`"


def findings(text: str, listed: Sequence[str] = ()) -> list[Finding]:
    """What a person should look at: the name of each check that finds something, and what it found."""
    checks = (("link", link(text)), ("shouting", shouting(text)), ("repetition", repetition(text)))
    found = [(name, said) for name, said in checks if said]
    return [*found, *(("listed", word) for word in listed_words(text, listed)[:3])]


def link(text: str) -> str:
    """The first thing that leads elsewhere: a web address, however it is spelt, or a mail address; "" for none."""
    words = _seen(text).translate(_DOTS).split()
    for place, word in enumerate(words):
        bare = word.strip(_AROUND)
        if _is_address(bare):
            return _short(bare)
        if word in _SPOKEN_DOTS and 0 < place < len(words) - 1 and _first_label(words[place + 1]) in _ENDINGS:
            return _short(f"{words[place - 1]} {word} {words[place + 1]}")
    spelt = "".join(words)
    return next((mark for mark in ("https://", "http://", "hxxp", "www.") if mark in spelt), "")


def _is_address(word: str) -> bool:
    if "://" in word or word.startswith("www."):
        return True
    for opened, closed in (("[.]", "."), ("(.)", "."), ("[dot]", "."), ("(dot)", "."), ("[at]", "@"), ("(at)", "@")):
        word = word.replace(opened, closed)
    host = word.rpartition("@")[2].split("/", 1)[0].split("?", 1)[0].split(":", 1)[0]
    *labels, ending = host.split(".")
    return bool(labels) and ending in _ENDINGS and all(_is_label(label) for label in labels)


def _is_label(label: str) -> bool:
    return bool(label) and all(letter.isalnum() or letter == "-" for letter in label)


def _first_label(word: str) -> str:
    return word.strip(_AROUND).split("/", 1)[0]


def shouting(text: str) -> str:
    """What is shouted: capitals nearly throughout, or marks in a row; "" for nothing. Not every script has capitals."""
    seen = _visible(unicodedata.normalize("NFKC", text))
    upper = sum(letter.isupper() for letter in seen)
    letters = upper + sum(letter.islower() for letter in seen)
    if letters >= FEWEST_LETTERS and upper * 100 >= letters * CAPITALS:
        return _short(" ".join(seen.split()))
    run, length = "", 0
    for mark in seen:
        run, length = (run + mark, length + 1) if mark in "!?¡¿" else ("", length if mark == " " and run else 0)
        if length >= MARKS_IN_A_ROW:
            return run
    return ""


def repetition(text: str) -> str:
    """What comes again and again: a character in a row, a word, a line; "" for nothing."""
    seen = _seen(text)
    for character, group in groupby(seen):
        length = sum(1 for _ in group)
        most = LETTERS_IN_A_ROW if character.isalpha() else SYMBOLS_IN_A_ROW
        if length >= most and not character.isspace():
            return character * most
    lines = Counter(line.strip() for line in _visible(text).casefold().splitlines() if len(line.strip()) > 1)
    for line, times in lines.items():
        if times >= SAME_LINE:
            return _short(line)
    words = [word for word in _words(seen) if len(word) > 1]
    for word, times in Counter(words).most_common(1):
        if times >= SAME_WORD and times * 100 >= len(words) * SHARE_OF_WORDS:
            return _short(word)
    return ""


def listed_words(text: str, listed: Sequence[str]) -> list[str]:
    """The words of the association's list that stand in the text. “word*” stands for all that begins so."""
    if not listed:
        return []
    haystack = f" {_skeleton(text)} "
    found = []
    for word in listed:
        begins = word.endswith("*")
        wanted = _skeleton_of_listed(word.rstrip("*"))
        if wanted and (f" {wanted}" if begins else f" {wanted} ") in haystack:
            found.append(word)
    return found


def fingerprint(text: str) -> str | None:
    """The same for texts that say the same; None for a text that is too short to be told from another."""
    skeleton = _skeleton(text).replace(" ", "")
    if len(skeleton) < FEWEST_TOLD_APART:
        return None
    return hashlib.sha256(skeleton.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def look_of(text: str) -> str:
    """The Latin letters that a text looks like, without accents."""
    bare = "".join(c for c in unicodedata.normalize("NFD", _seen(text)) if unicodedata.category(c) != "Mn")
    return bare.translate(_ALIKE)


@functools.lru_cache(maxsize=2000)
def _skeleton_of_listed(word: str) -> str:
    return _skeleton(word)


def _skeleton(text: str) -> str:
    """The words as they look, without accents; letters that were spelt apart (“s p a m”, “s.p.a.m”) are one word."""
    return " ".join(_joined(list(_words(look_of(text)))))


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Three single letters or more in a row are a word that was spelt apart."""
    for is_letter, group in groupby(words, lambda word: len(word) == 1):
        run = list(group)
        if is_letter and len(run) >= 3:
            yield "".join(run)
        else:
            yield from run


def _words(text: str) -> Iterator[str]:
    for is_word, group in groupby(text, str.isalnum):
        if is_word:
            yield "".join(group)


def _seen(text: str) -> str:
    """As the eye sees it: compatible characters as one, in small letters, without what is not seen."""
    return unicodedata.normalize("NFKC", _visible(unicodedata.normalize("NFKC", text)).casefold())


def _visible(text: str) -> str:
    """Without zero-width characters, marks of direction and fillers; each kind of space is one."""
    kept = (c for c in text if unicodedata.category(c) != "Cf" and c not in "\u034f\u115f\u1160\u3164\uffa0\u2800")
    return "".join(" " if unicodedata.category(c) == "Zs" else c for c in kept)


def _short(found: str) -> str:
    return found if len(found) <= 60 else f"{found[:59]}…"
