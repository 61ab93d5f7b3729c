"""A petition out of a text as people have it: pasted from a page or a word processor, or Markdown.

Nothing is dropped in silence: each line of the source is understood as something or told as left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from petition_app.petitions.blocks import Line, find_blocks
from petition_app.petitions.decoding import UnreadableText, decode
from petition_app.petitions.labels import AUTHOR, RECIPIENTS
from petition_app.petitions.markdown import plain
from petition_app.petitions.recipients import NamedRecipient, split_recipients
from petition_app.petitions.tongue import guess_language
from petition_app.petitions.typography import set_spaces

LONGEST_TITLE = 300
LONGEST_SUMMARY = 200
LONGEST_RECIPIENTS = 5000
LONGEST_AUTHOR = 200

PLACEHOLDER = re.compile(r"<%.{0,500}?%>|\{\{.{0,500}?\}\}|\$t\(")
_MARK = re.compile(r"^\s*(?:[•·‣◦▪●■*+–—-]|\(?\d{1,3}[.)])\s+")
_SENTENCE_END = (".", "!", "?", "…", "؟")
_PICTURE = re.compile(r"!\[[^\[\]\n]*\]\([^()\s]+(?:\s[^()\n]*)?\)")
MARKDOWN = re.compile(r"^#{1,6} \S|\*\*\S[^*\n]*\*\*|\[[^\[\]\n]+\]\((?:https?|mailto):", re.M)

# Why a line is left out, in the words of the report; a page says it in its own language.
PLACEHOLDER_LEFT = "a template's placeholder"
TITLE_AGAIN = "the title again"
TOO_LONG = "beyond a title's length"
BEFORE_TITLE = "nothing to read in front of the title"
BEHIND_AUTHOR = "follows the author, where a page's furniture begins"
PICTURE_LEFT = "a picture, and pictures are not shown"


@dataclass(frozen=True)
class Leaving:
    """A line of the source that is no part of the petition, and why."""

    line: int
    text: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: “{self.text}”: {self.reason}"


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
    leavings: tuple[Leaving, ...]
    notices: tuple[str, ...]

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(str(leaving) for leaving in self.leavings)


def read_petition_text(data: bytes, locale: str | None = None) -> ImportedText:
    """Make a petition's text of a file's bytes. Raises UnreadableText. Without a locale, the text's own is guessed."""
    text, notices = decode(data)
    reading = _Reading([(number, line.rstrip()) for number, line in enumerate(text.splitlines(), 1)])
    reading.read()
    language = locale or guess_language(text)

    def spaced(prose: str) -> str:
        return set_spaces(prose, language)

    body = spaced(reading.body)
    if not reading.title or not body.strip():
        raise UnreadableText(
            "title_only",
            "The file has a title at most, and no text under it. A petition is a title, then its text; "
            "lines such as “To: …” and “Author: …” name recipients and author.",
        )
    return ImportedText(
        title=spaced(reading.title),
        recipients=tuple(NamedRecipient(r.name, spaced(r.office)) for r in reading.recipients),
        author=reading.author,
        summary=_summary(body),
        body=body,
        locale_guess=language,
        understood=_in_order(reading.understood),
        leavings=tuple(sorted(reading.left_out, key=lambda leaving: leaving.line)),
        notices=tuple(notices),
    )


def report(text: ImportedText) -> str:
    """What was understood and what was left out, line by line."""
    parts = [*text.notices, "Understood:", *(f"  {line}" for line in text.understood)]
    parts += ["Left out:", *(f"  {line}" for line in text.left_out)] if text.left_out else ["Nothing was left out."]
    return "\n".join(parts)


def _in_order(reports: list[str]) -> tuple[str, ...]:
    """The reports by the line that each begins with."""
    return tuple(sorted(reports, key=lambda line: int(re.search(r"\d+", line)[0])))  # type: ignore[index]  # each has one


def _summary(body: str) -> str:
    """The first paragraph that says something, shortened at a word."""
    for block in body.split("\n\n"):
        text = plain(block)
        if block.startswith(("#", "-", "1.")) or text.endswith((",", "،", ":")) or len(text) < 40:
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
    left_out: list[Leaving] = field(default_factory=list)

    def read(self) -> None:
        self.is_markdown = bool(MARKDOWN.search("\n".join(text for _, text in self.lines)))
        rest = self._take_title()
        rest = self._take_recipients(rest)
        rest = self._take_author(rest)
        rest = [line for line in rest if not self._leave(line, PLACEHOLDER.search, PLACEHOLDER_LEFT)]
        rest = [line for line in rest if not self._leave(line, self._is_title, TITLE_AGAIN)]
        self._take_body(rest)

    def _leave(self, line: Line, test: Callable[[str], object], reason: str) -> bool:
        if not line[1].strip() or not test(line[1]):
            return False
        self.left_out.append(Leaving(line[0], _shortened(line[1]), reason))
        return True

    def _take_title(self) -> list[Line]:
        for index, (number, text) in enumerate(self.lines):
            title = _unmarked(text)
            if title and not PLACEHOLDER.search(text):
                self.title = title[:LONGEST_TITLE]
                self.understood.append(f"line {number}: title: {self.title}")
                if len(title) > LONGEST_TITLE:
                    self.left_out.append(Leaving(number, _shortened(title[LONGEST_TITLE:]), TOO_LONG))
                before = [line for line in self.lines[:index] if line[1].strip()]
                for line in before:
                    self._leave(line, lambda _: True, BEFORE_TITLE)
                return self._without_underline(self.lines[index + 1 :])
        return []

    @staticmethod
    def _without_underline(rest: list[Line]) -> list[Line]:
        """Markdown's other way to mark a title: a line of = or - under it."""
        return rest[1:] if rest and re.fullmatch(r"\s*(={2,}|-{2,})\s*", rest[0][1]) else rest

    def _is_title(self, text: str) -> bool:
        return _comparable(_unmarked(text)) == _comparable(self.title)

    def _take_recipients(self, rest: list[Line]) -> list[Line]:
        """What is left when each recipients' label, and what belongs to it, is taken out."""
        index = 0
        while index < len(rest):
            label = RECIPIENTS.match(rest[index][1])
            end, names = self._named(rest, index, label) if label else (index, "")
            if not names or len(names) > LONGEST_RECIPIENTS:
                index += 1
                continue
            found = split_recipients(names)
            self.recipients += found
            named = [f"    {r.name}" + (f" — {r.office}" if r.office else "") for r in found]
            where = _where(rest[index:end])
            self.understood.append("\n".join([f"{where}: {_count(len(found), 'recipient')}:", *named]))
            rest = rest[:index] + rest[end:]
        return rest

    def _named(self, rest: list[Line], index: int, label: re.Match[str]) -> tuple[int, str]:
        """The end of the lines that belong to a recipients' label, and the names in them ("" where there are none)."""
        if label["short"] and not self._is_head(rest[:index]):
            return index, ""
        names = _unmarked(label["value"] or "")
        end = index + 1
        if not names:
            end, more = self._listed(rest, end)
            listed = [_unmarked(text) for _, text in more]
            is_prose = any(len(text) > 120 and text.endswith(_SENTENCE_END) for text in listed)
            return (index, "") if is_prose else (end, "\n".join(listed))
        while end < len(rest) and self._is_wrapped_name(names, rest[end][1]):
            names += " " + _unmarked(rest[end][1])
            end += 1
        return end, names

    def _is_wrapped_name(self, names: str, text: str) -> bool:
        """Whether a line under “To: …” goes on with it: it begins small, or the line above cannot end there."""
        if (
            not text.strip()
            or _MARK.match(text)
            or self._is_title(text)
            or RECIPIENTS.match(text)
            or AUTHOR.match(text)
        ):
            return False
        return text.strip()[0].islower() or bool(
            re.search(r"(?:[,،]|\s&|\s[a-zà-ÿ]{1,3}|['’]|\s(?:et|and|und|y|e|en|i|oraz|&)\s\S+)$", names)
        )

    def _is_head(self, before: list[Line]) -> bool:
        """Whether nothing of the text has begun: at most a subtitle or a salutation stands there."""
        texts = [text.strip() for _, text in before]
        texts = [t for t in texts if t and not self._is_title(t) and not AUTHOR.match(t) and not PLACEHOLDER.search(t)]
        return sum(len(t.split()) for t in texts) <= 15 and not any(t.endswith(_SENTENCE_END) for t in texts)

    @staticmethod
    def _listed(rest: list[Line], start: int) -> tuple[int, list[Line]]:
        """The lines under a label, up to the blank line behind them."""
        while start < len(rest) and not rest[start][1].strip():
            start += 1
        end = start
        while end < len(rest) and rest[end][1].strip() and not AUTHOR.match(rest[end][1]):
            end += 1
        return end, rest[start:end]

    def _take_author(self, rest: list[Line]) -> list[Line]:
        for index, (_, text) in enumerate(rest):
            label = AUTHOR.match(text)
            end, name = self._author(rest, index, label) if label else (index, "")
            if not name:
                continue
            self.author = name[:LONGEST_AUTHOR]
            self.understood.append(f"{_where(rest[index:end])}: author: {self.author}")
            before, after = rest[:index], rest[end:]
            if self._stands_on_top(before, after):
                return before + after  # the author is named on top, and the text follows
            for line in after:
                self._leave(line, lambda _: True, BEHIND_AUTHOR)
            return before
        return rest

    def _stands_on_top(self, before: list[Line], after: list[Line]) -> bool:
        """Whether the text follows the author. Behind a line or two, a template's placeholders tell of furniture."""
        has_begun = any(t.strip() and not self._is_title(t) and not PLACEHOLDER.search(t) for _, t in before)
        if has_begun and any(PLACEHOLDER.search(t) for _, t in after):
            return False
        return self._is_head(before) and sum(len(t.split()) for _, t in after) > 3 * sum(
            len(t.split()) for _, t in before
        )

    def _author(self, rest: list[Line], index: int, label: re.Match[str]) -> tuple[int, str]:
        """The end of the lines that name the author, and the name: behind the label, or on the next line."""
        name, end = _unmarked(label["value"] or ""), index + 1
        if not name:
            while end < len(rest) and not rest[end][1].strip():
                end += 1
            name = _unmarked(rest[end][1]) if end < len(rest) else ""
            end += 1
            if not _looks_like_name(name):
                return index, ""
        if label["short"] and not _looks_like_name(name):
            return index, ""
        return end, name

    def _take_body(self, rest: list[Line]) -> None:
        rest = [(number, self._without_pictures(number, text)) for number, text in rest]
        if self.is_markdown:
            self._keep_markdown(rest)
            return
        blocks = find_blocks(rest)
        self.body = "\n\n".join(block.markdown() for block in blocks)
        for block in blocks:
            first, last = block.lines[0], block.lines[-1]
            where = f"line {first}" if first == last else f"lines {first}–{last}"
            self.understood.append(f"{where}: {block.described()}")

    def _without_pictures(self, number: int, text: str) -> str:
        """A page shows no picture from elsewhere, so none is kept."""
        for picture in _PICTURE.findall(text):
            self.left_out.append(Leaving(number, _shortened(picture), PICTURE_LEFT))
        return _PICTURE.sub("", text)

    def _keep_markdown(self, rest: list[Line]) -> None:
        # A word processor's bullets are the one thing in it that Markdown does not know.
        self.body = "\n".join(re.sub(r"^(\s*)[•·‣◦▪●■]\s+", r"\1- ", text) for _, text in rest).strip("\n")
        read = [line for line in rest if line[1].strip()]
        if not read:
            return
        kinds = (("heading", r"#{1,6} "), ("bullet", r"\s*[-*+] "), ("numbered item", r"\s*\d{1,9}[.)] "))
        counts = ", ".join(_count(len(re.findall(rf"^{mark}", self.body, re.M)), kind) for kind, mark in kinds)
        self.understood.append(f"{_where(read)}: body, kept as the Markdown that it is: {counts}")


def _looks_like_name(text: str) -> bool:
    return 0 < len(text.split()) <= 8 and not text.endswith(_SENTENCE_END) and not text[0].islower()


def _where(lines: list[Line]) -> str:
    first, last = lines[0][0], lines[-1][0]
    return f"line {first}" if first == last else f"lines {first}–{last}"


def _unmarked(text: str) -> str:
    """A line without the marks of headings, lists and emphasis around it."""
    line = re.sub(r"^\s*(?:#{1,6}\s+|[•·‣*+–-]\s+|\d{1,2}[.)]\s+)?", "", text).strip()
    line = re.sub(r"(?<!\s)\s+#+$", "", line)
    return re.sub(r"^([*_]{1,3})(.*?)\1$", r"\2", line).strip().strip("*").strip()


def _comparable(text: str) -> str:
    return re.sub(r"[\s\u00a0\u202f]+", "", text).casefold()


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else line[:99] + "…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
