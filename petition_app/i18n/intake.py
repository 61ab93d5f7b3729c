"""The messages of a file that are news here, taken one by one: nothing is written over that its writer did not see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from babel.messages.catalog import Message
from sqlalchemy.orm import Session

from petition_app.i18n.checking import Finding
from petition_app.i18n.exported import Said, Then, said_by, said_here
from petition_app.i18n.po import forms, short, sources
from petition_app.i18n.site_words import By, Overtaken, Refused, Source, Wording, num_plurals_of, save
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
    theirs: Sequence[str]
    ours: Sequence[str]

    def __str__(self) -> str:
        here, there = " · ".join(self.ours), " · ".join(self.theirs)
        return (
            f"“{self.source}”: has another text by now than when the file was made: “{here}”. It stays; the file "
            f"says “{there}”."
        )


@dataclass
class Outcome:
    """What became of a file: how many messages of each kind, and those that could not be taken."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


class _Apart(Exception):
    """Both have changed it."""


@dataclass
class Intake:
    """Takes the messages of a file."""

    session: Session
    locale: str
    by: By
    then: Then
    overwrites: bool
    outcome: Outcome = field(default_factory=Outcome)

    def take(self, ours: Message, theirs: Message, row: Translation | None) -> None:
        """Say it as the file does, where that is news and nobody was quicker."""
        wanted, now = said_by(theirs), said_here(ours, row)
        if not any(wanted.strings):
            self.outcome.counts["empty"] += 1
            return
        try:
            if not self.overwrites:
                wanted = _settled(self.then.said(ours, row), now, wanted)
            self._save(ours, now, wanted, row)
        except (_Apart, Overtaken) as quicker:
            here = tuple(quicker.theirs.strings) if isinstance(quicker, Overtaken) else now.strings
            self.outcome.counts["apart"] += 1
            self.outcome.conflicts.append(Conflict(self._source(ours).key, short(ours), forms(theirs), here))
        except Refused as refused:
            self.outcome.counts["refused"] += 1
            self.outcome.refused.append(Refusal(self._source(ours).key, short(ours), refused.findings))

    def _save(self, ours: Message, now: Said, wanted: Said, row: Translation | None) -> None:
        if _is_same(now, wanted):
            self.outcome.counts["same"] += 1
            return
        source = self._source(ours)
        version = None if self.overwrites else row.version if row is not None else 0
        wording = Wording(wanted.strings, wanted.is_unsure, wanted.note, wanted.previous)
        save(self.session, source, wording, version, self.by)
        self.outcome.counts["taken"] += 1

    def _source(self, ours: Message) -> Source:
        count, numbers = num_plurals_of(self.locale)
        return Source(self.locale, ours.context, sources(ours), forms(ours), count, numbers)


def _settled(then: Said | None, now: Said, theirs: Said) -> Said:
    """What to say where a file and the site may both have changed what they had in common. Raises _Apart."""
    was = (then.strings, then.is_unsure) if then is not None else None
    here, there = (now.strings, now.is_unsure), (theirs.strings, theirs.is_unsure)
    words = now if there == was != here else theirs
    if words is theirs and any(now.strings) and there != here != was:
        raise _Apart
    return replace(words, note=_settled_note(then.note if then is not None else None, now.note, theirs.note))


def _settled_note(then: str | None, now: str, theirs: str) -> str:
    """Other programs break the lines of a note anew: its words count. Where both have noted something, both stay."""
    before, here, there = then.split() if then is not None else None, now.split(), theirs.split()
    if there in (here, before):
        return now
    if here == before:
        return theirs
    is_in_it = " ".join(there) in " ".join(here)
    return now if is_in_it else f"{now}\n{theirs}"


def _is_same(now: Said, wanted: Said) -> bool:
    return replace(now, note="") == replace(wanted, note="") and now.note.split() == wanted.note.split()
