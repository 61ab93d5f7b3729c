"""A petition opens and closes, and its settings change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from petition_app.extensions import db
from petition_app.models import Petition
from petition_app.petitions.creation import Record
from petition_app.petitions.versions import has_signatures
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings


class MissingIdentity(Exception):
    """A public site opens nothing before it says who runs it; `variables` are the settings that are missing."""

    def __init__(self, variables: list[str]) -> None:
        self.variables = variables
        super().__init__(", ".join(variables))


class Signed(Exception):
    """Somebody has signed: it was online, and cannot be as if it never had been."""


class NotADraft(Exception):
    """It is or was online: it is closed or archived, not deleted."""


def open_petition(slug: str, at: datetime, record: Record | None = None) -> Petition:
    """Put a petition online for signing. Raises MissingIdentity, LookupError."""
    missing = settings().missing_identity
    if missing:
        raise MissingIdentity(missing)
    return _changed(slug, lambda petition: petition.open(at), record)


def close_petition(slug: str, at: datetime) -> Petition:
    """End the signing. Raises LookupError."""
    return _changed(slug, lambda petition: petition.close(at))


def take_offline(slug: str) -> Petition:
    """Make it a draft again. Raises Signed where somebody has signed it, LookupError."""

    def draft(petition: Petition) -> None:
        if has_signatures(petition.id):
            raise Signed
        petition.take_offline()

    return _changed(slug, draft)


def delete_draft(slug: str) -> None:
    """Remove a draft that nobody has ever signed, with its texts. Raises Signed, NotADraft, LookupError."""
    with writing() as session:
        petition = Petition.by_slug(slug)
        if petition is None:
            raise LookupError(slug)
        if petition.status != "draft":
            raise NotADraft
        if has_signatures(petition.id):
            raise Signed
        petition_id = petition.id
        session.delete(petition)
    petition_changed.send(petition_id=petition_id)


def archive_petition(slug: str, at: datetime) -> Petition:
    """Take a petition out of the list; one that is open is closed with it. Raises LookupError."""

    def archive(petition: Petition) -> None:
        if petition.status == "open":
            petition.close(at)
        petition.archive()

    return _changed(slug, archive)


def take_out_of_archive(slug: str) -> Petition:
    """List it again, closed. Raises LookupError."""
    return _changed(slug, lambda petition: petition.take_out_of_archive())


def change_settings(slug: str, **values: Any) -> Petition:
    """Set columns of a petition; the caller has checked them. Raises LookupError."""

    def change(petition: Petition) -> None:
        for name, value in values.items():
            setattr(petition, name, value)

    return _changed(slug, change)


def close_due(at: datetime) -> int:
    """Close the petitions whose closing date has come. Answers how many."""
    due = select(Petition.slug).where(Petition.status == "open", Petition.closes_at <= at)
    slugs = list(db.session.scalars(due))
    db.session.rollback()
    for slug in slugs:
        _changed(slug, lambda petition: petition.close(petition.closes_at or at))
    return len(slugs)


def _changed(slug: str, change: Callable[[Petition], None], record: Record | None = None) -> Petition:
    with writing() as session:
        petition = Petition.by_slug(slug)
        if petition is None:
            raise LookupError(slug)
        change(petition)
        if record is not None:
            record(session, petition)
    petition_changed.send(petition_id=petition.id)
    return petition
