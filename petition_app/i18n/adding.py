"""A new language: its empty catalogue and the glossary to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from babel import Locale, UnknownLocaleError

from petition_app.config_values import PSEUDO_LOCALES
from petition_app.i18n import glossary, plurals, shipped
from petition_app.i18n.extraction import new_catalogue


class CannotAdd(Exception):
    """There is no such language, or it is there already; the text says what to write instead."""


@dataclass(frozen=True)
class Made:
    """What was made."""

    locale: str
    english_name: str
    num_plurals: int
    examples: str
    po: Path
    glossary: Path


def add(name: str) -> Made:
    """Begin a catalogue for the language of this code. Raises CannotAdd."""
    locale, known = _named(name)
    po = shipped.po_of(locale)
    if po.exists():
        raise CannotAdd(f"There is a catalogue for “{locale}” already: {po}")
    catalogue = new_catalogue(locale)
    shipped.write(catalogue, po)
    words = shipped.glossary_of(locale)
    if not words.exists():
        terms = glossary.read(shipped.glossary_of(shipped.SOURCE_LOCALE))
        words.write_text(glossary.skeleton(known.english_name or locale, terms), "utf-8")
    examples = plurals.examples(catalogue.num_plurals, catalogue.plural_expr)
    told = " / ".join(", ".join(f"{number:g}" for number in numbers) for numbers in examples)
    return Made(locale, known.english_name or locale, catalogue.num_plurals, told, po, words)


def _named(name: str) -> tuple[str, Locale]:
    """The locale as its folder and its addresses are called: `pt-BR`, however it was written."""
    if name in PSEUDO_LOCALES:
        raise CannotAdd(f"“{name}” is made on the fly in development, from the sources: it needs no catalogue.")
    try:
        known = Locale.parse(name.strip().replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        raise CannotAdd(f"“{name}” is no language that is known here: write its code, such as sv or pt-BR.") from None
    return str(known).replace("_", "-"), known
