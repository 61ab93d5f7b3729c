"""What two versions of a text differ in: for a reader, word by word; for the program, whether it is spelling alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

Kind = Literal["same", "added", "removed"]

_PIECES = re.compile(r"\w+|\s+|[^\w\s]")
_WORDS = re.compile(r"\w+")
# Shorter words may be told apart by one letter: “not”, “now”.
SHORTEST_MISSPELT = 4


@dataclass(frozen=True)
class Piece:
    """A stretch of a paragraph."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A line of the text with what was changed in it."""

    pieces: tuple[Piece, ...]

    @property
    def is_changed(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)


def difference(old: str, new: str) -> list[Paragraph]:
    """Both texts as one, line by line, in which each piece is in both, or in one of them alone."""
    before, after = _lines(old), _lines(new)
    found: list[Paragraph] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [Paragraph((Piece("same", line),)) for line in before[i1:i2]]
        else:
            found += _changed(before[i1:i2], after[j1:j2])
    return found


def around_changes(paragraphs: Sequence[Paragraph]) -> list[Paragraph | None]:
    """The changed lines with one on either side; None where something is left out between them."""
    changed = [place for place, paragraph in enumerate(paragraphs) if paragraph.is_changed]
    near = sorted({p for place in changed for p in (place - 1, place, place + 1) if 0 <= p < len(paragraphs)})
    shown: list[Paragraph | None] = [None] if near and near[0] > 0 else []
    shown += [paragraphs[near[0]]] if near else []
    for before, place in pairwise(near):
        shown += [None, paragraphs[place]] if place > before + 1 else [paragraphs[place]]
    return [*shown, None] if near and near[-1] < len(paragraphs) - 1 else shown


def is_spelling(old: str, new: str) -> bool:
    """Whether nothing but spelling, signs and spaces differ: as many words, and each at most a letter off.

    It is careful: a digit, a short word, a word more or less is never spelling.
    """
    before, after = _WORDS.findall(_plain(old)), _WORDS.findall(_plain(new))
    return len(before) == len(after) and all(_same_word(a, b) for a, b in zip(before, after, strict=True))


def _lines(text: str) -> list[str]:
    return [line for line in (line.strip() for line in text.splitlines()) if line]


def _changed(before: list[str], after: list[str]) -> Iterator[Paragraph]:
    """Lines that are paired as far as they go, each with its words compared; then those that only one side has."""
    for old, new in zip(before, after, strict=False):
        yield Paragraph(tuple(_merged(_word_pieces(old, new))))
    for line in before[len(after) :]:
        yield Paragraph((Piece("removed", line),))
    for line in after[len(before) :]:
        yield Paragraph((Piece("added", line),))


def _word_pieces(old: str, new: str) -> Iterator[Piece]:
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.quick_ratio() < 0.4:  # hardly a word in common: the one line is not a form of the other
        yield from (Piece("removed", old), Piece("added", new))
        return
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(before[i1:i2]))
            continue
        if i2 > i1:
            yield Piece("removed", "".join(before[i1:i2]))
        if j2 > j1:
            yield Piece("added", "".join(after[j1:j2]))


def _merged(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbours of a kind as one, so that a changed phrase is read as one, with the lone spaces inside it."""
    waiting = {"removed": "", "added": ""}
    for piece in pieces:
        if piece.kind == "same" and not piece.text.isspace():
            yield from _flushed(waiting)
            yield piece
        elif piece.kind == "same" and any(waiting.values()):
            waiting = {kind: text + piece.text for kind, text in waiting.items()}
        elif piece.kind == "same":
            yield piece
        else:
            waiting[piece.kind] += piece.text
    yield from _flushed(waiting)


def _flushed(waiting: dict[str, str]) -> Iterator[Piece]:
    kinds: tuple[Kind, ...] = ("removed", "added")
    for kind in kinds:
        if waiting[kind].strip():
            yield Piece(kind, waiting[kind])
        elif waiting[kind] and kind == "added":
            yield Piece("same", waiting[kind])
        waiting[kind] = ""


def _plain(text: str) -> str:
    """Without accents and case, which are spelling."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c))


def _same_word(old: str, new: str) -> bool:
    if old == new:
        return True
    if min(len(old), len(new)) < SHORTEST_MISSPELT or any(c.isdigit() for c in old + new):
        return False
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    a, b = old[start:], new[start:]
    # One letter more, less or other, or two that changed places.
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
