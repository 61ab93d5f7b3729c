"""New names for all mailboxes, when the key of the old ones is lost: each address is opened once, by the passphrase.

It begins anew after an interruption, for a name follows from its address alone. Nobody may sign meanwhile: the site
stands still as long as the key that it was told of is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, func, select, update

from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.extensions import db
from petition_app.models import OutboxMessage, Signature
from petition_app.sealing import boxes, names
from petition_app.sealing.state import MARK
from petition_app.site import effective
from petition_app.site.storing import store
from petition_app.transactions import writing

BATCH = 500


def count() -> int:
    """How many signatures have a name that is to be made anew."""
    return db.session.scalar(select(func.count()).where(Signature.mailbox.is_not(None))) or 0


def rename_all(private_key: bytes, advance: Callable[[int], object] = lambda _rows: None) -> int:
    """Name all mailboxes by the key that is there, or by a new one; how many signatures. Raises KeyMissing, CannotOpen.

    What rules remember of an address stays under its old name: they are done, and tell only that it was one.
    """
    key, last, renamed = names.make_key(), 0, 0
    while rows := db.session.execute(_ROWS, {"after": last}).all():
        db.session.rollback()
        changes = [{"signature": row.id, "name": _name(row, private_key, key)} for row in rows]
        with writing() as session:
            session.connection().execute(_RENAME, changes)
            session.connection().execute(_RENAME_MAILS, changes)
        last, renamed = rows[-1].id, renamed + len(rows)
        advance(len(rows))
    with writing() as session:
        store(session, {MARK: names.mark_of(key)})
    effective.look(at_once=True)
    return renamed


def _name(row: Any, private_key: bytes, key: str) -> str:
    address = row.email if row.email is not None else boxes.opened_address(row.sealed_email or "", private_key)
    name = names.hashed_by(key, canonical_mailbox(address))
    # Two that count apart in one mailbox (converting.py) go on doing so.
    return f"{name}.{row.id}" if row.mailbox.endswith(f".{row.id}") else name


_ROWS = (
    select(Signature.id, Signature.email, Signature.sealed_email, Signature.mailbox)
    .where(Signature.id > bindparam("after"), Signature.mailbox.is_not(None))
    .order_by(Signature.id)
    .limit(BATCH)
)
_RENAME = (
    update(Signature.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(Signature.id == bindparam("signature"))
    .values(mailbox=bindparam("name"))
)
_RENAME_MAILS = (
    update(OutboxMessage.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(OutboxMessage.signature_id == bindparam("signature"))
    .values(mailbox=bindparam("name"))
)
