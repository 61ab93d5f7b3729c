"""Pseudo-locales: made on the fly from the sources, to see what was forgotten.

`en-XA` is English with accents, in brackets, and longer by two fifths, as German is. `ar-XB` is English read from right
to left. What stands on a page without brackets did not go through a catalogue; what is cut off or does not turn round
shows at a glance. They are for development alone (config.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from babel.support import Translations

OPENING, CLOSING = "⟦", "⟧"
LONGER_BY = 0.4
# Words that take room, and where a line may break between them.
_FILLING = "līkēwīsē ānd thēn sōmē mōrē ōf thē sāmē kīnd "

_ACCENTED = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "ÀƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽàƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž",
)
# Unicode's own override, by which letters that run from left to right are shown from right to left.
_TURNED, _END = "\u202e", "\u202c"
# What stays as it is: placeholders, tags, entities, and percent signs written twice.
_KEPT = re.compile(r"(%\(\w+\)[a-z]|%%|</?\w[^<>]*>|&[#\w]+;)")


class PseudoTranslations(Translations):
    """Makes each text out of its source; English counting."""

    def __init__(self, change: Callable[[str], str]) -> None:
        super().__init__()
        self._change = change
        self._made: dict[str, str] = {}

    def gettext(self, message: str) -> str:
        made = self._made.get(message)
        if made is None:
            made = self._made[message] = self._change(message)
        return made

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)

    ugettext, ungettext, upgettext, unpgettext = gettext, ngettext, pgettext, npgettext  # type: ignore[assignment]


def accented(text: str) -> str:
    """In brackets, with accents, and longer: what is short grows by more than what is long."""
    return _in_brackets(text, lambda words: words.translate(_ACCENTED), _filling(text))


def turned(text: str) -> str:
    """In brackets, and from right to left."""

    def turn(words: str) -> str:
        bare = words.strip()
        return words.replace(bare, f"{_TURNED}{bare}{_END}") if bare else words

    return _in_brackets(text, turn, "")


def _in_brackets(text: str, change: Callable[[str], str], filling: str) -> str:
    """The text changed but for what is kept; space around it stays outside, for some is meaningful."""
    bare = text.strip()
    if not bare:
        return text
    parts = [part if number % 2 else change(part) for number, part in enumerate(_KEPT.split(bare))]
    return text.replace(bare, f"{OPENING}{''.join(parts)}{filling}{CLOSING}")


def _filling(text: str) -> str:
    words = len(_KEPT.sub("", text).strip())
    length = max(1, round(words * LONGER_BY) - len(OPENING + CLOSING))
    return " " + (_FILLING * (1 + length // len(_FILLING)))[: length - 1].rstrip() if length > 1 else ""


CHANGES: dict[str, Callable[[str], str]] = {"en-XA": accented, "ar-XB": turned}
