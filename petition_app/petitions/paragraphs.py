"""A text's paragraphs, one by one, as they are translated: taken apart, and put together again in another language.

A paragraph, a heading, a quotation or an item of a list is one. What stands between them, and before their first
letters (the number of a demand, the marks of a heading), stays as the source has it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from markdown_it.token import Token

from petition_app.petitions.markdown import paragraph_tokens, raw_tokens_of

_ITEM = re.compile(r"^( {0,3}(?:[-*+]|\d{1,9}[.)])(?: {1,4}|\t|$))")
_QUOTED = re.compile(r"^ {0,3}> ?")
# Two paragraphs with this share of their words in common are one that was changed.
ALIKE = 0.4


@dataclass(frozen=True)
class Unit:
    """One paragraph: the lines that it stands on, what is written before each of them, and its words alone."""

    kind: str
    start: int
    end: int
    first: str
    rest: str
    text: str

    @property
    def key(self) -> str:
        return key_of(self.text)

    @property
    def is_words(self) -> bool:
        """Whether there is anything to translate in it."""
        return any(letter.isalpha() for letter in self.text)


# What takes a text apart.
Split = Callable[[str], list[Unit]]


def key_of(text: str) -> str:
    """A name for what is said, wherever it stands: equal words have one name, and one translation."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def paragraphs_of(markdown: str) -> list[Unit]:
    """The paragraphs in order, those without a word among them, so that a place names the same one everywhere."""
    lines = _lines(markdown)
    return [_unit(token, lines) for token in paragraph_tokens(raw_tokens_of(markdown))]


def plain_paragraphs_of(text: str) -> list[Unit]:
    """Those of a text that is no Markdown, such as a mail's: what stands between empty lines, its marks with it."""
    blocks, start = [], 0
    for block in text.split("\n\n"):
        end = start + block.count("\n") + 1
        blocks.append(Unit("paragraph", start, end, "", "", block))
        start = end + 1
    return [unit for unit in blocks if unit.text.strip()]


def filled(text: str, words: Callable[[Unit], str], split: Split = paragraphs_of) -> str:
    """The same text with other words in its paragraphs; one for which there are none ("") stays as it is."""
    lines = _lines(text)
    for unit in reversed(split(text)):
        if said := words(unit).strip():
            lines[unit.start : unit.end] = _placed(unit, said)
    return "\n".join(lines)


def side_by_side(source: Sequence[Unit], target: Sequence[Unit]) -> list[str]:
    """What the target says for each paragraph of the source ("" for nothing), by their kinds and order.

    Nothing of the target is lost: what has no counterpart goes with the paragraph before it.
    """
    matcher = SequenceMatcher(None, [u.kind for u in source], [u.kind for u in target], autojunk=False)
    places = {b + n: a + n for a, b, size in matcher.get_matching_blocks() for n in range(size)}
    found = [""] * len(source)
    last = min(places.values(), default=0)
    for number, unit in enumerate(target):
        last = places.get(number, last)
        if last < len(found):
            found[last] = f"{found[last]}\n\n{unit.text}" if found[last] else unit.text
    return found


def most_alike(text: str, others: Sequence[str]) -> int | None:
    """The place of the one of which this is a changed form; None where it is new."""
    words = set(re.findall(r"\w+", text.casefold()))
    best, place = ALIKE, None
    for number, other in enumerate(others):
        known = set(re.findall(r"\w+", other.casefold()))
        share = len(words & known) / max(1, len(words | known))
        if share >= best and (place is None or share > best):
            best, place = share, number
    return place


def _lines(markdown: str) -> list[str]:
    """As the parser counts them."""
    return markdown.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _unit(token: Token, lines: list[str]) -> Unit:
    start, end = token.map or (0, 0)
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    own = lines[start:end]
    if token.type == "heading_open":
        return Unit(token.tag, start, end, "#" * int(token.tag[1]) + " ", "", _heading(own))
    if token.type == "list_item_open":
        mark = _ITEM.match(own[0]) if own else None
        first = mark[1] if mark else ""
        rest = " " * len(first.expandtabs(4))
        words = [own[0][len(first) :] if own else "", *(_dedented(line, len(rest)) for line in own[1:])]
        return Unit("number" if token.info else "bullet", start, end, first or "- ", rest, "\n".join(words).strip())
    if token.type == "blockquote_open":
        return Unit("quote", start, end, "> ", "> ", "\n".join(_QUOTED.sub("", line) for line in own).strip())
    if token.type == "paragraph_open":
        return Unit("paragraph", start, end, "", "", "\n".join(line.strip() for line in own))
    return Unit("code", start, end, "", "", "\n".join(own))


def _heading(own: list[str]) -> str:
    """The words alone, whichever of Markdown's two ways marks them as a heading."""
    if len(own) > 1:
        return " ".join(line.strip() for line in own[:-1])
    return re.sub(r"(?:^|\s)#+\s*$", "", re.sub(r"^ {0,3}#{1,6}(?:\s+|$)", "", own[0] if own else "")).strip()


def _dedented(line: str, width: int) -> str:
    indent = len(line) - len(line.lstrip(" "))
    return line[min(indent, width) :]


def _placed(unit: Unit, said: str) -> list[str]:
    if unit.kind.startswith("h"):  # a heading is one line; what follows an empty one is a paragraph of its own
        said = re.sub(r"(?<!\n)\n(?!\n)", " ", said)
    first, *rest = said.split("\n")
    return [unit.first + first, *((unit.rest + line).rstrip() for line in rest)]
