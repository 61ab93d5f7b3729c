"""What a translator's file holds, whatever its format: parts with their translations, and how each stood here."""

from __future__ import annotations

from dataclasses import dataclass


class UnreadableFile(ValueError):
    """The file is no catalogue of translations that can be read; what is wrong with it is said."""


@dataclass(frozen=True)
class Entry:
    """A part in a file. `before` is what the source said when it was translated, where `is_outdated`."""

    key: str
    place: str
    source: str
    target: str
    is_outdated: bool = False
    before: str = ""
    # The name of the translation as it stood on the site (`seen_name`); "" where the file does not tell.
    seen: str = ""


@dataclass(frozen=True)
class Bundle:
    """All of a petition in one language, and in which one it was written."""

    slug: str
    source_locale: str
    locale: str
    entries: tuple[Entry, ...]
