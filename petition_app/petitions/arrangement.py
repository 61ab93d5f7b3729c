"""How a petition is set up beside its text: its name in the address, its goal, its closing, who carries it; a copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from petition_app.models import Demand, FormerSlug, Petition, PetitionText, Recipient
from petition_app.petitions import mail_words
from petition_app.petitions.creation import LONGEST_SLUG, NotASlug, SlugTaken, is_slug
from petition_app.petitions.demands import demands_of
from petition_app.petitions.fields import copy_fields
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed


@dataclass(frozen=True)
class Carrier:
    """An organisation as it is entered: its name, and its page's address or ""."""

    name: str
    url: str


@dataclass(frozen=True)
class Arrangement:
    """Everything that the screen of a petition's settings holds; all of it checked."""

    slug: str
    default_locale: str
    author: str
    goal: int | None
    closes_at: datetime | None
    comments: str
    signers_per_mailbox: int
    carriers: tuple[Carrier, ...]


class Outdated(Exception):
    """Somebody else has changed the settings since they were read."""


def arrange(petition_id: int, wanted: Arrangement, revision: int, at: datetime) -> Petition:
    """Set it all. Raises Outdated, SlugTaken, NotASlug, LookupError, StorageUnavailable."""
    with writing() as session:
        petition = session.get(Petition, petition_id, with_for_update=True)
        if petition is None:
            raise LookupError(petition_id)
        if petition.revision != revision:
            raise Outdated
        _rename(session, petition, wanted.slug, at)
        petition.default_locale, petition.author, petition.goal = wanted.default_locale, wanted.author, wanted.goal
        petition.closes_at, petition.comments = wanted.closes_at, wanted.comments
        petition.signers_per_mailbox = wanted.signers_per_mailbox
        # A logo stays with its organisation's name.
        logos = {carrier["name"]: carrier["logo"] for carrier in petition.carriers or () if "logo" in carrier}
        petition.carriers = [
            {"name": c.name, "url": c.url, **({"logo": logos[c.name]} if c.name in logos else {})}
            for c in wanted.carriers
        ]
        petition.revision += 1
    petition_changed.send(petition_id=petition.id)
    return petition


def copy_petition(petition_id: int, at: datetime) -> Petition:
    """A draft with the same texts, recipients and settings, as the start of the next one. Raises LookupError."""
    with writing() as session:
        source = session.get(Petition, petition_id)
        if source is None:
            raise LookupError(petition_id)
        copy = Petition(
            slug=_free_slug(source.slug),
            default_locale=source.default_locale,
            author=source.author,
            postal_code=source.postal_code,
            country=source.country,
            comments=source.comments,
            signers_per_mailbox=source.signers_per_mailbox,
            goal=source.goal,
            # Without the logos: a picture belongs to one petition, and goes with it.
            carriers=[{"name": carrier["name"], "url": carrier["url"]} for carrier in source.carriers or ()],
            has_demands=source.has_demands,
            created_at=at,
        )
        session.add(copy)
        copy.texts = [_copied(source.newest_text(locale), at) for locale in source.locales]
        copy.recipients = [
            Recipient(locale=r.locale, position=r.position, name=r.name, office=r.office) for r in source.recipients
        ]
        session.flush()
        session.add_all(
            Demand(petition_id=copy.id, position=demand.position, texts=demand.texts, outcomes=[])
            for demand in demands_of(source)
        )
        copy_fields(session, source, copy, at)
        mail_words.copied(source, copy, at)
    return copy


def _rename(session: Session, petition: Petition, slug: str, at: datetime) -> None:
    """Take another name; the one before goes on leading here, unless nobody can have been given it."""
    if slug == petition.slug:
        return
    if not is_slug(slug):
        raise NotASlug(slug)
    if Petition.by_slug(slug) is not None:
        raise SlugTaken(slug)
    former = session.get(FormerSlug, slug)
    if former is not None and former.petition_id != petition.id:
        raise SlugTaken(slug)
    if former is not None:
        session.delete(former)
    if petition.opened_at is not None:
        session.add(FormerSlug(slug=petition.slug, petition_id=petition.id, until=at))
    petition.slug = slug


def _free_slug(slug: str) -> str:
    """The same name with a number behind it, one that is free."""
    stem = slug[: LONGEST_SLUG - 5].rstrip("-")
    number = 2
    while Petition.by_slug(f"{stem}-{number}") or Petition.by_former_slug(f"{stem}-{number}"):
        number += 1
    return f"{stem}-{number}"


def _copied(text: PetitionText | None, at: datetime) -> PetitionText:
    if text is None:
        raise LookupError("a petition has a text in each of its languages")
    return PetitionText(
        locale=text.locale,
        title=text.title,
        summary=text.summary,
        body=text.body,
        call_to_action=text.call_to_action,
        borrowed=text.borrowed,
        created_at=at,
    )
