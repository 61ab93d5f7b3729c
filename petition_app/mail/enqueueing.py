"""A mail is put into the outbox in the transaction of what caused it, and waits there for a worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete
from sqlalchemy.orm import Session

from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.mail.pace import DAY, PAUSE, earliest, moment, recent_of_mailbox
from petition_app.mail.rows import Queued, insert_one
from petition_app.models import OutboxMessage, Signature
from petition_app.models.base import now
from petition_app.models.member_link import MemberLink
from petition_app.sealing.names import mailbox_name
from petition_app.transactions import writing
from petition_app.web.site import settings


@dataclass(frozen=True)
class Addressee:
    """Whom a mail about a signature goes to: the signature's own address, in its own language.

    `email` is "" where the address is sealed: that is opened when the mail is sent, by a worker that has the key.
    """

    signature_id: int
    petition_id: int
    email: str
    mailbox: str
    locale: str

    @classmethod
    def of(cls, signature: Any, typed: str | None = None) -> Addressee | None:
        """That of a signature (or a row with its columns); None for one that is erased: it has no mailbox any more.

        `typed` is an address of the same mailbox that somebody has just typed, for where the stored one is sealed.
        """
        if not signature.mailbox:
            return None
        email = signature.email or typed or ""
        return cls(signature.id, signature.petition_id, email, signature.mailbox, signature.locale)


@dataclass(frozen=True)
class Planned:
    """A mail about a signature, and when it would be due; None where it is not to be sent."""

    kind: str
    addressee: Addressee
    at: datetime
    due: datetime | None

    def write(self, connection: Connection, signature_id: int | None) -> Queued:
        """Put it into the outbox, in the caller's write transaction: one that is not to be sent, only to be undone."""
        return insert_one(
            connection,
            self.kind,
            recipient=self.addressee.email,
            mailbox=self.addressee.mailbox,
            locale=self.addressee.locale,
            signature_id=signature_id,
            created_at=self.at,
            due_at=self.due or self.at,
        )


def plan(
    connection: Connection, kind: str, addressee: Addressee, at: datetime, *, after: timedelta = timedelta()
) -> Planned:
    """When a mail about a signature may be sent, `after` some time at the soonest, by what its mailbox has had.

    Never where an equal one waits or has just been sent. One that its mailbox may not have yet waits until it may;
    where that would take more than a day, it is not sent.
    """
    earlier = recent_of_mailbox(connection, addressee.mailbox, at)
    due = earliest([moment(mail, at) for mail in earlier], at + after) if settings().abuse_controls else at + after
    is_sent = due - at <= DAY and not any(_is_equal(mail, kind, addressee, at) for mail in earlier)
    return Planned(kind, addressee, at, due if is_sent else None)


def enqueue(
    session: Session, kind: str, addressee: Addressee | None, at: datetime, *, after: timedelta = timedelta()
) -> Queued | None:
    """Have a mail sent about a signature, in the caller's write transaction, as `plan` says.

    None where it is not sent: also where there is nobody to send it to, or the address is sealed.
    """
    if addressee is None or not addressee.email:
        return None
    connection = session.connection()
    planned = plan(connection, kind, addressee, at, after=after)
    return planned.write(connection, addressee.signature_id) if planned.due is not None else None


def enqueue_for_mailbox(session: Session, kind: str, recipient: str, locale: str, at: datetime) -> Queued | None:
    """Have a mail sent to whoever reads an address, in the caller's write transaction, at the pace of its mailbox.

    None where an equal one waits or has just been sent, and where it would have to wait for more than a day.
    """
    mailbox = mailbox_name(canonical_mailbox(recipient))
    earlier = recent_of_mailbox(session.connection(), mailbox, at)
    if any(mail.kind == kind and (mail.status == "queued" or moment(mail, at) > at - PAUSE) for mail in earlier):
        return None
    due = earliest([moment(mail, at) for mail in earlier], at) if settings().abuse_controls else at
    if due - at > DAY:
        return None
    return insert_one(
        session.connection(), kind, recipient=recipient, mailbox=mailbox, locale=locale, created_at=at, due_at=due
    )


def enqueue_test(recipient: str, locale: str) -> Queued:
    """Have a test mail sent, in a transaction of its own: the operator asked for it, so it is not held back."""
    at = now()
    with writing() as session:
        return _insert_at_once(session, "test", recipient, locale, at)


def enqueue_for_member(session: Session, link: MemberLink, recipient: str, locale: str, at: datetime) -> Queued:
    """Have a member's link sent, in the caller's write transaction. It is paced where it is asked for, not here."""
    session.flush()
    return _insert_at_once(session, link.purpose, recipient, locale, at, member_link_id=link.id)


def enqueue_for_recipient(session: Session, answer_id: int, recipient: str, locale: str, at: datetime) -> Queued:
    """Have a petition's recipient asked for an answer, in the caller's write transaction: a member asked for it."""
    return _insert_at_once(session, "answer_request", recipient, locale, at, answer_id=answer_id)


def enqueue_test_of_update(session: Session, update_id: int, recipient: str, locale: str, at: datetime) -> Queued:
    """Have an update sent to the one who writes it, in the caller's write transaction: it is asked for, so not held."""
    return _insert_at_once(session, "update_test", recipient, locale, at, update_id=update_id)


def _insert_at_once(session: Session, kind: str, recipient: str, locale: str, at: datetime, **about: int) -> Queued:
    """A mail that is due now, to an address that is no signer's; `about` is the one thing that it tells of."""
    return insert_one(
        session.connection(),
        kind,
        recipient=recipient,
        mailbox=canonical_mailbox(recipient),
        locale=locale,
        created_at=at,
        due_at=at,
        **about,
    )


def _is_equal(mail: Any, kind: str, addressee: Addressee, at: datetime) -> bool:
    """Whether a mail says what a new one would, and waits or has just been sent."""
    if mail.kind != kind or mail.signature_id is None:
        return False
    if kind == "personal_links":
        same = mail.petition_id == addressee.petition_id
    else:
        same = mail.signature_id == addressee.signature_id
    return same and (mail.status == "queued" or moment(mail, at) > at - PAUSE)


def forget(session: Session, signature: Signature) -> None:
    """Delete the mails about a signature that is erased."""
    session.execute(delete(OutboxMessage).where(OutboxMessage.signature_id == signature.id))
