"""A petition comes to be: from an imported text, or by one more language of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.models import Petition, PetitionText
from petition_app.petitions import versions
from petition_app.petitions.importer import ImportedText
from petition_app.petitions.recipients import NamedRecipient
from petition_app.petitions.words import Words
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 80
# What stands in the place of a name in an address of the admin.
RESERVED = frozenset({"new"})
_UNDECOMPOSED = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "þ": "th", "ı": "i"})


class SlugTaken(ValueError):
    """There is a petition of this name already."""


class NotASlug(ValueError):
    """The name cannot stand in an address."""


class TextThere(ValueError):
    """The petition has this very text in this language already."""


MOST_NAMESAKES = 100

# Writes down in the same transaction who has made it.
Record = Callable[[Session, Petition], None]


def is_slug(name: str) -> bool:
    """Whether a petition may have this name in its address."""
    return bool(SLUG.fullmatch(name)) and len(name) <= LONGEST_SLUG and name not in RESERVED


def create_under_free_name(text: ImportedText, *, locale: str, at: datetime, record: Record | None = None) -> Petition:
    """The same, under the first name made of the title that is free. Raises SlugTaken where this very text is there."""
    name = slug_of(text.title)
    for candidate in (name, *(f"{name}-{number}" for number in range(2, MOST_NAMESAKES))):
        same = _with_text(text)
        if same is not None:
            raise SlugTaken(same.slug)
        try:
            return create_petition(text, slug=candidate, locale=locale, at=at, record=record)
        except (SlugTaken, NotASlug):
            continue
    raise SlugTaken(name)


def create_petition(
    text: ImportedText, *, slug: str | None, locale: str, at: datetime, record: Record | None = None
) -> Petition:
    """A draft with this text. Raises NotASlug, or SlugTaken: of a text without a name of its own, there is one."""
    name = slug if slug is not None else slug_of(text.title)
    if not is_slug(name):
        raise NotASlug(name)
    with writing() as session:
        taken = Petition.by_slug(name) or Petition.by_former_slug(name) or (_with_text(text) if slug is None else None)
        if taken is not None:
            raise SlugTaken(taken.slug)
        petition = Petition(slug=name, default_locale=locale, author=text.author, created_at=at)
        session.add(petition)
        words = Words(title=text.title, summary=text.summary, body=text.body, recipients=_named(text))
        versions.put_online(petition, locale, words, "change", "", at)
        if record is not None:
            session.flush()
            record(session, petition)
    return petition


def _with_text(text: ImportedText) -> Petition | None:
    """The petition that has this very text already, under whatever name."""
    same = select(PetitionText.petition_id).where(PetitionText.title == text.title, PetitionText.body == text.body)
    return db.session.scalar(select(Petition).where(Petition.id.in_(same)).limit(1))


def add_text(slug: str, text: ImportedText, locale: str, at: datetime, reason: str = "") -> Petition:
    """Another language's text, or the next version of one that is there.

    Raises TextThere, LookupError, and ReasonMissing where people have signed what it says otherwise.
    """
    with writing():
        petition = Petition.by_slug(slug)
        if petition is None:
            raise LookupError(slug)
        there = versions.published_words(petition, locale)
        if petition.newest_text(locale) is not None and (there.title, there.body) == (text.title, text.body):
            raise TextThere(locale)
        words = replace(there, title=text.title, summary=text.summary, body=text.body)
        if text.recipients:
            words = replace(words, recipients=_named(text))
        versions.put_online(petition, locale, words, "spelling", reason, at)
    petition_changed.send(petition_id=petition.id)
    return petition


def _named(text: ImportedText) -> tuple[NamedRecipient, ...]:
    return tuple(NamedRecipient(r.name[:200], r.office[:300]) for r in text.recipients)


def slug_of(title: str) -> str:
    """A name for the address made of the title: plain letters and digits, whole words, at most 60 characters."""
    plain = unicodedata.normalize("NFKD", title.casefold().translate(_UNDECOMPOSED))
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)).replace("’", " "))
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else word[:60]
        if len(longer) > 60:
            break
        name = longer
    return name or "petition"
