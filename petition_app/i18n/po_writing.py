"""The lines of a `.po` file as gettext's own programs, Poedit and Weblate write them: what they save makes no noise.

A text that fits behind its keyword stands there. One that does not begins on the line below, and is broken behind its
spaces, so that no line has more than 77 columns between its quotation marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import escape

# A line's columns with its quotation marks, and without.
PAGE, WIDTH = 79, 77
# Where a line may end: behind a space, a hyphen or a dash within a text, but not before a mark that closes.
_MAY_END = re.compile(r"(?<=[ \t])(?=[^ \t;:!?,.)\]}/])|(?<=[^\W\d_]-)(?=[^\W\d_])|(?<=[–—])(?=\w)")


def written(catalogue: Catalog) -> str:
    """The file: the messages in their order, then what is obsolete."""
    blocks = ["\n".join(_block(message, catalogue.num_plurals)) for message in catalogue if message.id]
    blocks += obsolete_blocks(catalogue.obsolete.values(), catalogue.num_plurals)
    return "\n\n".join(["\n".join(_head(catalogue)), *blocks]) + "\n"


def obsolete_blocks(messages: Iterable[Message], num_plurals: int) -> list[str]:
    """Messages as they stand at a file's end once nothing uses them any more."""
    return ["\n".join(_obsolete(message, num_plurals)) for message in messages]


def _head(catalogue: Catalog) -> Iterator[str]:
    yield from catalogue.header_comment.splitlines()
    if catalogue.fuzzy:
        yield "#, fuzzy"
    yield 'msgid ""'
    headers = "".join(f"{name}: {value.rstrip()}\n" for name, value in catalogue.mime_headers)
    yield from _text("msgstr", headers)


def _block(message: Message, num_plurals: int) -> Iterator[str]:
    yield from _comments(message)
    for comment in message.auto_comments:
        yield from _filled("#.", comment.split())
    yield from _filled("#:", sorted({place.replace("\\", "/") for place, _line in message.locations}))
    if message.flags:
        yield f"#, {', '.join(sorted(message.flags))}"
    yield from _previous(message, "#| ")
    yield from _texts(message, num_plurals, "")


def _obsolete(message: Message, num_plurals: int) -> Iterator[str]:
    yield from _comments(message)
    if message.flags:
        yield f"#, {', '.join(sorted(message.flags))}"
    yield from _previous(message, "#~| ")
    yield from _texts(message, num_plurals, "#~ ")


def _previous(message: Message, before: str) -> Iterator[str]:
    """What the source said when this was translated."""
    for keyword, text in zip(("msgid", "msgid_plural"), message.previous_id, strict=False):
        yield from _text(keyword, text, before)


def _comments(message: Message) -> Iterator[str]:
    """What translators have noted. Its lines are theirs, but for one that is too long."""
    for comment in message.user_comments:
        yield from _filled("#", comment.split()) if _columns(comment) > WIDTH else [f"# {comment}".rstrip()]


def _texts(message: Message, num_plurals: int, before: str) -> Iterator[str]:
    if message.context:
        yield from _text("msgctxt", message.context, before)
    if isinstance(message.id, str):
        yield from _text("msgid", message.id, before)
        yield from _text("msgstr", str(message.string or ""), before)
        return
    yield from _text("msgid", message.id[0], before)
    yield from _text("msgid_plural", message.id[1], before)
    strings = [*(message.string or ()), *[""] * num_plurals][:num_plurals]
    for number, string in enumerate(strings):
        yield from _text(f"msgstr[{number}]", string or "", before)


def _text(keyword: str, text: str, before: str = "") -> Iterator[str]:
    """A keyword with its text, over as many lines as it takes."""
    whole = f"{before}{keyword} {escape(text)}"
    if _columns(whole) <= PAGE and "\n" not in text[:-1]:
        yield whole
        return
    yield f'{before}{keyword} ""'
    for line in text.splitlines(keepends=True):
        yield from (f'{before}"{part}"' for part in _broken(escape(line)[1:-1], WIDTH - len(before)))


def _broken(text: str, width: int) -> Iterator[str]:
    line = ""
    for part in _MAY_END.split(text):
        if line and _columns(line + part) > width:
            yield line
            line = ""
        line += part
    if line:
        yield line


def _filled(before: str, words: Iterable[str]) -> Iterator[str]:
    """A comment's words, on as many lines as they take."""
    line = before
    for word in words:
        if line != before and _columns(f"{line} {word}") > PAGE:
            yield line
            line = before
        line += f" {word}"
    if line != before:
        yield line


def _columns(text: str) -> int:
    """How wide it is where letters have one width: marks above others have none, ideographs two."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)
