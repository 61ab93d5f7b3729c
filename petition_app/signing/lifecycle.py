"""What happens to a signature beside its confirmation (confirming.py): each step one short write transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition_app.antiabuse.holding_back import check_comment
from petition_app.mail import outbox
from petition_app.models import Comment, InvalidationRule, Signature, SignatureAnswer, TakenSignature
from petition_app.models.invalidation_rule import OF_PERSONS
from petition_app.privacy import consent
from petition_app.signing.forms import Answer
from petition_app.transactions import is_unique_violation, writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings


def withdraw_signature(signature_id: int, at: datetime) -> None:
    """Take a signature back; nothing happens to one that is no longer there to take back."""
    with writing() as session:
        signature = withdraw(session, signature_id, at)
    if signature is not None:
        petition_changed.send(petition_id=signature.petition_id)


def withdraw(session: Session, signature_id: int, at: datetime) -> Signature | None:
    """The same in the caller's transaction, whose commit the pages are to be told of; None where nothing happened."""
    signature = _locked(session, signature_id)
    if signature.status not in ("pending", "confirmed"):
        return None
    signature.withdraw(at, settings().timezone)
    return signature


def invalidate_signature(signature_id: int, reason: str, at: datetime) -> None:
    """The association takes out what is no signature. Raises WrongState for one that does not count or wait."""
    with writing() as session:
        signature = _locked(session, signature_id)
        signature.invalidate(at, reason, settings().timezone)
        petition_id = signature.petition_id
    petition_changed.send(petition_id=petition_id)


def erase_signature(signature_id: int, at: datetime) -> None:
    """Forget the signer, and take the signature back if it counts. The mails about it are forgotten too."""
    with writing() as session:
        petition_id = erase(session, signature_id, at).petition_id
    petition_changed.send(petition_id=petition_id)


def erase(session: Session, signature_id: int, at: datetime) -> Signature:
    """The same in the caller's transaction, whose commit the pages are to be told of."""
    taken_by = session.scalars(select(TakenSignature.rule_id).where(TakenSignature.signature_id == signature_id)).all()
    for rule_id in sorted(taken_by):  # before the signature, as whoever undoes a rule holds them
        session.get_one(InvalidationRule, rule_id).forget_criteria(OF_PERSONS)
    session.flush()
    signature = _locked(session, signature_id)
    outbox.forget(session, signature)
    signature.erase(at, settings().timezone)
    return signature


class Gone(Exception):
    """The signature was withdrawn, taken out or erased in the meantime: there is nothing left to correct."""


class NameTaken(ValueError):
    """Another signature of this mailbox that counts has this name already."""


@dataclass(frozen=True)
class Correction:
    """What the signer wants it to be from now on; `consents` as in Entry, what is missing there is withdrawn.

    None is for what the petition does not ask for (any more): it stays as it is, as does an answer that is not here.
    """

    given_name: str
    surname: str
    postal_code: str | None
    country: str | None
    comment: str | None
    name_display: str
    consents: dict[str, str]
    answers: tuple[Answer, ...] = ()


def correct_signature(signature_id: int, wanted: Correction, at: datetime) -> None:
    """Write the signer's corrections. Raises NameTaken or Gone."""
    try:
        with writing() as session:
            signature = _locked(session, signature_id)
            if signature.status not in ("pending", "confirmed"):
                raise Gone
            signature.rename(wanted.given_name, wanted.surname)
            if wanted.country is not None:
                signature.country = wanted.country
            if wanted.postal_code is not None:
                signature.postal_code = wanted.postal_code
            signature.name_display = wanted.name_display
            for purpose in (*consent.OPTIONAL_BOXES, "name_display"):
                consent.change(session, signature, purpose, wanted.consents.get(purpose), at)
            for answer in wanted.answers:
                _answer(signature, answer, at)
            if wanted.comment is not None:
                _rewrite_comment(signature, wanted.comment, at)
            petition_id = signature.petition_id
    except IntegrityError as error:
        if is_unique_violation(error):
            raise NameTaken from error
        raise
    petition_changed.send(petition_id=petition_id)


def withdraw_consent(signature_id: int, purpose: str, at: datetime) -> bool:
    """Take one consent back, whatever became of the signature; False where there is none that stands."""
    with writing() as session:
        signature = _locked(session, signature_id)
        given = signature.consent_to(purpose) if purpose in consent.OPTIONAL_BOXES else None
        if given is None or given.withdrawn_at is not None:
            return False
        given.withdraw(at)
    return True


def erase_answer(signature_id: int, field_id: int) -> bool:
    """Forget one answer, whatever becomes of the signature; False where there is none."""
    with writing() as session:
        signature = _locked(session, signature_id)
        found = _answer_to(signature, field_id)
        if found is None:
            return False
        signature.answers.remove(found)
    return True


def _answer(signature: Signature, answer: Answer, at: datetime) -> None:
    """Write what the signer says now. An answer that stays the same stays one to the words that it was given to."""
    found = _answer_to(signature, answer.field_id)
    if found is not None and not answer.value:
        signature.answers.remove(found)
    elif found is None and answer.value:
        signature.answers.append(
            SignatureAnswer(field_id=answer.field_id, wording_id=answer.wording_id, value=answer.value, given_at=at)
        )
    elif found is not None and found.value != answer.value:
        found.value, found.wording_id, found.given_at = answer.value, answer.wording_id, at


def _answer_to(signature: Signature, field_id: int) -> SignatureAnswer | None:
    return next((answer for answer in signature.told if answer.field_id == field_id), None)


def _rewrite_comment(signature: Signature, text: str, at: datetime) -> None:
    comment = signature.comment
    if not text:
        if comment is not None and comment.needs_review:
            comment.empty()
        else:
            signature.comment = None
        return
    if comment is not None and comment.text == text:
        return
    checked = check_comment(signature.petition_id, text, signature_id=signature.id)
    reviewed_first = signature.petition.comments == "before" or bool(checked.findings)
    if comment is None:
        comment = Comment(petition_id=signature.petition_id, text=text, created_at=at, needs_review=reviewed_first)
        signature.comment = comment
        if signature.status == "confirmed":
            comment.signature_confirmed(at)
    else:
        comment.rewrite(text, at, reviewed_first=reviewed_first)
    comment.held_for, comment.fingerprint = checked.held_for, checked.fingerprint


def _locked(session: Session, signature_id: int) -> Signature:
    """The signature as it is now, held until the transaction ends."""
    signature: Signature = session.get_one(Signature, signature_id, with_for_update=True, populate_existing=True)
    return signature
