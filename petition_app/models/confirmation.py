"""What becomes of a signature that its signer confirms: it counts, or it is held until somebody has looked at it.

Each is decided first and written then, by one statement, in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, Update, bindparam, func, select, update
from sqlalchemy.orm import aliased

from petition_app.models.comment import PUBLISH, QUEUE
from petition_app.models.counter import COUNT, change_and_count
from petition_app.models.signature import Signature


@dataclass(frozen=True)
class Confirmation:
    """What makes one signature count. Everything is decided before it is written, so that its lock is a short one."""

    signature_id: int
    petition_id: int
    entered_at: datetime
    at: datetime
    day: date
    seat: int
    comment_id: int | None
    is_reviewed_first: bool
    sealed: Mapping[str, Any] | None = None

    @classmethod
    def of(
        cls, signature: Signature, at: datetime, seat: int, zone: tzinfo, sealed: Mapping[str, Any] | None = None
    ) -> Confirmation:
        """All that confirming it takes, as of how it stands here: to be written in a transaction of its own.

        `sealed` are the columns that its address becomes, where the site seals.
        """
        comment = signature.comment
        return cls(
            signature_id=signature.id,
            petition_id=signature.petition_id,
            entered_at=signature.created_at,
            at=at,
            day=at.astimezone(zone).date(),
            seat=seat,
            comment_id=comment.id if comment is not None else None,
            is_reviewed_first=comment is not None and comment.needs_review,
            sealed=sealed,
        )

    def write_as_first(self, connection: Connection) -> bool:
        """The same as long as no other signature of its mailbox counts, so that nobody has to look for one before."""
        return self._write(connection, _CONFIRM_FIRST if self.sealed is None else _CONFIRM_FIRST_SEALED)

    def write(self, connection: Connection) -> bool:
        """Write it in the caller's transaction; False, and nothing is written, where the signature has changed.

        What a signer enters anew has another moment, so that nothing else is confirmed than what was looked at. Raises
        IntegrityError where the seat, or the name in this mailbox, was taken in the meantime.
        """
        return self._write(connection, _CONFIRM if self.sealed is None else _CONFIRM_SEALED)

    def _write(self, connection: Connection, statement: Update) -> bool:
        row = {"signature": self.signature_id, "petition": self.petition_id, "entered_at": self.entered_at}
        row |= {"at": self.at, "new_seat": self.seat, **(self.sealed or {})}
        if not change_and_count(connection, statement, row, self.petition_id, self.day):
            return False
        if self.comment_id is not None:
            appears = QUEUE if self.is_reviewed_first else PUBLISH
            connection.execute(appears, {"comment": self.comment_id, "at": self.at})
        return True


@dataclass(frozen=True)
class Holding:
    """What keeps a signature that its signer has confirmed from counting, until somebody has looked at it."""

    signature_id: int
    entered_at: datetime
    at: datetime
    reason: str

    def write(self, connection: Connection) -> bool:
        """Write it in the caller's transaction; False, and nothing is written, where the signature has changed."""
        row = {"signature": self.signature_id, "entered_at": self.entered_at, "at": self.at, "reason": self.reason}
        return connection.execute(_HOLD, row).rowcount == 1


_HOLD = (
    update(Signature.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(
        Signature.id == bindparam("signature"),
        Signature.status == "pending",
        Signature.created_at == bindparam("entered_at"),
        Signature.held_at.is_(None),
    )
    .values(held_at=bindparam("at"), held_for=bindparam("reason"))
)
_CONFIRM = (
    update(Signature.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(
        Signature.id == bindparam("signature"),
        Signature.status == "pending",
        Signature.created_at == bindparam("entered_at"),
    )
    .values(
        status="confirmed",
        confirmed_at=bindparam("at"),
        seat=bindparam("new_seat"),
        number=1 + func.coalesce(COUNT.scalar_subquery(), 0),
    )
)
_OTHER = aliased(Signature)
# Asked for the first seat and not whether there is one: PostgreSQL, which knows nothing of a new table, would compare
# the mailbox with all that count.
_CONFIRM_FIRST = _CONFIRM.where(
    select(_OTHER.seat)
    .where(
        _OTHER.petition_id == bindparam("petition"),
        _OTHER.mailbox == Signature.mailbox,
        _OTHER.seat.is_not(None),
    )
    .correlate(Signature.__table__)
    .order_by(_OTHER.seat)
    .limit(1)
    .scalar_subquery()
    .is_(None)
)
_SEALED: dict[str, Any] = {name: bindparam(name) for name in ("email", "sealed_email", "mail_domain")}
_CONFIRM_SEALED, _CONFIRM_FIRST_SEALED = _CONFIRM.values(_SEALED), _CONFIRM_FIRST.values(_SEALED)
