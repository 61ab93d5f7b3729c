"""Find signatures for the association: by a part of a name or an address."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from petition_app.antiabuse.mailboxes import NotAnAddress, canonical_mailbox, normal_address
from petition_app.extensions import db
from petition_app.models import Petition, Signature
from petition_app.sealing.names import mailbox_names


def find_signatures(query: str, *, slug: str | None, limit: int) -> Sequence[Signature]:
    """The newest signatures with this text in name or address, whatever the case; erased ones have neither.

    A sealed address is found when all of it is said.
    """
    wanted = " ".join(unicodedata.normalize("NFKC", query).casefold().split())
    if not wanted:
        return []
    found = select(Signature).where(
        or_(
            Signature.name_key.contains(wanted, autoescape=True),
            func.lower(Signature.email).contains(wanted, autoescape=True),
            Signature.mailbox.contains(wanted, autoescape=True),
            Signature.mailbox.in_(_names(query)),
        )
    )
    if slug is not None:
        found = found.join(Petition).where(Petition.slug == slug)
    newest_first = found.order_by(Signature.id.desc()).limit(limit).options(joinedload(Signature.petition))
    return db.session.scalars(newest_first).all()


def _names(query: str) -> tuple[str, ...]:
    try:
        return mailbox_names(canonical_mailbox(normal_address(query)))
    except NotAnAddress:
        return ()
