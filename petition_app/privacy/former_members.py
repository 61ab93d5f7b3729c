"""Members who have left the association's team, and people who never came: their accounts go when their time is over.

Then nothing names them any more: where a record keeps who wrote or decided something, a dash takes the name's place.
The log of what members did keeps it as long as it keeps the act, which is no longer than the account is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Select, and_, delete, or_, select, update

from petition_app.extensions import Base
from petition_app.models import Member
from petition_app.privacy.retention import INVITED, LEFT
from petition_app.transactions import writing

BATCH = 500
# What stands in the place of a name.
NOBODY = "–"
# Which columns hold the name of a member: a record's author, or who decided. The log has a rule of its own.
_CALLED = ("member_name", "saved_by", "edited_by", "decided_by", "entered_by", "ordered_by", "answered_by")

Renew = Callable[[], None]


def forget_members(at: datetime, renew: Renew) -> int:
    """Delete the accounts whose time is over, then the names of whoever is no member. Answers how many accounts."""
    forgotten = 0
    while found := _forget(at):
        forgotten += found
        renew()
    for column in names_of_members():
        while _take_out(column) == BATCH:
            renew()
    return forgotten


def names_of_members() -> list[Column[Any]]:
    """All columns in which a member's name is written down beside what the member did."""
    tables = [table for table in Base.metadata.sorted_tables if table.name != "audit_entries"]
    return [table.columns[name] for table in tables for name in _CALLED if name in table.columns]


def _forget(at: datetime) -> int:
    """Sessions, passkeys, codes and links go with the account."""
    with writing() as session:
        ids = list(session.scalars(_over(at).limit(BATCH).with_for_update()))
        gone = delete(Member).where(Member.id.in_(ids))
        session.execute(gone, execution_options={"synchronize_session": False})
    return len(ids)


def _over(at: datetime) -> Select[Any]:
    """Who was shut out long ago and has not been let in again; whose invitation nobody accepted."""
    never_came = and_(Member.joined_at.is_(None), Member.disabled_at.is_(None), Member.created_at < at - INVITED)
    return select(Member.id).where(or_(Member.disabled_at < at - LEFT, never_came)).order_by(Member.id)


def _take_out(column: Column[Any]) -> int:
    """Whoever is called so is a member no more, or is called otherwise by now. Answers of how many rows, by batches."""
    key = column.table.c.id
    is_nobodys = and_(column.not_in(("", NOBODY)), column.not_in(select(Member.name)))
    with writing() as session:
        ids = list(session.scalars(select(key).where(is_nobodys).limit(BATCH)))
        if ids:
            session.execute(update(column.table).where(key.in_(ids)).values({column: NOBODY}))
    return len(ids)
