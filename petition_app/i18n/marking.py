"""Texts that say which message they are: a mark around each that comes out of the catalogue, while somebody asks.

A mark is made of characters that no text holds (Unicode's private use), and carries the message's key, so that it
means the same whatever has been kept of a page. It goes through a template as any text does: into an attribute, into
the middle of another message. Whoever asked for it takes it out again (admin/translations/marked.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from petition_app.models.translation import key_of

OPEN, MIDDLE, CLOSE = "\ue000", "\ue001", "\ue002"
_FIRST_DIGIT = 0xE010
_DIGITS = {ord(digit): chr(_FIRST_DIGIT + int(digit, 16)) for digit in "0123456789abcdef"}
_UNDIGITS = {ord(mark): chr(digit) for digit, mark in _DIGITS.items()}
MARK = re.compile(f"{OPEN}([\ue010-\ue01f]+){MIDDLE}|{CLOSE}")
# What a text that was cut off on its way has left of a mark.
REST = re.compile("[\ue000-\ue01f]+")

_marking: ContextVar[bool] = ContextVar("marking", default=False)


@contextmanager
def marking() -> Iterator[None]:
    """In the block, what comes out of the catalogue is marked."""
    token = _marking.set(True)
    try:
        yield
    finally:
        _marking.reset(token)


def is_marking() -> bool:
    """Whether what is written now is for a translator's eyes: nothing of it may be kept for readers."""
    return _marking.get()


def marked(text: str, msgid: str, context: str | None = None) -> str:
    """The text with its message's mark around it."""
    return f"{OPEN}{key_of(context, msgid).translate(_DIGITS)}{MIDDLE}{text}{CLOSE}"


def key_in(digits: str) -> str:
    """The key that a mark carries."""
    return digits.translate(_UNDIGITS)


def keys_in(text: str) -> list[str]:
    """The keys of the messages in a text, in their order, each once."""
    return list(dict.fromkeys(key_in(found[1]) for found in MARK.finditer(text) if found[1]))


def unmarked(text: str) -> str:
    return REST.sub("", MARK.sub("", text))


class MarkedWords:
    """Stands for a catalogue, and marks what comes out of it."""

    def __init__(self, words: Any) -> None:
        self._words = words

    def gettext(self, msgid: str) -> str:
        return marked(self._words.ugettext(msgid), msgid) if msgid else ""

    def ngettext(self, one: str, many: str, count: int) -> str:
        return marked(self._words.ungettext(one, many, count), one)

    def pgettext(self, context: str, msgid: str) -> str:
        return marked(self._words.upgettext(context, msgid), msgid, context)

    def npgettext(self, context: str, one: str, many: str, count: int) -> str:
        return marked(self._words.unpgettext(context, one, many, count), one, context)

    ugettext, ungettext, upgettext, unpgettext = gettext, ngettext, pgettext, npgettext
