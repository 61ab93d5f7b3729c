"""By what a mailbox gets news of a petition, whichever of its signatures agreed to that."""

from __future__ import annotations

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.orm import Session

from petition_app.models.consent import Consent
from petition_app.models.signature import Signature


def news_consents(session: Session, petition_id: int, mailbox: str) -> list[Consent]:
    """By what a mailbox gets news of a petition: a standing consent of each of its signatures, held to be changed."""
    found = session.scalars(_NEWS_CONSENTS, {"petition": petition_id, "mailbox": mailbox})
    return [consent for consent in found if consent.stands]


# The status is written out: the index of those that count can then be chosen whatever the parameters are.
_NEWS_CONSENTS = (
    select(Consent)
    .join(Signature, Consent.signature_id == Signature.id)
    .where(
        Signature.petition_id == bindparam("petition"),
        Signature.mailbox == bindparam("mailbox"),
        Signature.status == literal_column("'confirmed'"),
        Consent.purpose == "petition_news",
        Consent.withdrawn_at.is_(None),
    )
    .order_by(Consent.id)
    .with_for_update(of=Consent)
    .execution_options(populate_existing=True)
)
