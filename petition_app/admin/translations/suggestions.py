"""What may help with a message: how the same or something like it was said before, here and in other languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from petition_app.admin.translations.book import Book, Entry, in_every_locale
from petition_app.i18n.checking import PLACEHOLDER
from petition_app.i18n.kept_file import kept_texts
from petition_app.i18n.po import forms, sources
from petition_app.i18n.shipped import SOURCE_LOCALE

MOST = 5
NEAR = 0.7
# The longest text that is compared letter by letter.
LONGEST = 600
_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True)
class Suggestion:
    """A translation of the same language that may do, and what it translates."""

    source: str
    strings: tuple[str, ...]
    percent: int

    @property
    def is_equal(self) -> bool:
        return self.percent == 100


@dataclass(frozen=True)
class Elsewhere:
    """The same message in another language."""

    locale: str
    strings: tuple[str, ...]


def suggestions_for(book: Book, entry: Entry) -> list[Suggestion]:
    """The best few, the nearest first; each translation once."""
    found: dict[tuple[str, ...], Suggestion] = {}
    for suggestion in sorted(_near(book, entry), key=lambda near: -near.percent):
        if suggestion.strings != entry.strings:
            found.setdefault(suggestion.strings, suggestion)
    return list(found.values())[:MOST]


def elsewhere(entry: Entry) -> list[Elsewhere]:
    """How other languages say it; only what is finished there."""
    here = (entry.source.locale, SOURCE_LOCALE)
    return [
        Elsewhere(other.source.locale, other.strings)
        for other in in_every_locale(entry.key)
        if other.source.locale not in here and not other.is_open
    ]


def _near(book: Book, entry: Entry) -> Iterator[Suggestion]:
    text = entry.sources[-1]
    words = set(_WORD.findall(text.casefold()))
    matcher = SequenceMatcher(None, b=text[:LONGEST], autojunk=False)
    others = [(other.sources[-1], other.strings) for other in book.entries.values() if other is not entry]
    # What was worded for a source that is gone may have become this very message.
    others += [(row.msgid_plural or row.msgid, tuple(row.strings)) for row in book.orphans]
    others += [(sources(message)[-1], forms(message)) for message in kept_texts(book.locale)]
    for source, strings in others:
        if len(strings) != entry.source.wanted or not all(strings):
            continue
        strings = _with_names_of(text, source, strings)
        if source == text:
            yield Suggestion(source, strings, 100)
        elif _may_be_near(source, text, words):
            matcher.set_seq1(source[:LONGEST])
            if matcher.quick_ratio() >= NEAR and (ratio := matcher.ratio()) >= NEAR:
                yield Suggestion(source, strings, min(99, int(ratio * 100)))


def _with_names_of(text: str, source: str, strings: tuple[str, ...]) -> tuple[str, ...]:
    """A translation of `source` with the placeholders of `text`, where there are as many: the same ones, the others in
    their order."""
    wanted, found = (list(dict.fromkeys(PLACEHOLDER.findall(sentence))) for sentence in (text, source))
    if len(wanted) != len(found):
        return strings
    others = [name for name in found if name not in wanted]
    names = dict(zip(others, (name for name in wanted if name not in found), strict=True))
    return tuple(PLACEHOLDER.sub(lambda holder: names.get(holder[0], holder[0]), string) for string in strings)


def _may_be_near(source: str, text: str, words: set[str]) -> bool:
    """Cheap, for there are thousands: about as long, and with half of the words."""
    if not 0.5 <= len(source) / max(1, len(text)) <= 2:
        return False
    others = set(_WORD.findall(source.casefold()))
    return not words or len(words & others) * 2 >= min(len(words), len(others))
