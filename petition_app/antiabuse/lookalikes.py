"""Names and domains that are not what they look like, and names that nobody bears.

Nothing here refuses anything: each is a sign that weighs something beside others (antiabuse/signs.py).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna

from petition_app.antiabuse.comment_checks import look_of
from petition_app.antiabuse.mailboxes import MOST_DOMAINS, PROVIDERS

_KNOWN = frozenset(domain for provider in PROVIDERS for domain in provider.domains)
# Scripts that share shapes of letters. Others are mixed with these by nobody, or by custom, as those of Japanese are.
_ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}
# Letters in a row that no language of Latin letters has in a name, and rows of a keyboard.
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{7,}")
_SAME = re.compile(r"(.)\1{3,}")
_KEYBOARD = ("asdf", "sdfg", "qwer", "wert", "azer", "zert", "qsdf", "hjkl", "uiop", "zxcv", "wxcv")


@lru_cache(MOST_DOMAINS)
def is_lookalike(domain: str) -> bool:
    """Whether a domain passes for another: a label of several scripts, or one that looks like a known provider's."""
    readable = _readable(domain)
    if readable.isascii():
        return False
    if any(len(_scripts_of(label)) > 1 for label in readable.split(".")):
        return True
    return look_of(readable) in _KNOWN


def is_impossible(given_name: str, surname: str) -> bool:
    """Whether a name can hardly be anybody's: digits, letters of several scripts in a word, a hand on a keyboard."""
    name = f"{given_name} {surname}".casefold()
    if any(unicodedata.category(letter) in ("Nd", "No", "So", "Sc") for letter in name):
        return True
    if any(len(_scripts_of(word)) > 1 for word in re.split(r"[\s-]", name)):
        return True
    bare = "".join(c for c in unicodedata.normalize("NFD", name) if unicodedata.category(c) != "Mn")
    hands = sum(any(row in word for row in _KEYBOARD) for word in bare.split())
    return bool(_CONSONANTS.search(bare) or _SAME.search(bare)) or hands > 1


def _scripts_of(word: str) -> set[str]:
    """Those of a word's scripts that pass for one another, by the first word of its letters' Unicode names."""
    return _ALIKE & {unicodedata.name(letter, "?").split(" ", 1)[0] for letter in word}


def _readable(domain: str) -> str:
    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain
