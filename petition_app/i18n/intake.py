"""The messages of a file that are news here, taken one by one: nothing is written over that its writer did not see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from babel.messages.catalog import Message
from sqlalchemy.orm import Session

from petition_app.i18n import catalogues
from petition_app.i18n.checking import UNSEEN, Finding, is_dangerous
from petition_app.i18n.exported import Said, Then, said_by, said_here
from petition_app.i18n.po import forms, short, sources
from petition_app.i18n.site_words import (
    By,
    Refused,
    Source,
    Wording,
    checked,
    cleaned,
    findings_of,
    new_row,
    num_plurals_of,
    say,
)
from petition_app.models import Translation


@dataclass(frozen=True)
class Refusal:
    """A text of a file that could not be taken: the key of the message, the beginning of its source, and why."""

    key: str
    source: str
    findings: Sequence[Finding]

    def __str__(self) -> str:
        return f"“{self.source}”: {' '.join(finding.sentence for finding in self.findings)}"


@dataclass(frozen=True)
class Conflict:
    """A text that a file words anew, and somebody else has since it was made: it stays as it is here."""

    key: str
    source: str
    theirs: Said
    ours: Said

    def __str__(self) -> str:
        here, there = " · ".join(self.ours.strings), " · ".join(self.theirs.strings)
        return (
            f"“{self.source}”: has another text by now than when the file was made: “{here}”. It stays; the file says "
            f"“{there}”."
        )


@dataclass
class Outcome:
    """What became of a file: how many messages of each kind, and those that could not be taken."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


@dataclass(frozen=True)
class Text:
    """A message of a file beside the program's: what it says, as it would be kept, and what is wrong with that."""

    source: Source
    ours: Message
    said: Said
    findings: Sequence[Finding]

    @classmethod
    def of(cls, locale: str, ours: Message, theirs: Message) -> Text:
        """All that can be known without the database: whoever writes waits for who takes a file in."""
        count, numbers = num_plurals_of(locale)
        source = Source(locale, ours.context, sources(ours), forms(ours), count, numbers)
        said = said_by(theirs)
        strings = tuple(cleaned(text, source.sources) for text in said.strings)
        findings = findings_of(source, said.strings) if any(said.strings) else ()
        return cls(source, ours, replace(said, strings=strings, note=UNSEEN.sub("", said.note)), findings)


class _Apart(Exception):
    """Both have changed it."""


@dataclass
class Intake:
    """Takes the messages of a file, and writes them all at once."""

    then: Then
    overwrites: bool
    outcome: Outcome = field(default_factory=Outcome)
    _news: list[tuple[Translation | None, Source, Wording]] = field(default_factory=list)

    def take(self, text: Text, row: Translation | None) -> None:
        """Say it as the file does, where that is news and nobody else was quicker."""
        then, now = self.then.said(text.ours, row), said_here(text.ours, row)
        may_choose = self.overwrites or not self.then.is_of_others(row)
        became, words = "same", now
        try:
            if any(text.said.strings):
                words = _settled(then, now, text.said, may_choose=may_choose)
            else:
                became = "empty"
        except _Apart:
            became = "apart"
            self.outcome.conflicts.append(Conflict(text.source.key, short(text.ours), text.said, now))
        try:
            is_news = self._note_down(text, row, now, replace(words, note=_settled_note(then, now, text.said)))
            self.outcome.counts["taken" if is_news and became != "apart" else became] += 1
        except Refused as refused:
            self.outcome.counts["refused"] += 1
            self.outcome.refused.append(Refusal(text.source.key, short(text.ours), refused.findings))

    def _note_down(self, text: Text, row: Translation | None, now: Said, wanted: Said) -> bool:
        """Whether it is news. Raises Refused."""
        findings = text.findings if wanted.strings == text.said.strings else ()
        # What is left of a text that could hurt may be what stands here: that is told all the same.
        if _is_same(now, wanted) and not is_dangerous(findings):
            return False
        # A note alone makes the program's text none of the site's: the next edition's is shown.
        is_printed = (row is None or not row.strings) and _words(wanted) == _words(said_by(text.ours))
        strings, is_unsure = ((), False) if is_printed else _words(wanted)
        wording = checked(Wording(strings, is_unsure, wanted.note, wanted.previous), findings)
        self._news.append((row, text.source, wording))
        return True

    def write(self, session: Session, by: By) -> None:
        """What was taken, in the caller's write transaction."""
        if self._news:
            catalogues.tell_everybody(session)
        for known, source, wording in self._news:
            row = known if known is not None else new_row(source)
            session.add(row)
            say(row, source, wording, by)


def _settled(then: Said | None, now: Said, theirs: Said, *, may_choose: bool) -> Said:
    """What to say where a file and the site may both have changed what they had in common.

    Where both have, it is the file's for who `may_choose`. Raises _Apart for others.
    """
    was = _words(then) if then is not None else None
    here, there = _words(now), _words(theirs)
    if there == was != here:
        return now
    # Where nobody knows what was said, and nothing is now, nothing is lost.
    is_lost = then is not None or any(now.strings)
    if there != here != was and is_lost and not may_choose:
        raise _Apart
    # Some programs drop what the source said before.
    return theirs if there != here or theirs.previous else replace(theirs, previous=now.previous)


def _words(said: Said) -> tuple[tuple[str, ...], bool]:
    return said.strings, said.is_unsure


def _settled_note(then: Said | None, now: Said, theirs: Said) -> str:
    """Other programs break the lines of a note anew: its words count. Where both have noted something, both stay."""
    before, here, there = then.note.split() if then is not None else None, now.note.split(), theirs.note.split()
    if there in (here, before):
        return now.note
    if here == before:
        return theirs.note
    is_in_it = f" {' '.join(there)} " in f" {' '.join(here)} "
    return now.note if is_in_it else f"{now.note}\n{theirs.note}"


def _is_same(now: Said, wanted: Said) -> bool:
    return replace(now, note="") == replace(wanted, note="") and now.note.split() == wanted.note.split()
