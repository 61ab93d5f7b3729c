"""What translators write, kept part by part: nobody's words are written over by somebody who has not seen them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition_app.models import Petition, TextPart
from petition_app.petitions.paragraphs import key_of
from petition_app.signing.cleaning import clean_line, clean_text, has_controls, names_a_page
from petition_app.texts.parts import Part, seen_name
from petition_app.texts.reading import former_source, parts_of, rows_of
from petition_app.transactions import is_unique_violation, writing


@dataclass(frozen=True)
class Written:
    """What was written for a part. `seen` is the name (`seen_name`) of the translation that its writer has looked at.

    `holds` says that the words are right for the source as it is now. `source` is the one that it was written for,
    where the writer names it: a file may be older than the site.
    """

    key: str
    target: str
    seen: str | None = None
    holds: bool = False
    source: str | None = None


@dataclass(frozen=True)
class Kept:
    """What came of it: the parts that were written, those that somebody else has written meanwhile, those unknown."""

    changed: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def keep(petition_id: int, locale: str, words: Iterable[Written], by: str, at: datetime) -> Kept:
    """Keep what is new in it. Raises LookupError for no petition, StorageUnavailable."""
    wanted = list(words)
    try:
        return _keep(petition_id, locale, wanted, by, at)
    except IntegrityError as error:  # the same part for the first time, twice at once: now it is there
        if not is_unique_violation(error):
            raise
        return _keep(petition_id, locale, wanted, by, at)


def _keep(petition_id: int, locale: str, words: list[Written], by: str, at: datetime) -> Kept:
    changed, theirs, unknown = [], [], []
    with writing() as session:
        petition = session.get(Petition, petition_id)
        if petition is None:
            raise LookupError(petition_id)
        parts = {part.key: part for part in parts_of(petition, locale)}
        rows = rows_of(petition_id, locale)
        for one in words:
            part = parts.get(one.key)
            said = _of_former(petition, one, rows) if part is None else _of_part(one, part)
            if part is None and said is None:
                unknown.append(one.key)
            elif part is not None and said is not None and _is_theirs(one, part):
                theirs.append(one.key)
            elif said is not None:
                write(session, petition_id, locale, rows, said, by, at)
                changed.append(one.key)
    return Kept(tuple(changed), tuple(theirs), tuple(unknown))


def _of_part(one: Written, part: Part) -> TextPart | None:
    """What is to be kept; None where it is nothing new."""
    if not _is_news(one, part):
        return None
    source = part.source if one.source is None else one.source
    return TextPart(key=one.key, source=source, target=one.target, online=part.found.online)


def _of_former(petition: Petition, one: Written, rows: Mapping[str, TextPart]) -> TextPart | None:
    """A translation of what was changed since: it is kept for what that is now. None for what never was there."""
    kept = rows[one.key].source if one.key in rows else ""
    source = one.source or kept or former_source(petition, one.key)
    family, _dot, name = one.key.rpartition(".")
    is_name = bool(family) and name == key_of(source)
    return TextPart(key=one.key, source=source, target=one.target, online="") if is_name and one.target else None


def write(
    session: Session, petition_id: int, locale: str, rows: Mapping[str, TextPart], said: TextPart, by: str, at: datetime
) -> None:
    """One part onto the sheet, in the caller's transaction; `rows` are those that are there."""
    row = rows.get(said.key)
    if row is None:
        row = said
        row.petition_id, row.locale = petition_id, locale
        session.add(row)
    else:
        row.source, row.target, row.online = said.source, said.target, said.online
    row.saved_by, row.saved_at = by, at


def _is_news(one: Written, part: Part) -> bool:
    is_for_this = one.source is None or one.source.split() == part.source.split()
    is_confirmed = one.holds and part.state == "changed" and is_for_this and one.target == part.target
    if one.seen is not None and seen_name(one.target) == one.seen:
        return is_confirmed  # the words are as they were shown
    return one.target != part.target or is_confirmed


def _is_theirs(one: Written, part: Part) -> bool:
    """Whether somebody has written something else than what this writer has looked at."""
    return one.seen is not None and one.seen != seen_name(part.target) and one.target != part.target


def cleaned(text: str, part: Part) -> str:
    """What was typed, made plain as the part's own field would have it."""
    return clean_line(text) if part.found.is_line else clean_text(text)


def problem_of(target: str, part: Part) -> str:
    """Why this cannot be kept; "" where it can."""
    if len(target) > part.found.most:
        return str(_("This is longer than %(most)s characters. Please shorten it.", most=part.found.most))
    if has_controls(target.replace("\t", " ")):
        return str(_("There is a character here that cannot be shown. Please type the text again."))
    if part.found.names_no_page and names_a_page(target):
        return str(_("Please write it without any web address: the only link in this mail is the one that confirms."))
    return ""
