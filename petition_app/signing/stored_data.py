"""Everything that is stored about one signer, as data that a person or another program can read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from petition_app.antiabuse import networks
from petition_app.extensions import db
from petition_app.models import AuditEntry, Consent, OutboxMessage, Signature, SignatureAnswer
from petition_app.petitions.fields import answer_label, answer_text
from petition_app.privacy.retention import signers_kept_until
from petition_app.web.filters import iso

# How the mails about a signature are called.
MAIL_WORDS = {
    "confirmation": _l("Mail with the confirmation link"),
    "personal_link": _l("Mail with the personal link"),
    "personal_links": _l("Mail with the links of the mailbox"),
    "comment_hidden": _l("Mail about the hidden comment"),
    "update": _l("Mail with an update"),
}


def stored_data(signature: Signature) -> dict[str, Any]:
    """The copy that a signer can take away; moments in UTC, ISO 8601."""
    moments = ("created_at", "held_at", "confirmed_at", "withdrawn_at", "invalidated_at")
    return {
        "petition": {"slug": signature.petition.slug, "title": signature.text.title},
        "text_signed": {"locale": signature.text.locale, "version": signature.text.version},
        "status": signature.status,
        "number": signature.number,
        "given_name": signature.given_name,
        "surname": signature.surname,
        "email": signature.email,
        "mailbox": signature.mailbox,
        "email_is_sealed": signature.is_sealed,
        "mail_provider": signature.mail_domain,
        "postal_code": signature.postal_code,
        "country": signature.country,
        "language": signature.locale,
        "name_display": signature.name_display,
        "network_mark": signature.network,
        "network_mark_kept_until": _moment(network_kept_until(signature)),
        "domain_mark": signature.domain_mark,
        "signs_noted": signature.signs,
        "held_for": signature.held_for,
        "answers": [_answer(answer) for answer in signature.told],
        "comment": _comment(signature),
        "consents": [_consent(consent) for consent in signature.consents],
        "mails": [_mail(mail) for mail in mails_to(signature)],
        "acts_of_the_association": [_act(entry) for entry in _acts(signature)],
        **{name: _moment(getattr(signature, name)) for name in moments},
        "invalidated_reason": signature.invalidated_reason,
        "kept_until": _moment(signers_kept_until(signature.petition)),
    }


def network_kept_until(signature: Signature) -> datetime | None:
    """When the mark of its network is erased; None where there is none."""
    return signature.created_at + networks.KEPT_FOR if signature.network else None


def _moment(value: datetime | None) -> str | None:
    return iso(value) if value is not None else None


def _acts(signature: Signature) -> Sequence[AuditEntry]:
    """What the association's members have done with it, as the log keeps it."""
    acts = select(AuditEntry).where(AuditEntry.object_kind == "signatures", AuditEntry.object_id == signature.id)
    return db.session.scalars(acts.order_by(AuditEntry.id)).all()


def _act(entry: AuditEntry) -> dict[str, Any]:
    return {"action": entry.action, "at": iso(entry.at)}


def _comment(signature: Signature) -> dict[str, Any] | None:
    comment = signature.comment
    if comment is None:
        return None
    return {
        "text": comment.text,
        "status": comment.status,
        "created_at": iso(comment.created_at),
        "hidden_point": comment.hidden_point,
        "hidden_reason": comment.hidden_reason,
    }


def _answer(answer: SignatureAnswer) -> dict[str, Any]:
    return {
        "question": answer_label(answer),
        "purpose": answer.wording.purpose,
        "language": answer.wording.locale,
        "answer": answer_text(answer),
        "handed_to_recipients": answer.wording.for_recipients,
        "given_at": iso(answer.given_at),
        "still_asked": answer.field.is_asked,
    }


def _consent(consent: Consent) -> dict[str, Any]:
    return {
        "purpose": consent.purpose,
        "wording_hash": consent.wording.hash,
        "value": consent.value,
        "wording": consent.wording.text,
        "language": consent.wording.locale,
        "given_at": iso(consent.given_at),
        "withdrawn_at": iso(consent.withdrawn_at) if consent.withdrawn_at else None,
        "undeliverable_at": iso(consent.undeliverable_at) if consent.undeliverable_at else None,
    }


def mails_to(signature: Signature) -> list[OutboxMessage]:
    """The mails about it whose records are kept still."""
    found = select(OutboxMessage).where(OutboxMessage.signature_id == signature.id).order_by(OutboxMessage.id)
    return list(db.session.scalars(found))


def _mail(mail: OutboxMessage) -> dict[str, Any]:
    moments = {name: _moment(getattr(mail, name)) for name in ("created_at", "finished_at")}
    return {"kind": mail.kind, "status": mail.status, "recipient": mail.recipient, **moments}
