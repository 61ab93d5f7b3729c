"""Placeholders, tags and addresses in a field that runs from right to left.

A text area cannot tell which of its characters belong together: in Arabic, `%(title)s` would be shown as `s(title)%`.
So what is put into such a field has an isolate around each (U+2066 … U+2069), which nobody sees, and what comes out of
it has them no more. No text is kept with them, and any other character of their kind is refused by the checks.
"""

from __future__ import annotations

import re

from petition_app.i18n.checking import PLACEHOLDER, TAG
from petition_app.i18n.locales import babel_locale

OPEN, CLOSE = "\u2066", "\u2069"
_FIXED = re.compile(rf"{PLACEHOLDER.pattern}|{TAG.pattern}|https?://[^\s()<>{OPEN}{CLOSE}]+")
# Where one of the two was deleted, the other goes; so do those around what is left of a placeholder, or around nothing.
_AROUND = re.compile(rf"{OPEN}?({_FIXED.pattern}){CLOSE}?|{OPEN}([%<][^{OPEN}{CLOSE}\n]*|){CLOSE}")
# How many more a translator may put in than there are.
_SPARE = 10


def in_field(text: str, locale: str) -> str:
    """The text as its field shows it."""
    return _FIXED.sub(rf"{OPEN}\g<0>{CLOSE}", text) if _is_turned(locale) else text


def from_field(text: str, locale: str) -> str:
    """The text that somebody has typed into its field."""
    return _AROUND.sub(lambda found: found[1] or found[2] or "", text) if _is_turned(locale) else text


def room(most: int, locale: str, *texts: str) -> int:
    """How many characters the field has to take for `most` of the text: the isolates are in it."""
    if not _is_turned(locale):
        return most
    return most + 2 * (_SPARE + max((len(_FIXED.findall(text)) for text in texts), default=0))


def _is_turned(locale: str) -> bool:
    return babel_locale(locale).text_direction == "rtl"
