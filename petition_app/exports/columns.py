"""The columns that a file of signatures can have: their names for programs, their labels for people, their values."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from petition_app.models.names import first_character

Cell = str | int | datetime | None


class FieldWords(NamedTuple):
    """A version of a field's words, as far as a file needs it: its choices in the file's language."""

    choices: Mapping[str, str]
    for_recipients: bool


class Signed(NamedTuple):
    """A signature as it was read for a file, with its comment ("" for none), and the kinds of news it agrees to.

    `answers` are those to the petition's own fields, by the field: the value, and the words that it was given to.
    """

    row: Any
    comment: str
    agreed: AbstractSet[str]
    text_version: str
    answers: Mapping[int, tuple[str, FieldWords]] = MappingProxyType({})
    email: str = ""


@dataclass(frozen=True)
class Column:
    """`value` is given a signature, and whether names stand as their signers chose.

    `field_id` is the petition's own field that it holds the answers to.
    """

    name: str
    label: LazyString | str
    value: Callable[[Signed, bool], Cell]
    field_id: int | None = None


@dataclass(frozen=True)
class Head:
    """What stands above the rows: names for programs, labels for people, the use, and what the file says of itself."""

    names: tuple[str, ...]
    labels: tuple[str, ...]
    use: str
    about: tuple[tuple[str, str], ...]
    zone: zoneinfo.ZoneInfo


def _given_name(signed: Signed, as_shown: bool) -> str:
    return "" if as_shown and signed.row.name_display == "hidden" else str(signed.row.given_name)


def _surname(signed: Signed, as_shown: bool) -> str:
    row = signed.row
    if as_shown and row.name_display != "full":
        shows_initial = row.name_display == "initial" and row.surname
        return f"{first_character(row.surname)}." if shows_initial else ""
    return str(row.surname)


def _postal_code(signed: Signed, as_shown: bool) -> str:
    return "" if as_shown and signed.row.name_display == "hidden" else str(signed.row.postal_code)


def _agrees_to(purpose: str) -> Callable[[Signed, bool], str]:
    return lambda signed, _shown: "yes" if purpose in signed.agreed else "no"


COLUMNS = (
    # Translators: from here on, the columns of a file of signatures
    Column("number", _l("Number"), lambda signed, _shown: signed.row.number),
    Column("status", _l("State"), lambda signed, _shown: signed.row.status),
    Column("confirmed_at", _l("Confirmed on"), lambda signed, _shown: signed.row.confirmed_at),
    Column("email", _l("E-mail"), lambda signed, _shown: signed.email),
    Column("given_name", _l("Name"), _given_name),
    Column("surname", _l("Surname"), _surname),
    Column("postal_code", _l("Postal Code"), _postal_code),
    Column("country", _l("Country"), lambda signed, _shown: signed.row.country),
    Column("language", _l("Language"), lambda signed, _shown: signed.row.locale),
    Column("text_version", _l("Text signed"), lambda signed, _shown: signed.text_version),
    Column("name_display", _l("How the name is shown"), lambda signed, _shown: signed.row.name_display),
    Column("comment", _l("Comment"), lambda signed, _shown: signed.comment),
    Column("petition_news", _l("News about this petition"), _agrees_to("petition_news")),
    Column("association_news", _l("News of the association"), _agrees_to("association_news")),
)
