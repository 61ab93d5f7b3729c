"""Whether an address has signed cannot be told from what it takes to sign with it: not from a statement, nor a row.

No clock is read here. What is counted is what takes time: statements, rows, and waits for the disk.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event, select

from petition_app.antiabuse import suspicion
from petition_app.extensions import db
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.models.confirmation import Holding
from petition_app.signing import confirming, lifecycle
from petition_app.site import effective
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.sealing.conftest import convert, quick_locks, seal
from tests.story import sign
from tests.visitor import Visitor

__all__ = ["quick_locks", "seal"]

ENTRY: dict[str, Any] = {"given_name": "Nina", "surname": "Exemple", "comment": ""}


@dataclass
class Work:
    """What the database is asked to do, by every transaction since it was last cleared."""

    statements: Counter[str] = field(default_factory=Counter)
    commits: int = 0
    written: int = 0  # rows inserted or changed, those that were undone included
    deleted: int = 0
    _begun: tuple[int, int] = (0, 0)

    def clear(self) -> None:
        self.statements, self.commits, self.written, self.deleted = Counter(), 0, 0, 0

    def statement(self, _connection: Any, cursor: Any, text: str, *_rest: Any) -> None:
        self.statements[_kind(text)] += 1
        if text.startswith("DELETE"):
            self.deleted += cursor.rowcount

    def begin(self, connection: Connection) -> None:
        self._begun = _rows(connection)

    def commit(self, connection: Connection) -> None:
        self.commits += 1
        written, deleted = _rows(connection)
        self.written += written - self._begun[0]
        self.deleted += deleted - self._begun[1]

    @property
    def done(self) -> tuple[dict[str, int], int, int]:
        on_sqlite = db.engine.dialect.name == "sqlite"  # whose count has what was deleted in it
        return dict(self.statements), self.commits, self.written - (self.deleted if on_sqlite else 0)


def _kind(statement: str) -> str:
    """What a statement does, to which table. To write a signature anew is as much as to write it."""
    words = " ".join(statement.split())
    if words.startswith("WITH"):
        return "signature and consents at once"
    found = re.match(r"(?:INSERT INTO|UPDATE|DELETE FROM) \w+|SAVEPOINT|ROLLBACK TO|RELEASE|SELECT .*? FROM \w+", words)
    kind = found[0] if found else words
    return kind.replace("INSERT INTO signatures", "UPDATE signatures")


def _rows(connection: Connection) -> tuple[int, int]:
    """Rows written and rows deleted by this connection, what was undone included."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        return driver.total_changes, 0
    counted = driver.execute("SELECT sum(n_tup_ins + n_tup_upd), sum(n_tup_del) FROM pg_stat_xact_user_tables")
    written, deleted = counted.fetchone()
    return int(written), int(deleted)


@pytest.fixture
def work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """What is looked for by the clock, whoever signs, is looked for no more."""
    monkeypatch.setattr(effective, "LOOK_EVERY_SECONDS", 3_600)
    monkeypatch.setattr(suspicion, "BELIEVED", 3_600)
    effective.look(at_once=True)
    work = Work()
    listeners: dict[str, Any] = {"after_cursor_execute": work.statement, "begin": work.begin, "commit": work.commit}
    for name, listener in listeners.items():
        event.listen(db.engine, name, listener)
    yield work
    for name, listener in listeners.items():
        event.remove(db.engine, name, listener)


def _waits(_signature: Signature) -> None:
    """It was never confirmed."""


def _counts(signature: Signature) -> None:
    assert confirming.confirm_signature(str(signature.key), now())[0] == "confirmed"


def _is_withdrawn(signature: Signature) -> None:
    _counts(signature)
    lifecycle.withdraw_signature(signature.id, now())


def _was_taken_out(signature: Signature) -> None:
    lifecycle.invalidate_signature(signature.id, "made up", now())


def _is_erased(signature: Signature) -> None:
    lifecycle.erase_signature(signature.id, now())


def _is_held(signature: Signature) -> None:
    with writing() as session:
        assert Holding(signature.id, signature.created_at, now(), "D2").write(session)


def _counts_and_was_mailed_often(signature: Signature) -> None:
    """Five mails in a day: it gets no other one."""
    _counts(signature)
    with writing() as session:
        for number in range(5):
            sent = {"status": "sent", "finished_at": now() + timedelta(days=1, minutes=number)}
            about = {"signature_id": signature.id, "mailbox": signature.mailbox, "recipient": "", "locale": "fr"}
            session.add(OutboxMessage(kind="personal_link", priority=10, message_id=f"<{number}@x>", **about, **sent))


BEFORE: tuple[Callable[[Signature], None], ...] = (
    _waits,
    _counts,
    _is_withdrawn,
    _was_taken_out,
    _is_erased,
    _is_held,
    _counts_and_was_mailed_often,
)


def _sign(client: Visitor, address: str, **fields: Any) -> Signature:
    assert sign(client, **{**ENTRY, "email": address, **fields}).status_code == 303
    found = db.session.scalars(select(Signature).order_by(Signature.id.desc()).limit(1)).one()
    db.session.rollback()
    return found


@both_engines
@pytest.mark.parametrize("variables", [{"PETITION_ABUSE_CONTROLS": "on", "PETITION_MAILBOX_KEY": "k" * 40}])
@pytest.mark.parametrize("seals", [False, True], ids=["open", "sealed"])
def test_an_address_that_has_signed_is_as_much_work_as_a_new_one(
    app: Flask, client: Visitor, petition: Petition, work: Work, seal: Callable[[], object], seals: bool
) -> None:
    if seals:
        seal()
        convert()
    for before in BEFORE:
        before(_sign(client, f"{before.__name__}@example.org", surname="Exemple", comment="Un mot."))
    for name in ("Une", "Deux"):
        _counts(_sign(client, "all-seats@example.org", given_name=name))

    def tried(address: str, comment: str) -> tuple[Any, ...]:
        db.session.rollback()
        work.clear()
        answer = sign(client, **{**ENTRY, "email": address, "comment": comment})
        return answer.status_code, answer.location, answer.data, sorted(answer.headers.keys()), *work.done

    new = {"": tried("new-1@example.org", ""), "Un autre.": tried("new-2@example.org", "Un autre.")}
    _statements, commits, written = new[""][-3:]
    assert (commits, new["Un autre."][-1]) == (1, written + 1)
    assert written >= 1 + 2 + 1, "a signature, its consents and a mail at least"
    for comment, expected in new.items():
        for before in BEFORE:  # after the first time the mail has just been sent: that must not tell either
            assert tried(f"{before.__name__}@example.org", comment) == expected, (before.__name__, comment)
        assert tried("all-seats@example.org", comment) == expected
        assert tried("new-1@example.org", comment) == expected
