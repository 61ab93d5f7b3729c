"""The columns that a file of signatures can have: their names for programs, their labels for people, their values."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from petition_app.models.signature import first_character

Cell = str | int | datetime | None


@dataclass(frozen=True)
class Column:
    """`value` is given the row as it was read (rows.py), and whether names stand as their signers chose."""

    name: str
    label: LazyString
    value: Callable[[Any, bool], Cell]


@dataclass(frozen=True)
class Head:
    """What stands above the rows: names for programs, labels for people, the use, and what the file says of itself."""

    names: tuple[str, ...]
    labels: tuple[str, ...]
    use: str
    about: tuple[tuple[str, str], ...]
    zone: zoneinfo.ZoneInfo


def _given_name(row: Any, as_shown: bool) -> str:
    return "" if as_shown and row.name_display == "hidden" else str(row.given_name)


def _surname(row: Any, as_shown: bool) -> str:
    if as_shown and row.name_display != "full":
        shows_initial = row.name_display == "initial" and row.surname
        return f"{first_character(row.surname)}." if shows_initial else ""
    return str(row.surname)


def _postal_code(row: Any, as_shown: bool) -> str:
    return "" if as_shown and row.name_display == "hidden" else str(row.postal_code)


def _comment(row: Any, as_shown: bool) -> str:
    is_wanted = row.comment is not None and (not as_shown or row.comment_status == "published")
    return str(row.comment) if is_wanted else ""


COLUMNS = (
    # Translators: from here on, the columns of a file of signatures
    Column("number", _l("Number"), lambda row, _shown: row.number),
    Column("status", _l("State"), lambda row, _shown: row.status),
    Column("confirmed_at", _l("Confirmed on"), lambda row, _shown: row.confirmed_at),
    Column("email", _l("E-mail"), lambda row, _shown: row.email),
    Column("given_name", _l("Name"), _given_name),
    Column("surname", _l("Surname"), _surname),
    Column("postal_code", _l("Postal Code"), _postal_code),
    Column("country", _l("Country"), lambda row, _shown: row.country),
    Column("language", _l("Language"), lambda row, _shown: row.locale),
    Column("text_version", _l("Text signed"), lambda row, _shown: row.text_version),
    Column("name_display", _l("How the name is shown"), lambda row, _shown: row.name_display),
    Column("comment", _l("Comment"), _comment),
    Column("petition_news", _l("News about this petition"), lambda row, _shown: _yes(row.petition_news)),
    Column("association_news", _l("News of the association"), lambda row, _shown: _yes(row.association_news)),
)


def _yes(agrees: bool) -> str:
    return "yes" if agrees else "no"
