"""Everything that is stored about one signer, as data that a person or another program can read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from petition_app.extensions import db
from petition_app.models import Consent, OutboxMessage, Signature, SignatureAnswer
from petition_app.petitions.fields import answer_label, answer_text
from petition_app.web.filters import iso


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
        "email_is_sealed": signature.is_sealed,
        "mail_provider": signature.mail_domain,
        "postal_code": signature.postal_code,
        "country": signature.country,
        "language": signature.locale,
        "name_display": signature.name_display,
        "network_mark": signature.network,
        "domain_mark": signature.domain_mark,
        "signs_noted": signature.signs,
        "held_for": signature.held_for,
        "answers": [_answer(answer) for answer in signature.told],
        "comment": _comment(signature),
        "consents": [_consent(consent) for consent in signature.consents],
        "mails": [_mail(mail) for mail in _mails(signature)],
        **{name: iso(value) if (value := getattr(signature, name)) else None for name in moments},
        "invalidated_reason": signature.invalidated_reason,
    }


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
        "value": consent.value,
        "wording": consent.wording.text,
        "language": consent.wording.locale,
        "given_at": iso(consent.given_at),
        "withdrawn_at": iso(consent.withdrawn_at) if consent.withdrawn_at else None,
        "undeliverable_at": iso(consent.undeliverable_at) if consent.undeliverable_at else None,
    }


def _mails(signature: Signature) -> list[OutboxMessage]:
    found = select(OutboxMessage).where(OutboxMessage.signature_id == signature.id).order_by(OutboxMessage.id)
    return list(db.session.scalars(found))


def _mail(mail: OutboxMessage) -> dict[str, Any]:
    return {"kind": mail.kind, "status": mail.status, "created_at": iso(mail.created_at)}
