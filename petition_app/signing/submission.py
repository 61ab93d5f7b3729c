"""Taking what a signer has sent: one short write transaction, with everything that it needs made beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from petition_app.antiabuse import rate_limit, work
from petition_app.antiabuse.holding_back import check_comment
from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.antiabuse.networks import Origin, domain_mark, network_mark
from petition_app.antiabuse.signs import RESPELT, TAGGED, signs_of_entry
from petition_app.antiabuse.work import Work
from petition_app.config import Settings
from petition_app.mail import outbox
from petition_app.mail.outbox import Addressee
from petition_app.models import Petition, Signature
from petition_app.models.names import name_key
from petition_app.sealing import converting
from petition_app.sealing.names import marks_key
from petition_app.signing.forms import Answer
from petition_app.signing.recording import Record
from petition_app.together import undone, write_together
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
        Signature.created_at,
    )
    .where(
        Signature.petition_id == bindparam("petition"),
        Signature.mailbox == bindparam("mailbox"),
        or_(Signature.status == "pending", Signature.status == "confirmed"),
    )
    # By which index: PostgreSQL knows nothing of a new table, and would read all signatures of the petition as soon.
    .order_by(Signature.seat)
)


def sign(
    petition: Petition, text_id: int, locale: str, entry: Entry, origin: Origin, at: datetime, done: Work | None = None
) -> None:
    """Take a signature, or send the links that its mailbox has asked for again; never tells which it was.

    Neither by what it takes: an entry that is not to stand is written like any other, and undone.
    `done` is what the form tells of how it was filled in. Where this network has signed often, the mail waits a while.
    Raises `rate_limit.TooMany` where it is a flood, and StorageUnavailable.
    """
    site = settings()
    canonical = canonical_mailbox(entry.email)
    mailbox = converting.name_for_signing(petition.id, canonical)
    told = signs_of_entry(entry.given_name, entry.surname, entry.email, canonical)
    columns: dict[str, Any] = {"petition_id": petition.id, "mailbox": mailbox, "text_id": text_id, "locale": locale}
    columns |= {"created_at": at, "signs": "", **entry.columns(), **_marks(origin, canonical, site)}
    record = Record(
        columns,
        entry.consents,
        entry.answers,
        entry.comment,
        checked=check_comment(petition.id, entry.comment) if entry.comment else None,
        is_reviewed_first=petition.comments == "before",
        ever_asked_more=petition.form_revision > 0,
        at=at,
    )
    seats = petition.signers_per_mailbox
    limits = rate_limit.signing_limits(origin.address, origin.network)

    def take(connection: Connection) -> None:
        slowed = timedelta()
        if site.abuse_controls:
            slowed = rate_limit.count_each(connection, limits, at, site.network_key)
        if columns["network"] is not None:  # what is told goes with the network's mark, when its time is over
            columns["signs"] = told + (work.use(connection, done) if done is not None else "")
        for _attempt in range(8):
            if _taken(connection, record, seats, at, slowed):
                return
        raise RuntimeError("an entry could not be written after eight attempts")

    write_together(take)


def _taken(connection: Connection, record: Record, seats: int, at: datetime, slowed: timedelta) -> bool:
    """Write an entry and its mail, each to stand or to be undone, by what there is of its mailbox.

    False, and nothing is written, where what waited has been changed in this very moment: then look again.
    """
    columns = record.columns
    petition_id, mailbox, email = columns["petition_id"], columns["mailbox"], columns["email"]
    found = connection.execute(_OF_MAILBOX, {"petition": petition_id, "mailbox": mailbox})
    same_mailbox = sorted(found, key=lambda row: row.id)
    if _is_respelt(columns["signs"], email, same_mailbox):
        record = replace(record, columns={**columns, "signs": columns["signs"] + RESPELT})
    kind, about = _due_mail(same_mailbox, columns["name_key"], seats)
    addressee = Addressee(0, petition_id, email, mailbox, columns["locale"])
    if kind != "confirmation":
        addressee = Addressee.of(about, typed=email) or addressee
    elif about is not None:
        addressee = replace(addressee, signature_id=about.id)
    mail = outbox.plan(connection, kind, addressee, at, after=slowed)
    signature_id = about.id if about is not None else None
    with undone(connection):
        if kind != "confirmation":
            record.write(connection, None)
        if mail.due is None:
            mail.write(connection, signature_id)
    if kind == "confirmation":
        signature_id = record.write(connection, about)
        if signature_id is None:
            return False
    if mail.due is not None:
        mail.write(connection, signature_id)
    return True


def _due_mail(same_mailbox: Sequence[Any], key: str, seats: int) -> tuple[str, Any]:
    """What is to be mailed, and the signature of this mailbox that it is about; None for one that is to be written.

    With `confirmation`, the signature waits, and what was typed now takes its place.
    """
    known = _same_person(same_mailbox, key)
    if known is not None:
        return ("personal_link" if known.status == "confirmed" or known.held_at is not None else "confirmation"), known
    confirmed = [signature for signature in same_mailbox if signature.status == "confirmed"]
    return ("personal_links", confirmed[0]) if len(confirmed) >= seats else ("confirmation", None)


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
