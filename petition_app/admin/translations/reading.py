"""The source of a message cut into what a translator has to tell apart: words, terms of the glossary, placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from petition_app.i18n import glossary, shipped
from petition_app.i18n.checking import PLACEHOLDER, TAG
from petition_app.i18n.glossary import Term

WORDS, TERM, HOLDER = "words", "term", "placeholder"
_FIXED = re.compile(f"({PLACEHOLDER.pattern}|{TAG.pattern}|%%)")


@dataclass(frozen=True)
class Piece:
    """A part of a source. `term` is set where it is a word of the glossary."""

    kind: str
    text: str
    term: Term | None = None


def terms_of(locale: str) -> list[Term]:
    """The glossary's terms, the longest first, so that “to sign” goes before “sign”."""
    try:
        found = [term for term in glossary.read(shipped.glossary_of(locale)) if term.english]
    except (OSError, ValueError):
        return []
    return sorted(found, key=lambda term: -len(term.english))


def pieces(source: str, terms: list[Term]) -> list[Piece]:
    found: list[Piece] = []
    for number, part in enumerate(_FIXED.split(source)):
        if number % 2:
            found.append(Piece(HOLDER, part))
        elif part:
            found += _with_terms(part, terms)
    return found


def holders(sources: tuple[str, ...]) -> list[str]:
    """What must stand in the translation as it is, each once: placeholders and tags."""
    return list(dict.fromkeys(part for source in sources for part in _FIXED.findall(source)))


def whole_in(text: str) -> Markup:
    """The text with its placeholders and tags each in one piece, where it runs from right to left, too."""
    parts = (
        Markup('<bdi dir="ltr">{}</bdi>').format(part) if number % 2 else escape(part)
        for number, part in enumerate(_FIXED.split(str(text)))
    )
    return Markup("").join(parts)


def _with_terms(text: str, terms: list[Term]) -> Iterator[Piece]:
    known = {_bare(word): term for term in reversed(terms) for word in term.english.split(",")}
    if not known:
        yield Piece(WORDS, text)
        return
    words = "|".join(re.escape(word) for word in sorted(known, key=len, reverse=True))
    end = 0
    # As English bends them: signs, signed, signing, petitions.
    for match in re.finditer(rf"(?<![\w-])({words})(?:s|es|d|ed|ing)?(?![\w-])", text, re.IGNORECASE):
        if match.start() > end:
            yield Piece(WORDS, text[end : match.start()])
        yield Piece(TERM, match[0], known[match[1].lower()])
        end = match.end()
    if end < len(text):
        yield Piece(WORDS, text[end:])


def _bare(word: str) -> str:
    """As it stands in a sentence: a verb of the glossary has its “to” in front, a noun perhaps its kind behind."""
    return re.sub(r"\s*\(.*?\)", "", word).strip().lower().removeprefix("to ").strip() or word.strip().lower()
