"""Claimed mails are read with all that they are made of, some of them in one question."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, joinedload

from petition_app.extensions import db
from petition_app.mail.claims import Claim
from petition_app.models import OutboxMessage, Signature, Update
from petition_app.models.base import now

AT_ONCE = 25
# What was read is good for so long. Meanwhile a signature may be confirmed or erased, as it may while the mail server
# answers; whether a mailing was stopped is asked for each mail.
FRESH_FOR = timedelta(seconds=1)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


class Reader:
    """Reads the mails of a batch, each before it is sent, in a session of its own: what is written in between takes
    nothing of it away."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self._rows = [claim.row for claim in claims]
        self._wanted = _CLAIMED_BULK if any(claim.is_bulk for claim in claims) else _CLAIMED
        self._session: Session = db.session.session_factory()
        self._mails: dict[int, OutboxMessage] = {}
        self.read_at = _NEVER

    def mail(self, claim: Claim) -> OutboxMessage | None:
        """The mail as it is in the database, if it is still this worker's; `rest` ends what this begins."""
        mail = self._mails.pop(claim.row, None) if self._is_fresh else None
        if mail is None or mail.claimed_until != claim.until:  # that was made new since
            self._read(claim.row)
            mail = self._mails.pop(claim.row, None)
        if mail is None or mail.status != "queued" or mail.claimed_until != claim.until:
            return None
        return mail

    def is_stopped(self, claim: Claim) -> bool:
        """Whether the mailing that it belongs to is stopped by now."""
        if not claim.is_bulk or claim.update_id is None:
            return False
        return self._session.connection().execute(_STATE, {"update": claim.update_id}).scalar() == "stopped"

    def rest(self) -> None:
        """Keep nothing open while the server is talked to."""
        if not self._session.in_transaction():
            return
        try:
            self._session.commit()  # nothing is written; unlike a rollback, it forgets nothing of what was read
        except SQLAlchemyError:  # the connection broke: the next question goes over another one
            self._mails.clear()
            self._session.close()

    def close(self) -> None:
        self._session.close()

    @property
    def _is_fresh(self) -> bool:
        """A clock that was set back makes nothing fresh."""
        return timedelta() <= now() - self.read_at < FRESH_FOR

    def _read(self, first: int) -> None:
        """This one and some that come after it in the batch."""
        self._session.expunge_all()
        begin = self._rows.index(first)
        self.read_at = now()
        found = self._session.scalars(self._wanted, {"rows": self._rows[begin : begin + AT_ONCE]})
        self._mails = {mail.id: mail for mail in found}


_STATE = select(Update.state).where(Update.id == bindparam("update"))
_CLAIMED = (
    select(OutboxMessage)
    .where(OutboxMessage.id.in_(bindparam("rows", expanding=True)))
    .options(joinedload(OutboxMessage.signature).options(joinedload(Signature.petition), joinedload(Signature.text)))
)
# Whether news are still wanted is for the consents to say.
_CLAIMED_BULK = _CLAIMED.options(joinedload(OutboxMessage.signature).selectinload(Signature.consents))
