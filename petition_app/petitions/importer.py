"""A petition out of a text as people have it: pasted from a page or a word processor, or Markdown.

Nothing is dropped in silence: each line of the source is understood as something or told as left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from petition_app.petitions.blocks import Line, find_blocks
from petition_app.petitions.markdown import plain
from petition_app.petitions.recipients import NamedRecipient, split_recipients
from petition_app.petitions.typography import set_spaces

LARGEST_BYTES = 1_000_000
LONGEST_TITLE = 300
LONGEST_SUMMARY = 200

_MAGIC = (
    b"%PDF",
    b"PK\x03\x04",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x7fELF",
    b"\xd0\xcf\x11\xe0",
    b"{\\rtf",
    b"\x1f\x8b",
)

_EMPHASIS = r"[*_]{0,3}"
_TO = (
    r"destinataire(?:s|\(s\))?|à l['’]attention de|à|adressée? à|to|recipients?|recipient\(s\)|addressed to"
    r"|an|empfänger(?:in|innen)?|adressat(?:en)?|para|destinatari[oa]?s?|a|aan|geadresseerden?"
)
_BY = r"auteur(?:e|rice|·e|\(e\))?s?|authors?|author\(s\)|written by|by|par|autor(?:in|innen|en|a|es)?|autore|autori|auteurs"
RECIPIENTS = re.compile(rf"^\s*{_EMPHASIS}\s*(?:{_TO})\s*{_EMPHASIS}\s*:\s*{_EMPHASIS}\s*(?P<value>.*)$", re.I)
AUTHOR = re.compile(rf"^\s*{_EMPHASIS}\s*(?:{_BY})\s*{_EMPHASIS}\s*:\s*{_EMPHASIS}\s*(?P<value>.*)$", re.I)
PLACEHOLDER = re.compile(r"<%.*?%>|\{\{.*?\}\}|\$t\(")
MARKDOWN = re.compile(r"^#{1,6} \S|\*\*\S[^*\n]*\*\*|\[[^\]\n]+\]\((?:https?|mailto):", re.M)

# Little words that tell one language from another.
_SMALL_WORDS = {
    "fr": {"le", "la", "les", "des", "une", "est", "nous", "pour", "dans", "que", "et", "vous", "sur"},
    "en": {"the", "and", "of", "to", "is", "we", "for", "that", "our", "in", "are", "you", "on"},
    "de": {"der", "die", "das", "und", "wir", "ist", "für", "nicht", "den", "ein", "eine", "mit"},
    "es": {"el", "los", "las", "que", "y", "una", "para", "por", "con", "del", "es", "nos"},
    "it": {"il", "gli", "che", "una", "per", "con", "del", "della", "sono", "è", "noi", "di"},
    "nl": {"de", "het", "een", "van", "en", "wij", "voor", "niet", "dat", "zijn", "op", "met"},
}


class UnreadableText(ValueError):
    """The file holds no petition; the message is a sentence for the person who gave it."""


@dataclass(frozen=True)
class ImportedText:
    """What a source was understood as. The body is Markdown; the reports are lines of English."""

    title: str
    recipients: tuple[NamedRecipient, ...]
    author: str
    summary: str
    body: str
    locale_guess: str
    understood: tuple[str, ...]
    left_out: tuple[str, ...]
    notices: tuple[str, ...]


def read_petition_text(data: bytes, locale: str | None = None) -> ImportedText:
    """Make a petition's text of a file's bytes. Raises UnreadableText. Without a locale, the text's own is guessed."""
    text, notices = _decoded(data)
    reading = _Reading([(number, line.rstrip()) for number, line in enumerate(text.splitlines(), 1)])
    reading.read()
    language = locale or _guess(text)

    def spaced(prose: str) -> str:
        return set_spaces(prose, language)

    body = spaced(reading.body)
    if not reading.title or not body.strip():
        raise UnreadableText(
            "The file has a title at most, and no text under it. A petition is a title, then its text; "
            "lines such as “To: …” and “Author: …” name recipients and author."
        )
    return ImportedText(
        title=spaced(reading.title),
        recipients=tuple(NamedRecipient(r.name, spaced(r.office)) for r in reading.recipients),
        author=reading.author,
        summary=_summary(body),
        body=body,
        locale_guess=language,
        understood=_in_order(reading.understood),
        left_out=_in_order(reading.left_out),
        notices=tuple(notices),
    )


def report(text: ImportedText) -> str:
    """What was understood and what was left out, line by line."""
    parts = [*text.notices, "Understood:", *(f"  {line}" for line in text.understood)]
    parts += ["Left out:", *(f"  {line}" for line in text.left_out)] if text.left_out else ["Nothing was left out."]
    return "\n".join(parts)


def _decoded(data: bytes) -> tuple[str, list[str]]:
    if len(data) > LARGEST_BYTES:
        raise UnreadableText(f"The file is larger than {LARGEST_BYTES // 1000} kB: that is no petition's text.")
    if data.startswith(_MAGIC):
        raise UnreadableText(
            "The file is not plain text. Open it, copy the text, and save that as a text file (UTF-8)."
        )
    for mark, coding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _checked(_decode(data, coding)), []
    try:
        return _checked(data.decode("utf-8")), []
    except UnicodeDecodeError:
        text = _checked(_decode(data, "windows-1252"))
        return text, ["The file is not UTF-8: it was read as Windows-1252. Check the accents."]


def _decode(data: bytes, coding: str) -> str:
    try:
        return data.decode(coding)
    except UnicodeDecodeError:
        raise UnreadableText("The file is not text in UTF-8 or Windows-1252. Save it as UTF-8 and try again.") from None


def _checked(text: str) -> str:
    controls = sum(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n\r\x0b\x0c\x85" for c in text)
    if "\x00" in text or controls > len(text) / 100:
        raise UnreadableText("The file is not plain text. Save the text as a text file (UTF-8) and try again.")
    if not text.strip("\ufeff \t\r\n\x0b\x0c\u00a0\u2028\u2029\u200b"):
        raise UnreadableText("The file is empty.")
    return unicodedata.normalize("NFC", "".join(c for c in text if c == "\t" or c in "\n\r" or not _is_control(c)))


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and character not in "\x0b\x0c\x85" or character == "\ufeff"


def _in_order(reports: list[str]) -> tuple[str, ...]:
    """The reports by the line that each begins with."""
    return tuple(sorted(reports, key=lambda line: int(re.search(r"\d+", line)[0])))  # type: ignore[index]  # each has one


def _guess(text: str) -> str:
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = {locale: sum(word in small for word in words) for locale, small in _SMALL_WORDS.items()}
    best = max(counts, key=lambda locale: counts[locale])
    return best if counts[best] else ""


def _summary(body: str) -> str:
    """The first paragraph that says something, shortened at a word."""
    for block in body.split("\n\n"):
        text = plain(block)
        if block.startswith(("#", "-", "1.")) or text.endswith((",", ":")) or len(text) < 40:
            continue
        return text if len(text) <= LONGEST_SUMMARY else text[:LONGEST_SUMMARY].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    return ""


@dataclass
class _Reading:
    """One pass over the lines of a source, and what came of each."""

    lines: list[Line]
    title: str = ""
    author: str = ""
    body: str = ""
    recipients: list[NamedRecipient] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def read(self) -> None:
        self.is_markdown = bool(MARKDOWN.search("\n".join(text for _, text in self.lines)))
        rest = self._take_title()
        rest = self._take_recipients(rest)
        rest = self._take_author(rest)
        rest = [line for line in rest if not self._leave(line, PLACEHOLDER.search, "a template's placeholder")]
        rest = [line for line in rest if not self._leave(line, self._is_title, "the title again")]
        self._take_body(rest)

    def _leave(self, line: Line, test: Callable[[str], object], reason: str) -> bool:
        if not line[1].strip() or not test(line[1]):
            return False
        self.left_out.append(f"line {line[0]}: “{_shortened(line[1])}”: {reason}")
        return True

    def _take_title(self) -> list[Line]:
        for index, (number, text) in enumerate(self.lines):
            title = _unmarked(text)
            if title and not PLACEHOLDER.search(text):
                self.title = title[:LONGEST_TITLE]
                self.understood.append(f"line {number}: title: {self.title}")
                if len(title) > LONGEST_TITLE:
                    self.left_out.append(
                        f"line {number}: “{_shortened(title[LONGEST_TITLE:])}”: beyond a title's length"
                    )
                before = [line for line in self.lines[:index] if line[1].strip()]
                for line in before:
                    self._leave(line, lambda _: True, "nothing to read in front of the title")
                return self._without_underline(self.lines[index + 1 :])
        return []

    @staticmethod
    def _without_underline(rest: list[Line]) -> list[Line]:
        """Markdown's other way to mark a title: a line of = or - under it."""
        return rest[1:] if rest and re.fullmatch(r"\s*(={2,}|-{2,})\s*", rest[0][1]) else rest

    def _is_title(self, text: str) -> bool:
        return _comparable(_unmarked(text)) == _comparable(self.title)

    def _take_recipients(self, rest: list[Line]) -> list[Line]:
        for index, (number, text) in enumerate(rest):
            label = RECIPIENTS.match(text)
            if not label or (self.recipients and not label["value"].strip()):
                continue
            taken, names = [number], _unmarked(label["value"])
            end = index + 1
            if not names:
                end, more = self._listed(rest, end)
                taken += [n for n, _ in more]
                names = "\n".join(_unmarked(t) for _, t in more)
            self.recipients = split_recipients(names)
            where = f"line {taken[0]}" if len(taken) == 1 else f"lines {taken[0]}–{taken[-1]}"
            named = [f"    {r.name}" + (f" — {r.office}" if r.office else "") for r in self.recipients]
            self.understood.append("\n".join([f"{where}: {_count(len(self.recipients), 'recipient')}:", *named]))
            return rest[:index] + rest[end:]
        return rest

    @staticmethod
    def _listed(rest: list[Line], start: int) -> tuple[int, list[Line]]:
        """The lines under a label, up to the blank line behind them."""
        while start < len(rest) and not rest[start][1].strip():
            start += 1
        end = start
        while end < len(rest) and rest[end][1].strip():
            end += 1
        return end, rest[start:end]

    def _take_author(self, rest: list[Line]) -> list[Line]:
        for index, (number, text) in enumerate(rest):
            label = AUTHOR.match(text)
            if not label or not _unmarked(label["value"]):
                continue
            self.author = _unmarked(label["value"])[:200]
            self.understood.append(f"line {number}: author: {self.author}")
            before, after = rest[:index], rest[index + 1 :]
            if not any(t.strip() and not self._is_title(t) for _, t in before):
                return before + after  # the author is named on top, and the text follows
            for line in after:
                self._leave(line, lambda _: True, "follows the author, where a page's furniture begins")
            return before
        return rest

    def _take_body(self, rest: list[Line]) -> None:
        if self.is_markdown:
            numbers = [number for number, text in rest if text.strip()]
            self.body = "\n".join(text for _, text in rest).strip("\n")
            if numbers:
                self.understood.append(f"lines {numbers[0]}–{numbers[-1]}: body, kept as the Markdown that it is")
            return
        blocks = find_blocks(rest)
        self.body = "\n\n".join(block.markdown() for block in blocks)
        for block in blocks:
            first, last = block.lines[0], block.lines[-1]
            where = f"line {first}" if first == last else f"lines {first}–{last}"
            self.understood.append(f"{where}: {block.described()}")


def _unmarked(text: str) -> str:
    """A line without the marks of headings, lists and emphasis around it."""
    line = re.sub(r"^\s*(?:#{1,6}\s+|[•·‣*+–-]\s+|\d{1,2}[.)]\s+)?", "", text).strip()
    line = re.sub(r"\s+#+$", "", line)
    return re.sub(r"^([*_]{1,3})(.*?)\1$", r"\2", line).strip().strip("*").strip()


def _comparable(text: str) -> str:
    return re.sub(r"[\s\u00a0\u202f]+", "", text).casefold()


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else line[:99] + "…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
