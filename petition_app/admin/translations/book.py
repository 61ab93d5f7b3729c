"""All messages of one locale: what is shipped, and what was made of it here."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from babel.messages.catalog import Message
from babel.numbers import format_percent
from flask_babel import get_locale
from sqlalchemy import select

from petition_app.config_values import available_locales
from petition_app.extensions import db
from petition_app.i18n import plurals, shipped
from petition_app.i18n.po import UNREADABLE, PoCatalogue, forms, previous, sources
from petition_app.i18n.site_words import Source
from petition_app.models import Translation

# How a message stands. One is in the first of these that fits it.
CONFLICT, CHANGED, FUZZY, MISSING, HERE, SHIPPED = "conflict", "changed", "fuzzy", "missing", "here", "shipped"
# What somebody has still to look at, in this order.
OPEN = (CONFLICT, CHANGED, FUZZY, MISSING)


@dataclass(frozen=True, eq=False)
class Entry:
    """A message of the catalogue, with the row of what was made of it here, if there is one."""

    message: Message
    source: Source
    row: Translation | None

    @property
    def key(self) -> str:
        return self.source.key

    @property
    def sources(self) -> tuple[str, ...]:
        return self.source.sources

    @property
    def shipped(self) -> tuple[str, ...]:
        return self.source.shipped

    @property
    def strings(self) -> tuple[str, ...]:
        """What a translator goes on from: the site's own wording, else the shipped one, finished or not."""
        return tuple(self.row.strings) if self.row is not None and self.row.strings else self.shipped

    @property
    def version(self) -> int:
        return self.row.version if self.row is not None else 0

    @property
    def is_unsure(self) -> bool:
        if self.row is not None and self.row.strings:
            return self.row.is_unsure
        return bool(self.message.fuzzy) and any(self.shipped)

    @property
    def previous(self) -> tuple[str, ...]:
        """What the source said when this was translated; empty where it said the same."""
        if self.row is not None and self.row.strings:
            return tuple(self.row.previous)
        return previous(self.message)

    @cached_property
    def state(self) -> str:
        if self.row is not None and self.row.strings:
            return self._state_here(self.row)
        if not all(self.shipped):
            return MISSING
        if self.message.fuzzy:
            return CHANGED if self.previous else FUZZY
        return SHIPPED

    def _state_here(self, row: Translation) -> str:
        if row.strings == list(self.shipped) and not self.message.fuzzy:
            return FUZZY if row.is_unsure else SHIPPED
        if row.shipped != list(self.shipped) and any(self.shipped):
            return CONFLICT
        if row.is_unsure:
            return CHANGED if row.previous else FUZZY
        return HERE if all(row.strings) else MISSING

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def files(self) -> list[str]:
        """Where in the program it stands."""
        return list(dict.fromkeys(file for file, _line in self.message.locations))


@dataclass(frozen=True)
class Progress:
    """How far a locale is; `parts` counts its messages by how they stand."""

    total: int
    parts: Counter[str]

    @property
    def open(self) -> int:
        return sum(self.parts[state] for state in OPEN)

    @property
    def done(self) -> int:
        return self.total - self.open

    @property
    def percent(self) -> int:
        """Rounded down: nothing is whole before it is."""
        return 100 * self.done // self.total if self.total else 100

    @property
    def shown_percent(self) -> str:
        return format_percent(self.percent / 100, locale=get_locale())


class Printed:
    """A catalogue as it is shipped, by its messages' keys. It is kept, and nobody changes it."""

    def __init__(self, locale: str, catalogue: PoCatalogue) -> None:
        self.locale = locale
        self.is_machine_drafted = catalogue.is_machine_drafted
        self.num_plurals = catalogue.num_plurals
        self.numbers = plurals.examples(catalogue.num_plurals, catalogue.plural_expr)
        self.messages: dict[str, tuple[Message, Source]] = {}
        for message in catalogue:
            if message.id:
                source = self._source(message)
                self.messages[source.key] = message, source

    def _source(self, message: Message) -> Source:
        texts = tuple(text or "" for text in forms(message))
        wanted = 1 if isinstance(message.id, str) else self.num_plurals
        texts = (*texts, *("",) * wanted)[:wanted]
        return Source(self.locale, message.context, sources(message), texts, self.num_plurals, self.numbers)


class Book:
    """The messages in the catalogue's order. Made for one request."""

    def __init__(self, printed: Printed, rows: list[Translation]) -> None:
        self.locale = printed.locale
        self.is_machine_drafted = printed.is_machine_drafted
        self.numbers = printed.numbers
        by_key = {row.key: row for row in rows}
        self.entries = {
            key: Entry(message, source, by_key.get(key)) for key, (message, source) in printed.messages.items()
        }
        # What was worded here for a source that the program has no more.
        self.orphans = [row for row in rows if row.key not in self.entries and row.strings]

    @cached_property
    def progress(self) -> Progress:
        return Progress(len(self.entries), Counter(entry.state for entry in self.entries.values()))


class NoCatalogue(Exception):
    """There is none for this locale, or it cannot be read."""


def open_book(locale: str) -> Book:
    """The book of a locale as it is now. Raises NoCatalogue."""
    rows = db.session.scalars(select(Translation).where(Translation.locale == locale).order_by(Translation.id))
    return Book(printed(locale), list(rows))


def in_every_locale(key: str) -> list[Entry]:
    """One message in each language that can be read and has it."""
    rows = {row.locale: row for row in db.session.scalars(select(Translation).where(Translation.key == key))}
    found = []
    for locale in locales():
        try:
            known = printed(locale).messages.get(key)
        except NoCatalogue:
            continue
        if known is not None:
            found.append(Entry(*known, rows.get(locale)))
    return found


def locales() -> list[str]:
    """What can be translated: each locale that has a catalogue, the source's own last."""
    return sorted(available_locales(), key=lambda code: (code == shipped.SOURCE_LOCALE, code))


_kept: dict[str, tuple[int, Printed]] = {}
_reading = threading.Lock()


def printed(locale: str) -> Printed:
    """The shipped catalogue, read once as long as its file stays the same. Raises NoCatalogue."""
    po = shipped.po_of(locale)
    try:
        stamp = po.stat().st_mtime_ns
        with _reading:
            kept = _kept.get(locale)
            if kept is None or kept[0] != stamp:
                kept = _kept[locale] = (stamp, Printed(locale, shipped.read(po)))
            return kept[1]
    except UNREADABLE as error:
        raise NoCatalogue(str(error)) from error
