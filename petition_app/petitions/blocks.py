"""The shape of a pasted text: which lines are paragraphs, headings and lists, and the Markdown that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

BULLET = re.compile(r"^(\s*)([•·‣◦▪●■*+–—-]|o(?=\s))\s+(\S.*)$")
NUMBER = re.compile(r"^(\s*)\(?(\d{1,3})[.)]\s+(\S.*)$")
LONGEST_HEADING = 140
# A paragraph that was wrapped by hand: lines of about one length, not longer than a mail's or a terminal's.
WIDEST_WRAP, WRAP_SLACK = 120, 25

Line = tuple[int, str]
Kind = Literal["paragraph", "heading", "bullets", "numbers"]


@dataclass
class Block:
    """A piece of the text, with the numbers of the lines that it was made of."""

    kind: Kind
    lines: list[int]
    text: str = ""
    items: list[str] = field(default_factory=list)
    start: int = 1

    def markdown(self) -> str:
        if self.kind == "heading":
            return f"## {escape(self.text)}"
        if self.kind == "paragraph":
            return escape(self.text)
        marks = [f"{self.start + i}." if self.kind == "numbers" else "-" for i in range(len(self.items))]
        return "\n".join(f"{mark} {escape(item)}" for mark, item in zip(marks, self.items, strict=True))

    def described(self) -> str:
        """What it was understood as, for the report."""
        if self.kind in ("bullets", "numbers"):
            what = "list" if self.kind == "bullets" else "numbered list"
            return f"{what} of {len(self.items)} items" if len(self.items) != 1 else f"{what} of 1 item"
        return f"heading: {self.text}" if self.kind == "heading" else "paragraph"


def find_blocks(lines: Sequence[Line]) -> list[Block]:
    """The blocks of a plain text, in order; every line that is not blank is in one of them."""
    blocks: list[Block] = []
    groups = list(_groups(lines))
    for index, group in enumerate(groups):
        for block in _of_group(group, is_last=index == len(groups) - 1):
            previous = blocks[-1] if blocks else None
            if previous is not None and _goes_on(previous, block):
                previous.items += block.items
                previous.lines += block.lines
            else:
                blocks.append(block)
    if blocks and blocks[-1].kind == "heading":
        blocks[-1].kind = "paragraph"  # nothing stands under it
    return blocks


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Runs of lines without a blank one between them."""
    group: list[Line] = []
    for line in lines:
        if line[1].strip():
            group.append(line)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _of_group(group: list[Line], *, is_last: bool) -> list[Block]:
    if len(group) == 1 and not is_last and is_heading(group[0][1]):
        return [Block("heading", [group[0][0]], _line(group[0][1]))]
    blocks: list[Block] = []
    prose: list[Line] = []
    for line in group:
        item = _item(line)
        if item is not None:
            blocks += _paragraphs(prose)
            prose = []
            if blocks and _goes_on(blocks[-1], item):
                blocks[-1].items += item.items
                blocks[-1].lines += item.lines
            else:
                blocks.append(item)
        elif not prose and blocks and blocks[-1].items and _continues(line, group):
            blocks[-1].items[-1] += " " + _line(line[1])
            blocks[-1].lines.append(line[0])
        else:
            prose.append(line)
    return blocks + _paragraphs(prose)


def _item(line: Line) -> Block | None:
    number, text = line
    if match := NUMBER.match(text):
        return Block("numbers", [number], items=[_line(match[3])], start=int(match[2]))
    if match := BULLET.match(text):
        return Block("bullets", [number], items=[_line(match[3])])
    return None


def _goes_on(previous: Block, block: Block) -> bool:
    """Whether a list goes on: bullets with bullets, a number with the next one."""
    if previous.kind != block.kind or not block.items:
        return False
    return block.kind == "bullets" or block.start == previous.start + len(previous.items)


def _continues(line: Line, group: list[Line]) -> bool:
    """Whether a line belongs to the item above it: it is indented, or that was wrapped by hand."""
    before = next(text for number, text in group if number == line[0] - 1)
    return line[1][:1].isspace() or (len(before) >= 60 and line[1][:1].islower())


def _paragraphs(lines: list[Line]) -> list[Block]:
    blocks: list[Block] = []
    wrapped = _is_wrapped([text.rstrip() for _, text in lines])
    for number, text in lines:
        previous = blocks[-1] if blocks else None
        if previous is not None and (wrapped or not re.search(r"[.!?…:»”\"]\s*$", previous.text)):
            previous.text += " " + _line(text)
            previous.lines.append(number)
        else:
            blocks.append(Block("paragraph", [number], _line(text)))
    return blocks


def _is_wrapped(lines: list[str]) -> bool:
    widest = max(map(len, lines), default=0)
    return widest <= WIDEST_WRAP and all(len(line) >= widest - WRAP_SLACK for line in lines[:-1])


def is_heading(line: str) -> bool:
    """A short line on its own that is no sentence, no shout, no salutation and no item."""
    text = _line(line)
    return (
        len(text) <= LONGEST_HEADING
        and not re.search(r"[.!?…,;:»”]$", text)
        and not re.search(r",\s*(?:le\s+)?\d{1,2}(?:er)?\s+\w+\s+\d{4}$", text)  # a place and its date
        and text[:1].isalnum()
        and not text[:1].islower()
        and (len(text.split()) >= 2 or len(text) >= 6)
        and not BULLET.match(line)
        and not NUMBER.match(line)
    )


def _line(text: str) -> str:
    """One line with single spaces; no-break ones stay what they are."""
    return re.sub(r"[ \t]+", " ", text).strip()


_LINK = re.compile(r"\bhttps?://[^\s<>]*[^\s<>.,;:!?)»”\"']")


def escape(text: str) -> str:
    """Plain text as Markdown that means the same: nothing becomes markup by accident, addresses become links."""
    pieces, end = [], 0
    for link in _LINK.finditer(text):
        pieces += [_escape_prose(text[end : link.start()]), f"<{link.group()}>"]
        end = link.end()
    escaped = "".join([*pieces, _escape_prose(text[end:])])
    # What would begin a heading, a quotation, a list or a rule at the start of a line.
    return re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", re.sub(r"^([#>+=~-])", r"\\\1", escaped))


def _escape_prose(text: str) -> str:
    escaped = re.sub(r"([\\`*\[\]<])", r"\\\1", text)
    escaped = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", escaped)
    return re.sub(r"&(?=#?\w+;)", r"\\&", escaped)
