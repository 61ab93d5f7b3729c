"""Making a signature count: decided on what is stored, read as plain rows, and written in one short transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import IntegrityError

from petition_app.antiabuse import suspicion
from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.outbox import Addressee
from petition_app.models import Comment, Consent, Petition, Signature, SignatureAnswer
from petition_app.models.confirmation import Confirmation, Holding
from petition_app.models.petition import Term
from petition_app.models.signature import digest_of
from petition_app.sealing import addresses, converting
from petition_app.site import effective
from petition_app.together import write_together
from petition_app.transactions import deciding, is_unique_violation, writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

Outcome = Literal["confirmed", "already", "held", "entered_anew", "mailbox_full", "closed", "withdrawn", "gone"]


def confirm_signature(key: str, at: datetime, shown: str | None = None) -> tuple[Outcome, Signature | None]:
    """Make the pending signature with this key count. Confirming twice is harmless.

    `shown` is the digest of what the signer was shown; with another than the signature's, nothing is confirmed
    (`entered_anew`). Without it, what is stored is taken as it is.

    The signature is for whoever shows it: there is none where it has just been confirmed or is held.
    With `held`, it is looked at before it counts (antiabuse/suspicion.py); its signer need do nothing more.
    With `already`, the signature is the one that counts: this one, or an equal one of the same mailbox. With
    `mailbox_full`, the links of those that count have been sent to the mailbox.
    """
    effective.known_rows()  # whether the site seals, before a connection is held: who has never looked looks now
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
    with deciding() as connection:
        row: Any = connection.execute(_TO_CONFIRM, {"key": key}).first()
        hindrance = _hindrance(connection, row, at, shown)
        if hindrance is None:
            reason = _reason_to_hold(connection, row)
            if as_first and not reason:
                return ("confirmed", None) if _confirmed(connection, row, at, 1, is_first=True) else None
            others = connection.execute(_SEATED, {"petition": row.petition_id, "mailbox": row.mailbox}).all()
            same = next((other.id for other in others if other.name_key == row.name_key), None)
            free = set(range(1, row.signers_per_mailbox + 1)) - {other.seat for other in others}
            if same is None and free and reason:
                holding = Holding(row.id, row.created_at, at, reason)
                return ("held", None) if write_together(holding.write, connection) else None
            if same is None and free:
                return ("confirmed", None) if _confirmed(connection, row, at, min(free)) else None
    if hindrance == "old_name":
        converting.convert_mailbox(row.petition_id, row.mailbox)
        return None
    if hindrance is not None:
        return hindrance, _loaded(row.id) if hindrance not in ("gone", "held") else None
    if same is not None:
        return "already", _loaded(same)
    addressee = Addressee.of(_loaded(others[0].id), typed=row.email)
    with writing() as session:
        outbox.enqueue(session, "personal_links", addressee, at)
    return "mailbox_full", _loaded(row.id)


def _hindrance(
    connection: Connection, row: Any, at: datetime, shown: str | None
) -> Outcome | Literal["old_name"] | None:
    """What keeps a signature from being confirmed, whoever else of its mailbox counts."""
    if row is None or row.erased_at is not None:
        return "gone"
    if row.status == "confirmed":
        return "already"
    if row.status != "pending":
        return "withdrawn"
    if row.held_at is not None:
        return "held"
    if not _TermOfRow(row.petition_status, row.closes_at, row.closed_at).takes_confirmations(at):
        return "closed"
    if shown is not None and shown != _digest(connection, row):
        return "entered_anew"
    return "old_name" if converting.has_old_name(row) else None


@dataclass(frozen=True)
class _TermOfRow(Term):
    status: str
    closes_at: datetime | None
    closed_at: datetime | None


def _loaded(signature_id: int) -> Signature:
    """The signature for whoever shows it, as it is now."""
    found: Signature = db.session.get_one(Signature, signature_id, populate_existing=True)
    return found


def _digest(connection: Connection, row: Any) -> str:
    named = {"signature": row.id}
    told = connection.execute(_TOLD, named).all() if row.form_revision else ()
    agreed = connection.execute(_AGREED, named).all()
    return digest_of(row, row.comment or "", agreed, told)


def _confirmed(connection: Connection, row: Any, at: datetime, seat: int, *, is_first: bool = False) -> bool:
    """Whether it counts now; False, and nothing is done, where something has changed in the meantime."""
    confirmation = Confirmation(
        signature_id=row.id,
        petition_id=row.petition_id,
        entered_at=row.created_at,
        at=at,
        day=at.astimezone(settings().timezone).date(),
        seat=seat,
        comment_id=row.comment_id,
        is_reviewed_first=bool(row.needs_review),
        sealed=addresses.sealed_columns(row.email),
    )
    is_written = write_together(confirmation.write_as_first if is_first else confirmation.write, connection)
    if is_written:
        petition_changed.send(petition_id=confirmation.petition_id)
    return is_written


def _reason_to_hold(connection: Connection, row: Any) -> str:
    site = settings()
    if not site.abuse_controls:
        return ""
    return suspicion.reason_to_hold(suspicion.memory().of(row.petition_id, connection), row, site.secret_key)


# What every confirmation asks, built once: what it is decided on, what was agreed to, and who of its mailbox counts.
_TO_CONFIRM = (
    select(
        Signature.id,
        Signature.petition_id,
        Signature.text_id,
        Signature.status,
        Signature.given_name,
        Signature.surname,
        Signature.name_key,
        Signature.email,
        Signature.mailbox,
        Signature.postal_code,
        Signature.country,
        Signature.name_display,
        Signature.created_at,
        Signature.erased_at,
        Signature.held_at,
        Signature.network,
        Signature.domain_mark,
        Signature.signs,
        Petition.status.label("petition_status"),
        Petition.closes_at,
        Petition.closed_at,
        Petition.signers_per_mailbox,
        Petition.form_revision,
        Comment.id.label("comment_id"),
        Comment.needs_review,
        Comment.text.label("comment"),
    )
    .join(Petition, Signature.petition_id == Petition.id)
    .join(Comment, Comment.signature_id == Signature.id, isouter=True)
    .where(Signature.key == bindparam("key"))
)
_AGREED = select(Consent.purpose, Consent.value, Consent.wording_id).where(
    Consent.signature_id == bindparam("signature")
)
_TOLD = select(SignatureAnswer.field_id, SignatureAnswer.wording_id, SignatureAnswer.value).where(
    SignatureAnswer.signature_id == bindparam("signature")
)
_SEATED = (
    select(Signature.id, Signature.name_key, Signature.seat)
    .where(
        Signature.petition_id == bindparam("petition"),
        Signature.mailbox == bindparam("mailbox"),
        Signature.seat.is_not(None),
    )
    .order_by(Signature.seat)  # as in submission.py
)
