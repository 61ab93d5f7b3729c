"""A part of a petition's texts beside its translation, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from petition_app.models import TextPart
from petition_app.petitions.paragraphs import key_of, most_alike

State = Literal["missing", "changed", "done"]


@dataclass(frozen=True)
class Found:
    """A part as the petition has it: in the main language, and what readers of the other one have of it.

    `base` is the source as it was when that was written. `family` begins the names of those that it may come from,
    where its name is made of its words; "" for a part whose name stays. `most` is how many characters fit.
    """

    key: str
    group: str
    label: str
    source: str
    online: str
    base: str
    most: int
    family: str = ""
    is_line: bool = False
    # Of a mail whose one link is the site's.
    names_no_page: bool = False


@dataclass(frozen=True)
class Former:
    """A paragraph that was changed or taken out, with its translation, and what readers have of that."""

    key: str
    source: str
    target: str
    online: str


@dataclass(frozen=True)
class Part:
    """A part as translators see it. `before` is the source that the translation was written for, if it has changed.

    `written_as` is the name that it was written under, which is another one for a paragraph that was changed.
    """

    found: Found
    target: str
    state: State
    before: str = ""
    written_as: str = ""
    saved_by: str = ""
    saved_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.found.key

    @property
    def source(self) -> str:
        return self.found.source

    @property
    def is_online(self) -> bool:
        """Whether readers have it as it is here."""
        return self.target == self.found.online


def seen_name(target: str) -> str:
    """A short name for a translation as it stands, by which is told whether it has changed since."""
    return key_of(target)[:8] if target else "none"


def beside_each_other(found: Sequence[Found], former: Iterable[Former], rows: Mapping[str, TextPart]) -> list[Part]:
    """Each part with its translation: the one that was written for it, else that of what it was before."""
    known = {part.key for part in found}
    left = {one.key: one for one in former if one.key not in known}
    for key, row in rows.items():
        if key not in known and row.target:
            left[key] = Former(key, row.source, row.target, row.online)
    return list(_matched(found, left, rows))


def _matched(found: Sequence[Found], left: dict[str, Former], rows: Mapping[str, TextPart]) -> Iterator[Part]:
    for part in found:
        row = rows.get(part.key)
        if row is not None:
            yield _written(part, row)
        elif part.online:
            yield _part(part, part.online, part.base)
        elif (former := _taken(part, left)) is not None:
            yield replace(
                _part(replace(part, online=former.online), former.target, former.source), written_as=former.key
            )
        else:
            yield _part(part, "", "")


def _written(part: Found, row: TextPart) -> Part:
    """What was written on the sheet, unless it was changed elsewhere since and nothing was waiting here."""
    is_elsewhere = part.online not in (row.online, row.target, "") and row.target == row.online
    made = _part(part, part.online if is_elsewhere else row.target, row.source)
    return replace(made, saved_by=row.saved_by, saved_at=row.saved_at)


def _part(found: Found, target: str, written_for: str) -> Part:
    if not target:
        return Part(found, "", "missing", written_as=found.key)
    # A paragraph's name says what it says; how its lines are broken is no change.
    is_same = written_for.split() == found.source.split()
    return Part(found, target, "done" if is_same else "changed", "" if is_same else written_for, found.key)


def _taken(part: Found, left: dict[str, Former]) -> Former | None:
    """The former part that this one is a changed form of; it is nobody else's then."""
    if not part.family:
        return None
    kin = [former for former in left.values() if former.key.startswith(part.family)]
    place = most_alike(part.source, [former.source for former in kin])
    return left.pop(kin[place].key) if place is not None else None
