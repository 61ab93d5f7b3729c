"""The people and bodies in a line such as “Ada Exemple, ministre de la Santé et des Sports et Ben Témoin, maire”."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class NamedRecipient:
    """A person or body, and the office with which it is addressed ("" where none is named)."""

    name: str
    office: str


_PARTICLE = r"(?:de|du|des|da|di|del|della|von|vom|zu|van|den|der|ten|ter|el|al|la|le|bin|ibn|y|d['’]|l['’])"
_CAPITAL = r"(?:[^\W\d_a-zà-öø-ÿąćęłńśźż]|[ØÞ])"
_WORD = rf"(?:d['’]|l['’])?{_CAPITAL}[\w.'’\-]*"
_TITLE = r"(?:(?:M\.|MM\.|Mme|Mmes|Mlle|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Pr\.?|Prof\.?|Sir|Maître|Herr|Frau|Sr\.?|Sra\.?)\s+)?"
_NAME = rf"{_TITLE}{_WORD}(?:\s+(?:{_PARTICLE}\s*)*{_WORD})+"
_STARTS_WITH_NAME = re.compile(rf"(?P<name>{_NAME})\s*(?:,|\(|[–—]|\s-\s|:)")
_IS_NAME = re.compile(_NAME)
_AND = re.compile(r"\s*,?\s+(?:et|and|und|y|e|en|i|oraz|&)\s+")

# A capital word that begins an office, not a name.
_OFFICE_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        ministre ministres minister ministers premier première prime président présidente president maire mayor
        secrétaire secretary haut haute commissaire commissioner commission direction director directeur directrice
        préfet préfète chancellor bundesminister bundesministerin deputy vice
        """,
    )
)


def split_recipients(text: str) -> list[NamedRecipient]:
    """The recipients that a text names, in order: one a line, behind `;`, or joined by “and”.

    An “and” inside an office joins nothing: a new recipient begins only where a name with its office follows.
    """
    found = []
    for part in re.split(r"\s*[;؛\n]\s*", text):
        found += [_recipient(segment) for segment in _segments(part.strip()) if segment]
    return found


def _segments(text: str) -> list[str]:
    segments, start = [], 0
    for conjunction in _AND.finditer(text):
        before, after = text[start : conjunction.start()], text[conjunction.end() :]
        if _begins_recipient(before, after):
            segments.append(before.strip(" ,"))
            start = conjunction.end()
    return [*segments, text[start:].strip(" ,")]


def _begins_recipient(before: str, after: str) -> bool:
    named = _STARTS_WITH_NAME.match(after)
    if named and named["name"].split()[0].lower() not in _OFFICE_WORDS:
        office = _AND.split(after[named.end() :])[0].strip(" .)").split()
        # “… for Health and Social Care, London”: a lone capital word is a place, not an office.
        if not office:
            return False  # “… for Health and Mutual Aid, and Ada Example, …”: the rest of an office, before a name
        return len(office) != 1 or office[0][0].islower() or office[0].lower() in _OFFICE_WORDS
    # Two names without offices: “Ada Exemple et Ben Témoin”.
    rest = _AND.split(after)[0]
    return bool(_IS_NAME.fullmatch(before.strip(" ,")) and _IS_NAME.fullmatch(rest.strip(" .,")))


def _recipient(text: str) -> NamedRecipient:
    for pattern in (
        r"(?P<name>[^,،(]+?)\s*\((?P<office>.+)\)\.?",
        r"(?P<name>[^,،]+?)\s*(?:[,،]|\s[–—-]\s|:\s)\s*(?P<office>.+)",
    ):
        match = re.fullmatch(pattern, text)
        if match:
            return NamedRecipient(match["name"].strip(), match["office"].strip(" ."))
    return NamedRecipient(text.strip(" ."), "")
