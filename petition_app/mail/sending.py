"""The worker's part: what is due is claimed, made, handed to the mail server outside any transaction, and marked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy.orm.attributes import set_committed_value

from petition_app.extensions import db
from petition_app.mail import messages
from petition_app.mail.claims import Claim, claim_bulk, claim_urgent, give_back, is_urgent_due, renew
from petition_app.mail.marks import Unmarked, mark, refuse
from petition_app.mail.reading import Reader
from petition_app.mail.transport import PermanentFailure, ServerUnavailable, TemporaryFailure, Transport
from petition_app.models import OutboxMessage
from petition_app.models.base import now
from petition_app.sealing import boxes
from petition_app.sealing.keyring import keyring

log = logging.getLogger(__name__)

BATCH = 50
# A mail takes four answers of the server at most, each waited for up to 20 seconds (transport.py).
LONGEST_TEXT = timedelta(seconds=80)
LONGEST_SENDING = LONGEST_TEXT + timedelta(seconds=10)


def send_due(at: datetime, transport: Transport, limit: int = BATCH, stop: Callable[[], bool] = lambda: False) -> int:
    """Claim up to `limit` mails that are due, the most urgent first, and send them. Answers how many were handled.

    Mass mail is claimed where nothing else is due, and goes back as soon as something is: that waits for one mail at
    most. Raises ServerUnavailable where the mail server itself is the trouble: the claimed rows go back, and only one
    that the server broke off at counts as tried.
    """
    claims = claim_urgent(at, limit)
    if claims:
        return _send(claims, transport, stop)
    return _send(claim_bulk(at, limit), transport, stop, gives_way=True)


def _send(claims: Sequence[Claim], transport: Transport, stop: Callable[[], bool], *, gives_way: bool = False) -> int:
    reader, unmarked = Reader(claims), Unmarked()
    try:
        for handled, claim in enumerate(claims):
            if stop() or (gives_way and handled and is_urgent_due()):
                give_back(claims[handled:])
                return handled
            try:
                transport.open()  # before the lease is looked at: it may take longer than sending does
            except ServerUnavailable as failure:
                give_back(claims[handled:], str(failure))
                raise
            try:
                _send_one(claim, transport, reader, unmarked)
            except ServerUnavailable:
                give_back(claims[handled + 1 :])
                raise
        return len(claims)
    finally:
        unmarked.write()
        reader.close()


def _send_one(claim: Claim, transport: Transport, reader: Reader, unmarked: Unmarked) -> None:
    """Send what is still this worker's and still wanted. That it was sent is left unmarked; all else is marked."""

    def before_text() -> None:
        unmarked.write()
        if claim.until - now() < LONGEST_TEXT:
            raise _TooLate

    def settle(verb: Callable[[OutboxMessage, datetime], None]) -> None:
        reader.rest()
        unmarked.write()
        mark(claim, verb)

    if claim.until - now() < LONGEST_SENDING:
        renewed = renew(claim)
        if renewed is None:
            return
        claim = renewed
        reader.forget()
    mail = reader.mail(claim)
    if mail is None:
        reader.rest()
        return
    if reader.is_stopped(mail):
        settle(lambda row, _at: row.hold())
        return
    kind, reason = mail.kind, messages.unwanted(mail)
    if reason:
        settle(lambda row, at: row.dropped(at, reason))
        return
    try:
        if not mail.recipient:
            _open_address(mail)
        message = _rendered(mail)
        reader.rest()
        db.session.rollback()  # nothing stays open while the server is talked to
        transport.send(message, before_text)
    except (_NoKey, _TooLate):
        reader.rest()
        db.session.rollback()
        give_back([claim])
    except PermanentFailure as failure:
        refusal = str(failure)
        log.warning("mail refused", extra={"fields": {"mail": claim.row, "kind": kind, "reason": refusal}})
        no_mailbox = failure.no_mailbox
        settle(lambda row, at: refuse(row, at, refusal, no_mailbox=no_mailbox))
    except TemporaryFailure as failure:
        trouble = str(failure)
        log.warning("mail delayed", extra={"fields": {"mail": claim.row, "kind": kind, "reason": trouble}})
        settle(lambda row, at: row.delayed(at, trouble))
        if isinstance(failure, ServerUnavailable):
            raise
    else:
        unmarked.add(claim, kind)


class _TooLate(Exception):
    """The mail before took so long to mark that this one's lease might run out while it is sent."""


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


def _rendered(mail: OutboxMessage) -> EmailMessage:
    """The mail; one that cannot be made must not keep the others from being sent. The error's text may hold names."""
    try:
        return messages.render(mail)
    except Exception as error:
        raise TemporaryFailure(f"The mail could not be made: {type(error).__name__}.") from error
