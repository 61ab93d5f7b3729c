"""What came of a mail is written into its row, in a transaction of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm import object_session

from petition_app.mail.claims import Claim, hold_updates
from petition_app.models import OutboxMessage
from petition_app.models.base import now
from petition_app.models.news_consents import news_consents
from petition_app.models.outbox_message import RECIPIENT_LEFT, count_sent
from petition_app.transactions import StorageUnavailable, writing

log = logging.getLogger(__name__)

# One that waits has no end yet. Asked for by its status, PostgreSQL would look through all that wait in a new table.
_SENT = (
    update(OutboxMessage.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(OutboxMessage.id == bindparam("row"), OutboxMessage.finished_at.is_(None))
    .values(status="sent", finished_at=bindparam("at"), claimed_until=None, last_error="", recipient=RECIPIENT_LEFT)
)


class Unmarked:
    """The mail that the server has just taken, and whose row does not say so yet: one at most.

    A worker that is killed now leaves it to be sent again. So the server is given nothing of the next mail's text
    before this one's mark is durable: a crash has one mail sent twice at most. In between there is work to be done for
    the next mail, and the server has its envelope to look at.
    """

    def __init__(self) -> None:
        self._claim: Claim | None = None
        self._kind = ""

    def add(self, claim: Claim, kind: str) -> None:
        """The server has said that it has this mail; the one before is marked."""
        self._claim, self._kind = claim, kind

    def write(self) -> None:
        """Mark it, if there is one.

        Raises StorageUnavailable; then it is still to be marked, and is sent again where its lease runs out before.
        """
        if self._claim is None:
            return
        claim, self._claim = self._claim, None
        try:
            _mark_sent(claim)
        except StorageUnavailable:
            self._claim = claim
            raise
        log.info("mail sent", extra={"fields": {"mail": claim.row, "kind": self._kind}})


def _mark_sent(claim: Claim) -> None:
    """It was sent: that is true even where another worker has the row by now."""
    with writing() as session:
        hold_updates(session, [claim])
        marked = session.connection().execute(_SENT, {"row": claim.row, "at": now()})
        if claim.is_bulk and marked.rowcount:
            count_sent(session, claim.update_id)


def mark(claim: Claim, verb: Callable[[OutboxMessage, datetime], None]) -> None:
    """Write what came of it, if the row is still this worker's."""
    with writing() as session:
        hold_updates(session, [claim])
        mail = session.get(OutboxMessage, claim.row, with_for_update=True, populate_existing=True)
        if mail is not None and mail.status == "queued" and mail.claimed_until == claim.until:
            verb(mail, now())


def refuse(mail: OutboxMessage, at: datetime, reason: str, *, no_mailbox: bool) -> None:
    """It will never be taken. Where there is no such mailbox, it gets no more news of the petition."""
    session = object_session(mail)
    if no_mailbox and mail.is_bulk and mail.signature is not None and session is not None:
        for consent in news_consents(session, mail.signature.petition_id, mail.mailbox):
            consent.undeliverable_at = at
    mail.refused(at, reason)
