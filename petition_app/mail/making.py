"""A claimed mail is read, looked at and made: there is a message to hand over, or a reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.attributes import set_committed_value

from petition_app.extensions import db
from petition_app.mail import messages
from petition_app.mail.claims import Claim
from petition_app.mail.reading import FRESH_FOR, Reader
from petition_app.mail.transport import PermanentFailure, TemporaryFailure
from petition_app.models import OutboxMessage
from petition_app.models.base import now
from petition_app.sealing import boxes
from petition_app.sealing.keyring import keyring
from petition_app.transactions import StorageUnavailable


class NoKey(Exception):
    """The key for the mailing was taken from this worker: the mail waits for one that has it."""


@dataclass(frozen=True)
class Made:
    """What a claimed mail has come to: one of the last three is there."""

    claim: Claim
    kind: str
    at: datetime
    message: EmailMessage | None = None
    # What is written into its row in place of sending it.
    verb: Callable[[OutboxMessage, datetime], None] | None = None
    failure: NoKey | PermanentFailure | TemporaryFailure | None = None


class Maker:
    """Makes the mails of a batch in turn; one ahead, while the server takes the one before."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self._reader = Reader(claims)
        self._ahead: Made | None = None

    def made(self, claim: Claim) -> Made | None:
        """What this mail has come to; None where it is not this worker's any more. Nothing is left open."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.claim == claim and _is_fresh(ahead) and not self._is_stopped(claim):
            return ahead
        return self._make(claim)

    def is_to_be_sent(self, made: Made) -> bool:
        """Whether what was made is still to be sent. What was made long ago is looked at again."""
        if _is_fresh(made):
            return True
        again = self._make(made.claim)
        return again is not None and again.message is not None

    def make_ahead(self, claim: Claim) -> None:
        """Have it made when its turn comes. Whatever goes wrong now comes again then, and is told then."""
        try:
            self._ahead = self._make(claim)
        except Exception:  # the mail that the server has in hand must not suffer from it
            self._ahead = None

    def close(self) -> None:
        self._reader.close()

    def _is_stopped(self, claim: Claim) -> bool:
        try:
            return self._reader.is_stopped(claim)
        finally:
            self._reader.rest()

    def _make(self, claim: Claim) -> Made | None:
        try:
            mail = self._reader.mail(claim)
            if mail is None:
                return None
            at = self._reader.read_at
            if self._reader.is_stopped(claim):
                return Made(claim, mail.kind, at, verb=lambda row, _at: row.hold())
            try:
                if reason := _unwanted(mail):
                    return Made(claim, mail.kind, at, verb=lambda row, at: row.dropped(at, reason))
                return Made(claim, mail.kind, at, message=_message(mail))
            except (NoKey, PermanentFailure, TemporaryFailure) as failure:
                return Made(claim, mail.kind, at, failure=failure)
        finally:
            self._reader.rest()
            db.session.rollback()


def _is_fresh(made: Made) -> bool:
    """A clock that was set back makes nothing fresh."""
    return timedelta() <= now() - made.at < FRESH_FOR


def _unwanted(mail: OutboxMessage) -> str:
    """Raises TemporaryFailure, and what the database raises."""
    try:
        return messages.unwanted(mail)
    except (SQLAlchemyError, StorageUnavailable):
        raise
    except Exception as error:
        # What it is about may have gone since it was read. The worker goes on, and looks again later.
        raise TemporaryFailure(f"The mail could not be looked at: {type(error).__name__}.") from error


def _message(mail: OutboxMessage) -> EmailMessage:
    """Raises NoKey, PermanentFailure, TemporaryFailure."""
    if not mail.recipient:
        _open_address(mail)
    try:
        return messages.render(mail)
    except Exception as error:
        # One that cannot be made must not keep the others from being sent. The error's text may hold names.
        raise TemporaryFailure(f"The mail could not be made: {type(error).__name__}.") from error


def _open_address(mail: OutboxMessage) -> None:
    """Have the recipient of an update in hand, and not in the database."""
    key = keyring().key_for(("update", mail.update_id)) if mail.update_id is not None else None
    signature = mail.signature
    address = signature.email if signature is not None else None
    if address is None:
        if key is None:
            raise NoKey
        try:
            address = boxes.opened_address((signature.sealed_email if signature else None) or "", key)
        except boxes.CannotOpen:
            raise PermanentFailure("The address cannot be opened.") from None
    set_committed_value(mail, "recipient", address)  # it counts as unchanged, so that nothing writes it
