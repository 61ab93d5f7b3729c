"""From an address to its signatures, however it rests, and from a signature to its box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from petition_app.antiabuse.mailboxes import canonical_mailbox, normal_address
from petition_app.antiabuse.providers import shared_domain
from petition_app.extensions import db
from petition_app.models import Petition, Signature
from petition_app.sealing import boxes
from petition_app.sealing.names import KeyMissing, mailbox_names
from petition_app.sealing.state import Sealing, current


def signatures_of(address: str, most: int | None = None) -> Sequence[Signature]:
    """The signatures of an address's mailbox that are not erased, in every petition: the newest first, so many at most.

    Whoever writes to them writes to the address that was typed: it is the same mailbox, and what is stored may be
    sealed. Raises NotAnAddress, KeyMissing.
    """
    names = mailbox_names(canonical_mailbox(normal_address(address)))
    petitions = db.session.scalars(select(Petition.id).order_by(Petition.id)).all()
    found = (
        select(Signature)
        .where(Signature.petition_id.in_(petitions), Signature.mailbox.in_(names))
        .order_by(Signature.id.desc())
        .limit(most)
        .options(joinedload(Signature.petition))
    )
    return db.session.scalars(found).all()


def sealed_columns(email: str | None) -> dict[str, Any] | None:
    """What a signature's address becomes when it is confirmed; None where it stays as it is. Raises KeyMissing."""
    sealing = current()
    return None if sealing is None or not email else columns_for(email, sealing)


def columns_for(email: str, sealing: Sealing) -> dict[str, Any]:
    """Raises KeyMissing where the packages are not there."""
    if not boxes.is_installed():
        raise KeyMissing("the extra “sealing” is not installed: make install EXTRAS=sealing")
    return {
        "email": None,
        "sealed_email": boxes.sealed_address(email, sealing.public_key),
        "mail_domain": shared_domain(email),
    }
