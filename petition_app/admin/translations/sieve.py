"""Which messages of a book are looked at: by how they stand, where they are seen, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

from petition_app.admin.translations import book
from petition_app.admin.translations.book import Book, Entry
from petition_app.admin.translations.desk_places import BY_NAME
from petition_app.admin.translations.sample import sample_site

ALL, TODO = "", "open"
STATES = {
    ALL: _l("All of them"),
    # Translators: texts that are still to be translated, or looked at
    TODO: _l("To do"),
    book.MISSING: _l("Not translated"),
    book.FUZZY: _l("Not sure"),
    book.CHANGED: _l("Source has changed"),
    book.CONFLICT: _l("Shipped text has changed"),
    book.HERE: _l("Worded here"),
}
# Texts that no page of the signers has, by where they stand in the program.
AREAS: dict[str, tuple[object, Callable[[str], bool]]] = {
    "team": (_l("The team’s own pages"), lambda file: "/admin/" in file),
    "rest": (_l("Everything else"), lambda file: "/admin/" not in file),
}
ON_PAGE = 50


@dataclass(frozen=True)
class Sieve:
    """What was asked for; it goes along in every address, so that “next” means the next of these."""

    state: str = ALL
    place: str = ""
    words: str = ""

    @classmethod
    def of_request(cls) -> Sieve:
        state, place = request.values.get("state", ALL), request.values.get("place", "")
        return cls(
            state if state in STATES else ALL,
            place if place in AREAS or place in BY_NAME else "",
            request.values.get("words", "").strip()[:200],
        )

    @property
    def is_open(self) -> bool:
        return not (self.state or self.place or self.words)

    @property
    def query(self) -> dict[str, Any]:
        found = {"state": self.state, "place": self.place, "words": self.words}
        return {name: value for name, value in found.items() if value}

    def entries(self, whole: Book) -> list[Entry]:
        if self.place and self.place not in AREAS:
            keys = sample_site().keys_at(BY_NAME[self.place])
            found = [whole.entries[key] for key in keys if key in whole.entries]
        else:
            found = list(whole.entries.values())
        return [entry for entry in found if self._takes(entry)]

    def after(self, whole: Book, key: str) -> Entry | None:
        """The first of these behind this message, which itself may not be among them any more; from the top again."""
        order = list(whole.entries)
        if self.place and self.place not in AREAS:
            order = [found for found in sample_site().keys_at(BY_NAME[self.place]) if found in whole.entries]
        start = order.index(key) + 1 if key in order else 0
        around = [*order[start:], *order[:start]]
        return next((whole.entries[k] for k in around if k != key and self._takes(whole.entries[k])), None)

    def _takes(self, entry: Entry) -> bool:
        if self.state == TODO and not entry.is_open:
            return False
        if self.state not in (ALL, TODO) and entry.state != self.state:
            return False
        if self.place in AREAS and not (self._is_in_area(entry)):
            return False
        words = self.words.casefold()
        return not words or any(words in text.casefold() for text in (*entry.sources, *entry.strings))

    def _is_in_area(self, entry: Entry) -> bool:
        _label, fits = AREAS[self.place]
        return entry.key not in sample_site().seen and any(fits(file) for file in entry.files)
