"""What a form sends that is no field of a class: numbers, and rows that are put in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import urlsplit

Row = TypeVar("Row")

# The buttons of a list in order: what each does to a row, or to the list.
ROW_ACTS = ("add", "up", "down", "remove")


def number_of(text: str | None) -> int:
    """A revision, a key or a place as a form names it; -1, which nothing has, for what is no such number."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1


def keys_of(texts: Iterable[str]) -> list[int]:
    """The keys among what was ticked."""
    return [number for number in map(number_of, texts) if number >= 0]


def moved(rows: list[Row], act: str, place: str, blank: Row) -> list[Row]:
    """The rows after a press on one of the buttons; a place that there is not changes nothing."""
    if act == "add":
        return [*rows, blank]
    index = number_of(place)
    if not 0 <= index < len(rows):
        return rows
    row = rows.pop(index)
    if act != "remove":
        rows.insert(max(0, index - 1) if act == "up" else index + 1, row)
    return rows


def is_web_address(url: str, *schemes: str) -> bool:
    """Whether this leads to a page of some host, by one of these ways."""
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and "." in (parts.hostname or "") and " " not in url
    except ValueError:
        return False
