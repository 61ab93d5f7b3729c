"""What happens to a signature from its confirmation on, and back: each step one short write transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from petition_app.antiabuse import suspicion
from petition_app.antiabuse.holding_back import check_comment
from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.outbox import Addressee
from petition_app.models import Comment, InvalidationRule, Petition, Signature, SignatureAnswer, TakenSignature
from petition_app.models.invalidation_rule import OF_PERSONS
from petition_app.models.signature import Holding
from petition_app.privacy import consent
from petition_app.sealing import addresses, converting
from petition_app.signing.forms import Answer
from petition_app.together import writing_together
from petition_app.transactions import is_unique_violation, writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

Outcome = Literal["confirmed", "already", "held", "entered_anew", "mailbox_full", "closed", "withdrawn", "gone"]


def confirm_signature(key: str, at: datetime, shown: str | None = None) -> tuple[Outcome, Signature | None]:
    """Make the pending signature with this key count. Confirming twice is harmless.

    `shown` is the digest of what the signer was shown; with another than the signature's, nothing is confirmed
    (`entered_anew`). Without it, what is stored is taken as it is.

    With `held`, it is looked at before it counts (antiabuse/suspicion.py); its signer need do nothing more.
    With `already`, the signature is the one that counts: this one, or an equal one of the same mailbox. With
    `mailbox_full`, the links of those that count have been sent to the mailbox.
    """
    for attempt in range(8):
        try:
            found = _confirm_once(key, at, shown, as_first=attempt == 0)
        except IntegrityError as error:
            if not is_unique_violation(error):
                raise
            continue  # another confirmation of this mailbox came first: look again
        if found is not None:
            return found
    raise RuntimeError("a signature could not be confirmed after eight attempts")


def _confirm_once(
    key: str, at: datetime, shown: str | None, *, as_first: bool
) -> tuple[Outcome, Signature | None] | None:
    """Decide on what is stored, then write, which takes place only if it still is so; None where it is not.

    `as_first` takes it for the first of its mailbox, as nearly every one is, and looks for no others.
    """
    signature: Signature | None = db.session.scalar(_TO_CONFIRM, {"key": key})
    if signature is None or signature.is_erased:
        return "gone", None
    if signature.status == "confirmed":
        return "already", signature
    if signature.is_held:
        return "held", signature
    if signature.status != "pending":
        return "withdrawn", signature
    if not signature.petition.takes_confirmations(at):
        return "closed", signature
    if shown is not None and shown != signature.digest:
        return "entered_anew", signature
    if converting.has_old_name(signature):
        converting.convert_mailbox(signature.petition_id, signature.mailbox)
        return None
    reason = _reason_to_hold(signature)
    if as_first and not reason:
        return ("confirmed", signature) if _confirmed(signature, at, 1, is_first=True) else None
    mailbox = {"petition": signature.petition_id, "mailbox": signature.mailbox}
    others = db.session.connection().execute(_SEATED, mailbox).all()
    same = next((other.id for other in others if other.name_key == signature.name_key), None)
    if same is not None:
        return "already", db.session.get_one(Signature, same)
    free = set(range(1, signature.petition.signers_per_mailbox + 1)) - {other.seat for other in others}
    if not free:
        addressee = Addressee.of(db.session.get_one(Signature, others[0].id), typed=signature.email)
        with writing() as session:
            outbox.enqueue(session, "personal_links", addressee, at)
        return "mailbox_full", signature
    if reason:
        holding = Holding(signature.id, signature.created_at, at, reason)
        with writing_together() as session:
            is_written = holding.write(session)
        return ("held", signature) if is_written else None
    return ("confirmed", signature) if _confirmed(signature, at, min(free)) else None


def _confirmed(signature: Signature, at: datetime, seat: int, *, is_first: bool = False) -> bool:
    """Whether it counts now; False, and nothing is done, where something has changed in the meantime."""
    confirmation = signature.confirmation(at, seat, settings().timezone, addresses.sealed_columns(signature.email))
    with writing_together() as session:
        is_written = confirmation.write_as_first(session) if is_first else confirmation.write(session)
    if is_written:
        petition_changed.send(petition_id=confirmation.petition_id)
    return is_written


def _reason_to_hold(signature: Signature) -> str:
    site = settings()
    if not site.abuse_controls:
        return ""
    known = suspicion.memory().of(signature.petition_id)
    return suspicion.reason_to_hold(known, signature, site.secret_key)


# What every confirmation asks, built once: the signature with all that it is decided on, and who of its mailbox counts.
_TO_CONFIRM = (
    select(Signature)
    .where(Signature.key == bindparam("key"))
    .options(
        joinedload(Signature.petition).load_only(
            Petition.status,
            Petition.closes_at,
            Petition.closed_at,
            Petition.signers_per_mailbox,
            Petition.form_revision,
        ),
        joinedload(Signature.comment).load_only(Comment.needs_review, Comment.text),
    )
    .execution_options(populate_existing=True)
)
_SEATED = (
    select(Signature.id, Signature.name_key, Signature.seat)
    .where(
        Signature.petition_id == bindparam("petition"),
        Signature.mailbox == bindparam("mailbox"),
        Signature.seat.is_not(None),
    )
    .order_by(Signature.id)
)


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
