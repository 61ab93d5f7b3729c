"""Taking what a signer has sent: one short write transaction, with everything that it needs made beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from petition_app.antiabuse import rate_limit, work
from petition_app.antiabuse.holding_back import Checked, check_comment
from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.antiabuse.networks import Origin, domain_mark, network_mark
from petition_app.antiabuse.signs import RESPELT, TAGGED, signs_of_entry
from petition_app.antiabuse.work import Work
from petition_app.config import Settings
from petition_app.mail import outbox
from petition_app.mail.outbox import Addressee
from petition_app.models import Comment, Consent, Petition, Signature, SignatureAnswer
from petition_app.models.signature import name_key
from petition_app.privacy import consent
from petition_app.sealing import converting
from petition_app.sealing.names import marks_key
from petition_app.signing.forms import Answer
from petition_app.together import writing_together
from petition_app.transactions import new_id
from petition_app.web.site import settings


@dataclass(frozen=True)
class Entry:
    """What a signer entered, checked: names and address in their normal forms, consents by purpose."""

    given_name: str
    surname: str
    email: str
    postal_code: str
    country: str
    comment: str
    name_display: str
    consents: dict[str, str]
    answers: tuple[Answer, ...] = ()

    def columns(self) -> dict[str, Any]:
        """What of it is written into the signature itself."""
        return {
            "given_name": self.given_name,
            "surname": self.surname,
            "name_key": name_key(self.given_name, self.surname),
            "email": self.email,
            # Of one that was taken out, and given back before it was confirmed.
            "sealed_email": None,
            "mail_domain": None,
            "postal_code": self.postal_code,
            "country": self.country,
            "name_display": self.name_display,
        }


# Built once: it takes longer to build a statement than the database takes to run it.
_OF_MAILBOX = (
    select(
        Signature.id,
        Signature.petition_id,
        Signature.status,
        Signature.name_key,
        Signature.email,
        Signature.mailbox,
        Signature.locale,
        Signature.held_at,
    )
    .where(
        Signature.petition_id == bindparam("petition"),
        Signature.mailbox == bindparam("mailbox"),
        Signature.status.in_(("pending", "confirmed")),
    )
    .order_by(Signature.id)
)
_INSERT, _INSERT_COMMENT = insert(Signature.__table__), insert(Comment.__table__)  # type: ignore[arg-type]
_INSERT_ANSWERS = insert(SignatureAnswer.__table__)  # type: ignore[arg-type]
_UPDATE = update(Signature).where(Signature.id == bindparam("signature"))


def sign(
    petition: Petition, text_id: int, locale: str, entry: Entry, origin: Origin, at: datetime, done: Work | None = None
) -> None:
    """Take a signature, or send the links that its mailbox has asked for again; never tells which it was.

    `done` is what the form tells of how it was filled in. Where this network has signed often, the mail waits a while.
    Raises `rate_limit.TooMany` where it is a flood, and StorageUnavailable.
    """
    site = settings()
    canonical = canonical_mailbox(entry.email)
    mailbox = converting.name_for_signing(petition.id, canonical)
    told = signs_of_entry(entry.given_name, entry.surname, entry.email, canonical)
    columns = {"text_id": text_id, "locale": locale, "created_at": at, "signs": "", **entry.columns()}
    marks = _marks(origin, canonical, site)
    petition_id, seats, reviewed_first = petition.id, petition.signers_per_mailbox, petition.comments == "before"
    ever_asked_more = petition.form_revision > 0
    checked = check_comment(petition_id, entry.comment) if entry.comment else None
    limits = rate_limit.signing_limits(origin.address, origin.network)
    slowed = timedelta()
    with writing_together() as session:
        if site.abuse_controls:
            slowed = rate_limit.count_each(session, limits, at, site.network_key)
        same_mailbox = session.connection().execute(_OF_MAILBOX, {"petition": petition_id, "mailbox": mailbox}).all()
        known = _same_person(same_mailbox, columns["name_key"])
        confirmed = [signature for signature in same_mailbox if signature.status == "confirmed"]
        if known is not None and (known.status == "confirmed" or known.held_at is not None):
            outbox.enqueue(session, "personal_link", Addressee.of(known, typed=entry.email), at, after=slowed)
            return
        if known is None and len(confirmed) >= seats:
            first = Addressee.of(confirmed[0], typed=entry.email)
            outbox.enqueue(session, "personal_links", first, at, after=slowed)
            return
        if marks["network"] is not None:  # what is told goes with the network's mark, when its time is over
            signs = told + (work.use(session, done) if done is not None else "")
            columns["signs"] = signs + (RESPELT if _is_respelt(signs, entry.email, same_mailbox) else "")
        if known is not None:
            _replace(session, known.id, {**columns, **marks}, with_answers=ever_asked_more)
            signature_id = known.id
        else:
            row = {"petition_id": petition_id, "mailbox": mailbox, **columns, **marks}
            signature_id = new_id(session.connection().execute(_INSERT, row))
        if checked is not None:
            _comment(session, petition_id, signature_id, entry.comment, checked, reviewed_first, at)
        if answers := [answer for answer in entry.answers if answer.value]:
            _answers(session, signature_id, answers, at)
        consent.record(session, signature_id, entry.consents, at)
        addressee = Addressee(signature_id, petition_id, entry.email, mailbox, locale)
        outbox.enqueue(session, "confirmation", addressee, at, after=slowed)


def _marks(origin: Origin, mailbox: str, site: Settings) -> dict[str, str | None]:
    """What it has in common with others, as keyed hashes; nothing where it is not known where it came from."""
    network = network_mark(origin.network, site.network_key)
    if network is None:
        return {"network": None, "domain_mark": None}
    return {"network": network, "domain_mark": domain_mark(mailbox, marks_key(site.secret_key))}


def _is_respelt(signs: str, address: str, same_mailbox: Sequence[Any]) -> bool:
    """Whether an address with a tag leads to a mailbox that another signature names otherwise."""
    if TAGGED not in signs:
        return False
    return any(other.email and other.email.casefold() != address.casefold() for other in same_mailbox)


def _same_person(signatures: Sequence[Any], key: str) -> Any:
    """Of those with this name the one that counts, else the last."""
    same = [s for s in signatures if s.name_key == key]
    return next((s for s in same if s.status == "confirmed"), same[-1] if same else None)


def _replace(session: Session, signature_id: int, columns: dict[str, Any], *, with_answers: bool) -> None:
    """What was typed last is what is meant: nobody can plant words or consents for somebody else to confirm."""
    connection = session.connection()
    connection.execute(_UPDATE.values(columns), {"signature": signature_id})
    for model in (Comment, Consent, SignatureAnswer) if with_answers else (Comment, Consent):
        connection.execute(delete(model).where(model.signature_id == signature_id))


def _comment(
    session: Session,
    petition_id: int,
    signature_id: int,
    text: str,
    checked: Checked,
    reviewed_first: bool,
    at: datetime,
) -> None:
    """What the checks have found makes it wait for a look, and stands beside it in the queue."""
    row = {
        "petition_id": petition_id,
        "signature_id": signature_id,
        "text": text,
        "created_at": at,
        "needs_review": reviewed_first or bool(checked.findings),
        "held_for": checked.held_for,
        "fingerprint": checked.fingerprint,
    }
    session.connection().execute(_INSERT_COMMENT, row)


def _answers(session: Session, signature_id: int, answers: Sequence[Answer], at: datetime) -> None:
    rows = [
        {
            "signature_id": signature_id,
            "field_id": answer.field_id,
            "wording_id": answer.wording_id,
            "value": answer.value,
            "given_at": at,
        }
        for answer in answers
    ]
    session.connection().execute(_INSERT_ANSWERS, rows)
