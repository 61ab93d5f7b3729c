"""The outbox: a mail is a row, written in the transaction of what caused it, then claimed and sent by a worker.

A worker claims rows by a conditional update with a short lease, sends outside any transaction, and marks each row in
one of its own. Killed in between, it loses nothing: the lease runs out and the row is sent by the next one, under the
same Message-ID.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import (
    ColumnElement,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased, joinedload, object_session
from sqlalchemy.orm.attributes import set_committed_value

from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.extensions import db
from petition_app.mail import messages
from petition_app.mail.transport import PermanentFailure, ServerUnavailable, TemporaryFailure, Transport
from petition_app.models import OutboxMessage, Signature
from petition_app.models.base import now
from petition_app.models.member_link import MemberLink
from petition_app.models.outbox_message import (
    BULK,
    HELD,
    KEPT_FOR,
    LEASE,
    MEMBER_KINDS,
    PRIORITIES,
    RECIPIENT_LEFT,
    count_bounced,
    count_sent,
)
from petition_app.models.signature import news_consents
from petition_app.models.update import Update as UpdateRow
from petition_app.sealing import boxes
from petition_app.sealing.keyring import keyring
from petition_app.sealing.names import mailbox_name
from petition_app.transactions import new_id, writing
from petition_app.web.site import settings

log = logging.getLogger(__name__)

# To one mailbox, whatever for: so that nobody can be mailed at will by typing an address into a form.
PAUSE = timedelta(minutes=10)
DAY = timedelta(hours=24)
MOST_A_DAY = 5
BATCH = 50
# A mail takes four answers of the server at most, each waited for up to 20 seconds (transport.py).
LONGEST_SENDING = timedelta(seconds=90)


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
class Queued:
    """A row of the outbox that waits."""

    id: int
    due_at: datetime


@dataclass(frozen=True)
class Planned:
    """A mail about a signature, and when it would be due; None where it is not to be sent."""

    kind: str
    addressee: Addressee
    at: datetime
    due: datetime | None

    def write(self, session: Session, signature_id: int | None) -> Queued:
        """Put it into the outbox, in the caller's write transaction: one that is not to be sent, only to be undone."""
        return _insert(
            session,
            self.kind,
            recipient=self.addressee.email,
            mailbox=self.addressee.mailbox,
            locale=self.addressee.locale,
            signature_id=signature_id,
            created_at=self.at,
            due_at=self.due or self.at,
        )


def plan(session: Session, kind: str, addressee: Addressee, at: datetime, *, after: timedelta = timedelta()) -> Planned:
    """When a mail about a signature may be sent, `after` some time at the soonest, by what its mailbox has had.

    Never where an equal one waits or has just been sent. One that its mailbox may not have yet waits until it may;
    where that would take more than a day, it is not sent.
    """
    earlier = _recent(session, addressee.mailbox, at)
    due = _earliest([_moment(mail, at) for mail in earlier], at + after) if settings().abuse_controls else at + after
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
    planned = plan(session, kind, addressee, at, after=after)
    return planned.write(session, addressee.signature_id) if planned.due is not None else None


def enqueue_for_mailbox(session: Session, kind: str, recipient: str, locale: str, at: datetime) -> Queued | None:
    """Have a mail sent to whoever reads an address, in the caller's write transaction, at the pace of its mailbox.

    None where an equal one waits or has just been sent, and where it would have to wait for more than a day.
    """
    mailbox = mailbox_name(canonical_mailbox(recipient))
    earlier = _recent(session, mailbox, at)
    if any(mail.kind == kind and (mail.status == "queued" or _moment(mail, at) > at - PAUSE) for mail in earlier):
        return None
    due = _earliest([_moment(mail, at) for mail in earlier], at) if settings().abuse_controls else at
    if due - at > DAY:
        return None
    return _insert(session, kind, recipient=recipient, mailbox=mailbox, locale=locale, created_at=at, due_at=due)


def enqueue_test(recipient: str, locale: str) -> Queued:
    """Have a test mail sent, in a transaction of its own: the operator asked for it, so it is not held back."""
    at = now()
    with writing() as session:
        return _insert(
            session,
            "test",
            recipient=recipient,
            mailbox=canonical_mailbox(recipient),
            locale=locale,
            created_at=at,
            due_at=at,
        )


def enqueue_for_member(session: Session, link: MemberLink, recipient: str, locale: str, at: datetime) -> Queued:
    """Have a member's link sent, in the caller's write transaction. It is paced where it is asked for, not here."""
    session.flush()
    return _insert(
        session,
        link.purpose,
        recipient=recipient,
        mailbox=canonical_mailbox(recipient),
        locale=locale,
        member_link_id=link.id,
        created_at=at,
        due_at=at,
    )


def enqueue_for_recipient(session: Session, answer_id: int, recipient: str, locale: str, at: datetime) -> Queued:
    """Have a petition's recipient asked for an answer, in the caller's write transaction: a member asked for it."""
    return _insert(
        session,
        "answer_request",
        recipient=recipient,
        mailbox=canonical_mailbox(recipient),
        locale=locale,
        answer_id=answer_id,
        created_at=at,
        due_at=at,
    )


def enqueue_test_of_update(session: Session, update_id: int, recipient: str, locale: str, at: datetime) -> Queued:
    """Have an update sent to the one who writes it, in the caller's write transaction: it is asked for, so not held."""
    return _insert(
        session,
        "update_test",
        recipient=recipient,
        mailbox=canonical_mailbox(recipient),
        locale=locale,
        update_id=update_id,
        created_at=at,
        due_at=at,
    )


def enqueue_bulk(
    session: Session, update_id: int, addressees: Sequence[Addressee], at: datetime, due: Callable[[int], datetime]
) -> int:
    """Have an update sent to many, in the caller's write transaction; answers how many mailboxes that are.

    The nth of them is due at `due(n)`. One that was told already is passed over; the caller holds the update, so that
    nobody else adds any meanwhile.
    """
    told = session.connection().execute(
        _TOLD, {"update": update_id, "mailboxes": [one.mailbox for one in addressees] or [""]}
    )
    left = {one.mailbox: one for one in reversed(addressees)}
    for mailbox in told.scalars():
        left.pop(mailbox, None)
    rows = [
        {
            "kind": "update",
            "priority": PRIORITIES["update"],
            "message_id": new_message_id(),
            "recipient": one.email,
            "mailbox": one.mailbox,
            "locale": one.locale,
            "signature_id": one.signature_id,
            "update_id": update_id,
            "created_at": at,
            "due_at": due(number),
        }
        for number, one in enumerate(one for one in addressees if left.get(one.mailbox) is one)
    ]
    if rows:
        session.connection().execute(_INSERT, rows)
    return len(rows)


_TOLD = select(OutboxMessage.mailbox).where(
    OutboxMessage.update_id == bindparam("update"),
    OutboxMessage.kind == literal_column("'update'"),
    OutboxMessage.mailbox.in_(bindparam("mailboxes", expanding=True)),
)


def hold(session: Session, update_id: int) -> None:
    """Keep back what waits of a mailing, in the caller's write transaction, until `let_go`."""
    session.execute(_waiting_of(update_id).values(due_at=HELD), execution_options=_UNSYNCHRONIZED)


def let_go(session: Session, update_id: int, at: datetime) -> None:
    """Send what was kept back. Its days in the outbox count from now on."""
    held = _waiting_of(update_id).where(OutboxMessage.due_at == HELD)
    session.execute(held.values(due_at=at, created_at=at), execution_options=_UNSYNCHRONIZED)


def count_days_from(session: Session, update_id: int, at: datetime) -> None:
    """The days in the outbox of what waits of a mailing count from now on: it waited for the key, not for a server."""
    session.execute(_waiting_of(update_id).values(created_at=at), execution_options=_UNSYNCHRONIZED)


def _waiting_of(update_id: int) -> Update:
    return update(OutboxMessage).where(
        OutboxMessage.update_id == update_id,
        OutboxMessage.status == _QUEUED,
        OutboxMessage.kind == literal_column("'update'"),
    )


def is_behind(update_id: int, since: datetime) -> bool:
    """Whether a mail of a mailing that nobody has in hand could have been sent since then."""
    waits = select(OutboxMessage.id).where(
        OutboxMessage.update_id == update_id,
        OutboxMessage.status == _QUEUED,
        OutboxMessage.due_at <= since,
        OutboxMessage.claimed_until.is_(None),
    )
    return db.session.scalar(waits.limit(1)) is not None


def waiting_count(update_id: int) -> int:
    """How many mails of a mailing are in the outbox and not sent yet: as many as its pace lets out in a while."""
    waits = select(func.count()).where(
        OutboxMessage.update_id == update_id,
        OutboxMessage.status == _QUEUED,
        OutboxMessage.kind == literal_column("'update'"),
    )
    return db.session.scalar(waits) or 0


_UNSYNCHRONIZED = {"synchronize_session": False}

# Written out, so that the indexes of some rows only can be chosen whatever the parameters are.
_QUEUED: ColumnElement[str] = literal_column("'queued'")
_FAILED: ColumnElement[str] = literal_column("'failed'")

# Statements of every signature are built once: building one takes longer than SQLite takes to run it.
_INSERT = insert(OutboxMessage.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open


def _recent_of(mailboxes: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            OutboxMessage.id,
            OutboxMessage.mailbox,
            OutboxMessage.kind,
            OutboxMessage.status,
            OutboxMessage.due_at,
            OutboxMessage.claimed_until,
            OutboxMessage.finished_at,
            OutboxMessage.signature_id,
            Signature.petition_id,
        )
        .join(Signature, OutboxMessage.signature_id == Signature.id, isouter=True)
        .where(
            mailboxes,
            OutboxMessage.priority < BULK,  # mass mail counts for nobody's pace
            or_(
                OutboxMessage.status == "queued",
                and_(OutboxMessage.status == "sent", OutboxMessage.finished_at > bindparam("since")),
            ),
        )
    )


_RECENT = _recent_of(OutboxMessage.mailbox == bindparam("mailbox"))
_RECENT_OF_MANY = _recent_of(OutboxMessage.mailbox.in_(bindparam("mailboxes", expanding=True)))


def _insert(session: Session, kind: str, **values: Any) -> Queued:
    row = {"kind": kind, "priority": PRIORITIES[kind], "message_id": new_message_id(), **values}
    inserted = session.connection().execute(_INSERT, row)
    return Queued(new_id(inserted), values["due_at"])


def new_message_id() -> str:
    """A Message-ID that nobody can guess, in the name of the site's host (RFC 5322, 3.6.4)."""
    host = urlsplit(settings().site_url).hostname or "localhost"
    return f"<{secrets.token_hex(16)}@{messages.mail_domain(host)}>"


def _recent(session: Session, mailbox: str, at: datetime) -> Sequence[Any]:
    """The mails that this mailbox was sent in the last day, and those that still wait, however long."""
    return session.connection().execute(_RECENT, {"mailbox": mailbox, "since": at - DAY}).all()


def _is_equal(mail: Any, kind: str, addressee: Addressee, at: datetime) -> bool:
    """Whether a mail says what a new one would, and waits or has just been sent."""
    if mail.kind != kind or mail.signature_id is None:
        return False
    if kind == "personal_links":
        same = mail.petition_id == addressee.petition_id
    else:
        same = mail.signature_id == addressee.signature_id
    return same and (mail.status == "queued" or _moment(mail, at) > at - PAUSE)


def _moment(mail: Any, at: datetime) -> datetime:
    """When a mail was sent, or at the soonest will be."""
    moment: datetime = mail.finished_at or max(mail.due_at, at)
    return moment


def _earliest(moments: Sequence[datetime], at: datetime) -> datetime:
    """The first moment from `at` on that keeps both limits beside mails at these moments."""
    moments, due = sorted(moments), at
    if moments:
        due = max(due, moments[-1] + PAUSE)
    if len(moments) >= MOST_A_DAY:
        due = max(due, moments[-MOST_A_DAY] + DAY)
    return due


def forget(session: Session, signature: Signature) -> None:
    """Delete the mails about a signature that is erased."""
    session.execute(delete(OutboxMessage).where(OutboxMessage.signature_id == signature.id))


@dataclass(frozen=True)
class _Claim:
    """A row that is this worker's. The end of the lease tells whether it still is: another worker's would differ."""

    row: int
    until: datetime
    update_id: int | None
    is_bulk: bool


def send_due(at: datetime, transport: Transport, limit: int = BATCH, stop: Callable[[], bool] = lambda: False) -> int:
    """Claim up to `limit` mails that are due, the most urgent first, and send them. Answers how many were handled.

    Mass mail is claimed where nothing else is due, and goes back as soon as something is: that waits for one mail at
    most. Raises ServerUnavailable where the mail server itself is the trouble: the claimed rows go back, and only one
    that the server broke off at counts as tried.
    """
    claims = _claim(at, limit, _DUE)
    if claims:
        return _send(claims, transport, stop)
    keys = keyring().ids("update")
    return _send(_claim(at, limit, _BULK_DUE, {"keys": keys}), transport, stop, gives_way=True)


def _is_urgent_due() -> bool:
    """Whether a mail waits that somebody waits for."""
    found = db.session.connection().execute(_DUE, {"at": now(), "limit": 1}).first()
    db.session.rollback()
    return found is not None


def _send(claims: Sequence[_Claim], transport: Transport, stop: Callable[[], bool], *, gives_way: bool = False) -> int:
    for handled, claim in enumerate(claims):
        if stop() or (gives_way and handled and _is_urgent_due()):
            _give_back(claims[handled:])
            return handled
        try:
            transport.open()  # before the lease is looked at: it may take longer than sending does
        except ServerUnavailable as failure:
            _give_back(claims[handled:], str(failure))
            raise
        try:
            _send_one(claim, transport)
        except ServerUnavailable:
            _give_back(claims[handled + 1 :])
            raise
    return len(claims)


def _claim(
    at: datetime, limit: int, wanted: Select[*tuple[Any, ...]], asked: Mapping[str, Any] | None = None
) -> list[_Claim]:
    """Make rows this worker's for the time of the lease: of each mailbox one at most, and only what it may have now."""
    due = {"at": at, "limit": limit, **(asked or {})}
    anything = db.session.connection().execute(wanted, {**due, "limit": 1}).first()
    db.session.rollback()
    if anything is None:
        return []  # the usual case, and no reason to take SQLite's write lock
    until = at + LEASE
    with writing() as session:
        mine: dict[str, Any] = {}
        for mail in session.connection().execute(wanted.with_for_update(skip_locked=True, of=OutboxMessage), due):
            mine.setdefault(mail.mailbox, mail)
        sent = _sent_lately(session, [mail.mailbox for mail in mine.values() if _has_pace(mail)], at)
        allowed = [mail for mail in mine.values() if _may_go(session, mail, sent.get(mail.mailbox, []), at)]
        if allowed:
            session.connection().execute(_CLAIM, [{"row": mail.id, "until": until} for mail in allowed])
    return [_Claim(mail.id, until, mail.update_id, mail.priority == BULK) for mail in allowed]


_OTHER = aliased(OutboxMessage)
_ON_ITS_WAY = select(_OTHER.id).where(
    _OTHER.mailbox == OutboxMessage.mailbox,
    _OTHER.status == _QUEUED,
    _OTHER.claimed_until > bindparam("at"),
    _OTHER.priority < BULK,  # mass mail that a worker has in hand holds nothing else up
)


def _due_of(priorities: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            OutboxMessage.id,
            OutboxMessage.kind,
            OutboxMessage.mailbox,
            OutboxMessage.update_id,
            OutboxMessage.priority,
        )
        .where(
            OutboxMessage.status == _QUEUED,
            priorities,
            OutboxMessage.due_at <= bindparam("at"),
            or_(OutboxMessage.claimed_until.is_(None), OutboxMessage.claimed_until <= bindparam("at")),
            ~_ON_ITS_WAY.exists(),
        )
        .order_by(OutboxMessage.priority, OutboxMessage.due_at, OutboxMessage.id)
        .limit(bindparam("limit"))
    )


_DUE = _due_of(OutboxMessage.priority < BULK)
# A sealed address is for a worker that has the key for this mailing.
_BULK_DUE = _due_of(OutboxMessage.priority == BULK).where(
    or_(OutboxMessage.recipient != "", OutboxMessage.update_id.in_(bindparam("keys", expanding=True)))
)
_CLAIM = (
    update(OutboxMessage.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(OutboxMessage.id == bindparam("row"))
    .values(claimed_until=bindparam("until"))
)


_UNPACED = MEMBER_KINDS | {"test", "update_test", "update"}


def _has_pace(mail: Any) -> bool:
    """Whether the limits of a mailbox hold for it: not for what the operator or a member of the team has asked for, and
    not for an update, which a mailbox is sent once."""
    return mail.kind not in _UNPACED and settings().abuse_controls


def _sent_lately(session: Session, mailboxes: Sequence[str], at: datetime) -> dict[str, list[datetime]]:
    """When each of these mailboxes was sent something in the last day."""
    sent: dict[str, list[datetime]] = {}
    if mailboxes:
        for mail in session.connection().execute(_RECENT_OF_MANY, {"mailboxes": mailboxes, "since": at - DAY}):
            if mail.finished_at is not None:
                sent.setdefault(mail.mailbox, []).append(mail.finished_at)
    return sent


def _may_go(session: Session, mail: Any, sent: Sequence[datetime], at: datetime) -> bool:
    """Whether the pace of its mailbox lets a mail go; else it waits. Rows are planned apart, but a worker that was away
    finds several due at once."""
    due = _earliest(sent, at)
    if due > at:
        session.execute(
            update(OutboxMessage).where(OutboxMessage.id == mail.id).values(due_at=due),
            execution_options={"synchronize_session": False},
        )
    return due <= at


def _send_one(claim: _Claim, transport: Transport) -> None:
    """Send what is still this worker's and still wanted, and mark what came of it."""
    if claim.until - now() < LONGEST_SENDING:
        renewed = _renewed(claim)
        if renewed is None:
            return
        claim = renewed
    mail: OutboxMessage | None = db.session.scalar(_CLAIMED, {"row": claim.row})
    if mail is None or mail.status != "queued" or mail.claimed_until != claim.until:
        db.session.rollback()
        return
    if mail.is_stopped:
        _mark(claim, lambda row, _at: row.hold())
        return
    kind, reason = mail.kind, messages.unwanted(mail)
    if reason:
        _mark(claim, lambda row, at: row.dropped(at, reason))
        return
    try:
        if not mail.recipient:
            _open_address(mail)
        message = _rendered(mail)
        db.session.rollback()  # nothing stays open while the server is talked to
        transport.send(message)
    except _NoKey:
        db.session.rollback()
        _give_back([claim])
    except PermanentFailure as failure:
        refusal = str(failure)
        log.warning("mail refused", extra={"fields": {"mail": claim.row, "kind": kind, "reason": refusal}})
        no_mailbox = failure.no_mailbox
        _mark(claim, lambda row, at: _refuse(row, at, refusal, no_mailbox=no_mailbox))
    except TemporaryFailure as failure:
        trouble = str(failure)
        log.warning("mail delayed", extra={"fields": {"mail": claim.row, "kind": kind, "reason": trouble}})
        _mark(claim, lambda row, at: row.delayed(at, trouble))
        if isinstance(failure, ServerUnavailable):
            raise
    else:
        _mark_sent(claim)
        log.info("mail sent", extra={"fields": {"mail": claim.row, "kind": kind}})


class _NoKey(Exception):
    """The key for the mailing was taken from this worker: the mail waits for one that has it."""


def _open_address(mail: OutboxMessage) -> None:
    """Have the recipient of an update in hand, and not in the database. Raises _NoKey, PermanentFailure."""
    key = keyring().key_for(("update", mail.update_id)) if mail.update_id is not None else None
    signature = mail.signature
    address = signature.email if signature is not None else None
    if address is None:
        if key is None:
            raise _NoKey
        try:
            address = boxes.opened_address((signature.sealed_email if signature else None) or "", key)
        except boxes.CannotOpen:
            raise PermanentFailure("The address cannot be opened.") from None
    set_committed_value(mail, "recipient", address)  # it counts as unchanged, so that nothing writes it


# Everything that a mail is made of, in one question.
_CLAIMED = (
    select(OutboxMessage)
    .where(OutboxMessage.id == bindparam("row"))
    .options(joinedload(OutboxMessage.signature).options(joinedload(Signature.petition), joinedload(Signature.text)))
    .execution_options(populate_existing=True)
)
_SENT = (
    update(OutboxMessage.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(OutboxMessage.id == bindparam("row"), OutboxMessage.status == "queued")
    .values(status="sent", finished_at=bindparam("at"), claimed_until=None, last_error="", recipient=RECIPIENT_LEFT)
)


def _mark_sent(claim: _Claim) -> None:
    """It was sent: that is true even where another worker has the row by now."""
    with writing() as session:
        _hold_updates(session, [claim])
        marked = session.connection().execute(_SENT, {"row": claim.row, "at": now()})
        if claim.is_bulk and marked.rowcount:
            count_sent(session, claim.update_id)


def _hold_updates(session: Session, claims: Sequence[_Claim]) -> None:
    """Take the rows that count, before those that are counted: whoever stops a mailing does so in the same order."""
    for update_id in sorted({claim.update_id for claim in claims if claim.update_id is not None}):
        session.execute(select(UpdateRow.id).where(UpdateRow.id == update_id).with_for_update())


def _refuse(mail: OutboxMessage, at: datetime, reason: str, *, no_mailbox: bool) -> None:
    """It will never be taken. Where there is no such mailbox, it gets no more news of the petition."""
    session = object_session(mail)
    if no_mailbox and mail.is_bulk and mail.signature is not None and session is not None:
        for consent in news_consents(session, mail.signature.petition_id, mail.mailbox):
            consent.undeliverable_at = at
    mail.refused(at, reason)


def _rendered(mail: OutboxMessage) -> EmailMessage:
    """The mail; one that cannot be made must not keep the others from being sent. The error's text may hold names."""
    try:
        return messages.render(mail)
    except Exception as error:
        raise TemporaryFailure(f"The mail could not be made: {type(error).__name__}.") from error


def _renewed(claim: _Claim) -> _Claim | None:
    """The claim with its lease made new; None where it is another's by now."""
    until = now() + LEASE
    with writing() as session:
        mail = session.get(OutboxMessage, claim.row, with_for_update=True, populate_existing=True)
        if mail is None or mail.status != "queued" or mail.claimed_until != claim.until:
            return None
        mail.claimed_until = until
    return replace(claim, until=until)


def _mark(claim: _Claim, verb: Callable[[OutboxMessage, datetime], None]) -> None:
    """Write what came of it, if the row is still this worker's."""
    with writing() as session:
        _hold_updates(session, [claim])
        mail = session.get(OutboxMessage, claim.row, with_for_update=True, populate_existing=True)
        if mail is not None and mail.status == "queued" and mail.claimed_until == claim.until:
            verb(mail, now())


def _give_back(claims: Sequence[_Claim], reason: str = "") -> None:
    """End the leases: nothing of these was tried. With a reason, it is noted, and what is too old is given up."""
    if not claims:
        return
    with writing() as session:
        _hold_updates(session, claims)
        mine = update(OutboxMessage).where(
            OutboxMessage.id.in_([claim.row for claim in claims]),
            OutboxMessage.status == "queued",
            OutboxMessage.claimed_until == claims[0].until,
        )
        if reason:
            at = now()
            too_old = mine.where(OutboxMessage.created_at <= at - KEPT_FOR)
            given_up = too_old.values(
                status="failed", finished_at=at, claimed_until=None, last_error=reason, recipient=RECIPIENT_LEFT
            )
            of_updates = session.execute(given_up.returning(OutboxMessage.update_id), execution_options=_UNSYNCHRONIZED)
            count_bounced(session, list(of_updates.scalars()))
            mine = mine.values(last_error=reason)
        session.execute(mine.values(claimed_until=None), execution_options=_UNSYNCHRONIZED)


def oldest_due(at: datetime) -> datetime | None:
    """Since when the mail that has waited longest could have been sent; None where none waits."""
    waiting = select(func.min(OutboxMessage.due_at)).where(OutboxMessage.status == _QUEUED, OutboxMessage.due_at <= at)
    found: datetime | None = db.session.scalar(waiting)
    return found


def failures() -> Sequence[OutboxMessage]:
    """The mails that were given up, the last one first; at most a hundred."""
    found = select(OutboxMessage).where(OutboxMessage.status == _FAILED).order_by(OutboxMessage.id.desc())
    return db.session.scalars(found.limit(100)).all()


def failed_count() -> int:
    """How many mails were given up and are still recorded."""
    return db.session.scalar(select(func.count()).where(OutboxMessage.status == _FAILED)) or 0
