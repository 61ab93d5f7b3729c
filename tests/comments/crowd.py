"""Signatures with comments, as many as a test wants, without the way through the form."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.models import Comment, Petition, Signature
from petition_app.models.base import now


def comments(session: Session, petition: Petition, number: int, **values: Any) -> list[int]:
    """Published comments of confirmed signatures, by key; `values` make them otherwise."""
    found = []
    for place in range(number):
        found.append(Comment(petition_id=petition.id, text=f"Avis n° {place}.", status="published", published_at=now()))
        for name, value in values.items():
            setattr(found[-1], name, value)
        signature = a_signature(petition, f"n{place}-{petition.slug}@example.org")
        signature.comment = found[-1]
        session.add(signature)
    session.flush()
    return [comment.id for comment in found]


def a_signature(petition: Petition, email: str, **values: Any) -> Signature:
    """One that counts in a list, but in no counter."""
    text = petition.text_for(petition.default_locale)
    row = {
        "given_name": "Alice",
        "surname": "Exemple",
        "name_key": "alice exemple",
        "status": "confirmed",
        "seat": 1,
        "confirmed_at": now(),
        "name_display": "full",
        "country": "FR",
        **values,
    }
    return Signature(
        petition_id=petition.id, text_id=text.id, locale="fr", email=email, mailbox=canonical_mailbox(email), **row
    )
