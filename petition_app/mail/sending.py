"""The worker's part: what is due is claimed, made, handed to the mail server outside any transaction, and marked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from petition_app.mail.claims import Claim, claim_bulk, claim_urgent, give_back, is_urgent_due, renew
from petition_app.mail.making import Made, Maker, NoKey
from petition_app.mail.marks import Unmarked, mark, refuse
from petition_app.mail.transport import PermanentFailure, ServerUnavailable, TemporaryFailure, Transport
from petition_app.models import OutboxMessage
from petition_app.models.base import now

log = logging.getLogger(__name__)

BATCH = 50
# A mail takes four answers of the server at most, each waited for up to 20 seconds (transport.py).
LONGEST_TALK = timedelta(seconds=80)
LONGEST_SENDING = LONGEST_TALK + timedelta(seconds=10)


def send_due(
    at: datetime,
    transport: Transport,
    limit: int = BATCH,
    stop: Callable[[], bool] = lambda: False,
    unmarked: Unmarked | None = None,
) -> int:
    """Claim up to `limit` mails that are due, the most urgent first, and send them. Answers how many were handled.

    Mass mail is claimed where nothing else is due, and goes back as soon as something is: that waits for one mail at
    most. Raises ServerUnavailable where the mail server itself is the trouble: the claimed rows go back, and only one
    that the server broke off at counts as tried. A mail that was sent while the database was away is marked first the
    next time, where that comes with the same `unmarked`.
    """
    unmarked = unmarked or Unmarked()
    unmarked.write()
    claims = claim_urgent(at, limit)
    if claims:
        return _send(claims, transport, stop, unmarked)
    return _send(claim_bulk(at, limit), transport, stop, unmarked, gives_way=True)


def _send(
    claims: Sequence[Claim],
    transport: Transport,
    stop: Callable[[], bool],
    unmarked: Unmarked,
    *,
    gives_way: bool = False,
) -> int:
    batch = _Batch(transport, Maker(claims), unmarked)
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
                batch.send(claim, following=claims[handled + 1 : handled + 2])
            except ServerUnavailable:
                give_back(claims[handled + 1 :])
                raise
        return len(claims)
    finally:
        batch.end()


@dataclass(frozen=True)
class _Batch:
    """Mails on their way, one after the other. While the server looks at one's envelope, the one before is marked;
    while it takes its text, the next one is made."""

    transport: Transport
    maker: Maker
    unmarked: Unmarked

    def send(self, claim: Claim, following: Sequence[Claim]) -> None:
        """Send what is still this worker's and still wanted. That it was sent is left unmarked; all else is marked."""
        mine = renew(claim) if _runs_out(claim, LONGEST_SENDING) else claim
        made = self.maker.made(mine) if mine is not None else None
        if made is None:
            return
        if made.verb is not None:
            self._settle(made, made.verb)
            return
        try:
            self._hand_over(made, following)
        except (NoKey, _TooLate):
            give_back([made.claim])
        except PermanentFailure as failure:
            refusal, no_mailbox = str(failure), failure.no_mailbox
            log.warning("mail refused", extra=_fields(made, refusal))
            self._settle(made, lambda row, at: refuse(row, at, refusal, no_mailbox=no_mailbox))
        except TemporaryFailure as failure:
            trouble = str(failure)
            log.warning("mail delayed", extra=_fields(made, trouble))
            self._settle(made, lambda row, at: row.delayed(at, trouble))
            if isinstance(failure, ServerUnavailable):
                raise
        else:
            self.unmarked.add(made.claim, made.kind)
            if _runs_out(made.claim, LONGEST_SENDING):  # before the next one's envelope it may be another worker's
                self.unmarked.write()

    def end(self) -> None:
        try:
            self.unmarked.write()
        finally:
            self.maker.close()

    def _hand_over(self, made: Made, following: Sequence[Claim]) -> None:
        def before_text() -> None:
            self.unmarked.write()
            if _runs_out(made.claim, LONGEST_TALK) or not self.maker.is_to_be_sent(made):
                raise _TooLate

        def after_text() -> None:
            for claim in following:
                self.maker.make_ahead(claim)

        if made.message is None:
            raise made.failure or _TooLate
        self.transport.send(made.message, before_text, after_text)

    def _settle(self, made: Made, verb: Callable[[OutboxMessage, datetime], None]) -> None:
        self.unmarked.write()
        mark(made.claim, verb)


class _TooLate(Exception):
    """The mail before took so long to mark that this one is not wanted any more, or that its lease might run out while
    it is sent."""


def _runs_out(claim: Claim, within: timedelta) -> bool:
    return claim.until - now() < within


def _fields(made: Made, reason: str) -> dict[str, object]:
    return {"fields": {"mail": made.claim.row, "kind": made.kind, "reason": reason}}
