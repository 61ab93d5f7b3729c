"""How an entry is written down: by the same statements, whether it is new or in the place of one that waits."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, func, insert, select, update

from petition_app.antiabuse.holding_back import Checked
from petition_app.models import Comment, Consent, Signature, SignatureAnswer
from petition_app.models.signature import new_key
from petition_app.privacy import consent
from petition_app.ready_made import ReadyMade
from petition_app.signing.forms import Answer


@dataclass(frozen=True)
class Record:
    """A signature as it is to stand in the tables, with all that hangs on it."""

    columns: Mapping[str, Any]
    consents: Mapping[str, str]
    answers: Sequence[Answer]
    comment: str
    checked: Checked | None
    is_reviewed_first: bool
    # Whether the form has ever asked for more than every form does: else there is no answer to look for.
    ever_asked_more: bool
    at: datetime

    def write(self, connection: Connection, waiting: Any) -> int | None:
        """Write it in the caller's transaction, in the place of the `waiting` row if there is one; the new row's id.

        What was typed last is what is meant: nobody can plant words or consents for somebody else to confirm. None,
        and nothing is written, where the row is not any more what it was when it was read: another node has confirmed
        it, held it, erased it, or written it anew. On SQLite nobody else writes meanwhile.
        """
        if connection.dialect.name == "postgresql":
            signature_id = self._write_at_once(connection, waiting)
        else:
            signature_id = self._write_in_turn(connection, waiting)
        if signature_id is None:
            return None
        if self.checked is not None:
            self._write_comment(connection, signature_id, self.checked)
        if answers := [answer for answer in self.answers if answer.value]:
            self._write_answers(connection, signature_id, answers)
        return signature_id

    def _write_in_turn(self, connection: Connection, waiting: Any) -> int:
        """Where there is nothing to delete, it is looked for all the same: that takes as long."""
        if waiting is None:
            signature_id = _inserting(tuple(self.columns)).insert(connection, self.columns)
        else:
            signature_id = int(waiting.id)
            connection.execute(_UPDATE, {**_without_place(self.columns), "waiting": signature_id})
        for model in self._replaced:
            _DELETE[model].execute(connection, {"waiting": signature_id})
        consent.record(connection, signature_id, self.consents, self.at)
        return signature_id

    def _write_at_once(self, connection: Connection, waiting: Any) -> int | None:
        """The signature and the consents in one question: each costs a way to the server and back."""
        row = {f"new_{name}": value for name, value in self.columns.items()}
        if waiting is None:
            row["new_key"] = new_key()
        else:
            row |= {"waiting": waiting.id, "entered_at": waiting.created_at}
        row |= consent.parameters(self.consents, self.at)
        written: Any = _at_once(waiting is None, self._replaced).execute(connection, row).first()
        if written is None:
            return None
        signature_id, recorded = written
        if recorded != len(self.consents):
            consent.record_rest(connection, signature_id, self.consents, self.at)
        return int(signature_id)

    @property
    def _replaced(self) -> tuple[Any, ...]:
        return (Comment, Consent, SignatureAnswer) if self.ever_asked_more else (Comment, Consent)

    def _write_comment(self, connection: Connection, signature_id: int, checked: Checked) -> None:
        """What the checks have found makes it wait for a look, and stands beside it in the queue."""
        row = {
            "petition_id": self.columns["petition_id"],
            "signature_id": signature_id,
            "text": self.comment,
            "created_at": self.at,
            "needs_review": self.is_reviewed_first or bool(checked.findings),
            "held_for": checked.held_for,
            "fingerprint": checked.fingerprint,
        }
        connection.execute(_INSERT_COMMENT, row)

    def _write_answers(self, connection: Connection, signature_id: int, answers: Sequence[Answer]) -> None:
        rows = [
            {
                "signature_id": signature_id,
                "field_id": answer.field_id,
                "wording_id": answer.wording_id,
                "value": answer.value,
                "given_at": self.at,
            }
            for answer in answers
        ]
        connection.execute(_INSERT_ANSWERS, rows)


# Where a signature belongs, which does not change when it is entered anew.
_PLACE = ("petition_id", "mailbox")


def _without_place(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name not in _PLACE}


# Built once: it takes longer to build a statement than the database takes to run it.
_TABLE: Any = Signature.__table__
_INSERT, _UPDATE = insert(_TABLE), update(_TABLE).where(_TABLE.c.id == bindparam("waiting"))
_INSERT_COMMENT = insert(Comment.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
_INSERT_ANSWERS = insert(SignatureAnswer.__table__)  # type: ignore[arg-type]  # the same
_DELETE: dict[Any, ReadyMade] = {
    model: ReadyMade(delete(model).where(model.signature_id == bindparam("waiting")))
    for model in (Comment, Consent, SignatureAnswer)
}
# What is entered anew has another moment: what hangs on it is then another, too, and could not be seen any more.
_STILL_WAITS = (
    _TABLE.c.id == bindparam("waiting"),
    _TABLE.c.status == "pending",
    _TABLE.c.held_at.is_(None),
    _TABLE.c.created_at == bindparam("entered_at"),
)
# What every entry writes into the signature.
ENTERED = (
    "text_id",
    "locale",
    "created_at",
    "signs",
    "given_name",
    "surname",
    "name_key",
    "email",
    "sealed_email",
    "mail_domain",
    "postal_code",
    "country",
    "name_display",
    "network",
    "domain_mark",
)


@functools.cache
def _inserting(columns: tuple[str, ...]) -> ReadyMade:
    return ReadyMade(_INSERT, columns)


@functools.cache
def _at_once(is_new: bool, replaced: tuple[Any, ...]) -> ReadyMade:
    """PostgreSQL's statement for all of it; answers with the signature's id, and how many consents were recorded."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=_TABLE.c[name].type) for name in ENTERED}
    if is_new:
        of_new = {name: bindparam(f"new_{name}", type_=_TABLE.c[name].type) for name in ("key", *_PLACE)}
        empty = {"status": "pending", "invalidated_reason": "", "held_for": ""}
        written: Any = insert(_TABLE).values({**values, **of_new, **empty}).returning(_TABLE.c.id)
    else:
        written = update(_TABLE).where(*_STILL_WAITS).values(values).returning(_TABLE.c.id)
    signed = written.cte("signed")
    named = select(signed.c.id).scalar_subquery()
    agreed = consent.recording(named).returning(Consent.id).cte("agreed")
    recorded: ColumnElement[int] = select(func.count()).select_from(agreed).scalar_subquery()
    found: Select[Any] = select(signed.c.id, recorded)
    if not is_new:
        for model in replaced:
            replacing = delete(model).where(model.signature_id == named)
            found = found.add_cte(replacing.cte(f"replaced_{model.__tablename__}"))
    return ReadyMade(found)
