"""A petition's texts out to a translator's own program, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask_babel import gettext as _

from petition_app.models import Petition
from petition_app.petitions.creation import is_slug
from petition_app.texts import po, xliff
from petition_app.texts.entries import Bundle, Entry, UnreadableFile
from petition_app.texts.parts import Part, seen_name
from petition_app.texts.reading import parts_of
from petition_app.texts.writing import Kept, Written, cleaned, keep, problem_of

LARGEST_FILE = 4 * 2**20


@dataclass(frozen=True)
class Format:
    """A kind of file: its ending, its type, and what makes and reads it."""

    ending: str
    content_type: str
    write: Callable[[Bundle], bytes]
    read: Callable[[bytes], Bundle]


FORMATS: Mapping[str, Format] = {
    "po": Format("po", "text/x-gettext-translation; charset=utf-8", po.write, po.read),
    "xliff": Format("xlf", "application/xliff+xml", xliff.write, xliff.read),
}


class OtherPetition(Exception):
    """The file was made for another petition; the argument is its name."""


@dataclass(frozen=True)
class Imported:
    """What came of a file: what was kept, and what could not be, by the names of the parts, with why."""

    kept: Kept
    problems: dict[str, str] = field(default_factory=dict)


def bundle_of(petition: Petition, locale: str) -> Bundle:
    """All that the petition says, with what there is of it in this language."""
    entries = tuple(_entry(part) for part in parts_of(petition, locale))
    return Bundle(petition.slug, petition.default_locale, locale, entries)


def file_name(petition: Petition, locale: str, form: str) -> str:
    return f"{petition.slug}.{locale}.{FORMATS[form].ending}"


def read_file(data: bytes) -> Bundle:
    """What a translator's file says, whichever of the two formats it has. Raises UnreadableFile."""
    if len(data) > LARGEST_FILE:
        raise UnreadableFile(str(_("It is larger than any petition’s texts.")))
    is_xml = data.lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n\x00")[:1] == b"<"
    bundle = FORMATS["xliff" if is_xml else "po"].read(data)
    if not bundle.entries:
        raise UnreadableFile(str(_("It names no part of a petition: was it made by another program?")))
    return bundle


def import_bundle(
    petition: Petition,
    locale: str,
    bundle: Bundle,
    by: str,
    at: datetime,
    *,
    overwrites: bool = False,
    takes_any: bool = False,
) -> Imported:
    """Keep what a file says. Nothing that others have written on the site meanwhile is written over, unless it
    `overwrites`; another petition's file is none, unless it `takes_any`.

    Readers have it when it is put online. Raises OtherPetition, StorageUnavailable.
    """
    parts = {part.key: part for part in parts_of(petition, locale)}
    if not takes_any and not _is_of(petition, bundle, parts):
        raise OtherPetition(bundle.slug)
    words, problems, unknown = [], {}, []
    for entry in bundle.entries:
        part = parts.get(entry.key)
        like = part or _like(entry.key, parts)
        if like is None:
            unknown.append(entry.key)
            continue
        entry = replace(entry, target=cleaned(entry.target, like))
        if problem := problem_of(entry.target, like):
            problems[entry.key] = problem
            continue
        # What a file leaves empty was not translated there: that takes nothing away.
        if entry.target:
            is_free = overwrites or (part is not None and part.saved_by == by)
            words.append(_written(entry, part.before if part is not None else "", is_free=is_free))
    kept = keep(petition.id, locale, words, by, at)
    return Imported(replace(kept, unknown=(*unknown, *kept.unknown)), problems)


def _is_of(petition: Petition, bundle: Bundle, parts: Mapping[str, Part]) -> bool:
    """Whether the file tells its name, one that it had, or much the same source: a copy has that, a draft's new name,
    and what a program has left that writes a head of its own."""
    former = Petition.by_former_slug(bundle.slug) if is_slug(bundle.slug) else None
    if bundle.slug == petition.slug or (former is not None and former.id == petition.id):
        return True
    alike = sum(_same_source(entry, parts.get(entry.key)) for entry in bundle.entries)
    return 2 * alike >= len(bundle.entries)


def _same_source(entry: Entry, part: Part | None) -> bool:
    return part is not None and part.source.split() == entry.source.split()


def _like(key: str, parts: Mapping[str, Part]) -> Part | None:
    """A part of the text that this paragraph has been in: what was said for one may come to stand for another."""
    family = key.rpartition(".")[0] + "."
    return next((part for part in parts.values() if part.found.family == family), None)


def _entry(part: Part) -> Entry:
    place = part.found.group if part.found.group == part.found.label else f"{part.found.group} · {part.found.label}"
    return Entry(
        part.key, place, part.source, part.target, part.state == "changed", part.before, seen_name(part.target)
    )


def _written(entry: Entry, before: str, *, is_free: bool) -> Written:
    """`is_free` where nobody else's words are in the way. What was not changed in the file is no news at all; a file
    that has lost how it stood may have seen nothing of it.
    """
    source = (entry.before or before) if entry.is_outdated else entry.source
    source = source.replace("\0", "")  # which no database keeps
    is_untouched = bool(entry.seen) and seen_name(entry.target) == entry.seen
    seen = None if is_free and not is_untouched else entry.seen or seen_name("")
    return Written(entry.key, entry.target, seen, not entry.is_outdated, source)
