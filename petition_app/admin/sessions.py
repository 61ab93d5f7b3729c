"""A member's sessions: begun at sign-in, found by the cookie's key, ended one by one or all at once.

The cookie is Flask's signed one, of the path /admin alone: the public pages neither see nor set any.
"""

from __future__ import annotations

from datetime import datetime

import flask
from flask import request
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from petition_app.admin import current
from petition_app.extensions import db
from petition_app.models import Member, MemberSession
from petition_app.models.base import now
from petition_app.models.member_session import (
    LONGEST_USER_AGENT,
    forget_ended_sessions,
    hash_of,
    new_session_key,
)
from petition_app.transactions import StorageUnavailable, writing

_KEY = "key"
_LOCALE = "locale"


def begin(session: Session, member: Member, at: datetime, *, complete: bool) -> None:
    """Sign a member in on this device, in the caller's transaction. Nothing of an earlier session stays."""
    forget_ended_sessions(session, at)
    before = current.session_or_none()
    if before is not None:
        session.execute(
            delete(MemberSession).where(MemberSession.id == before.id),
            execution_options={"synchronize_session": False},
        )
    key = new_session_key()
    row = MemberSession(
        member=member,
        key_hash=hash_of(key),
        is_complete=complete,
        user_agent=_user_agent(),
        created_at=at,
        last_seen_at=at,
        stepped_up_at=at if complete else None,
    )
    session.add(row)
    _begin_cookie(key)
    current.set_session(row)


def load() -> MemberSession | None:
    """The session that the cookie names, if it is still good; its visit is noted every few minutes."""
    key = flask.session.get(_KEY)
    if not isinstance(key, str):
        return None
    row = db.session.scalar(
        select(MemberSession).where(MemberSession.key_hash == hash_of(key)).options(joinedload(MemberSession.member))
    )
    at = now()
    if row is None or not row.is_good(at):
        return None
    if row.is_to_be_noted(at):
        _note_visit(row.id, at)
    return row


def step_up(row_id: int, at: datetime) -> None:
    """The password was typed again: the session goes on under a new key, and a copy of the old one is worth nothing."""
    key = new_session_key()
    with writing() as session:
        row = session.get_one(MemberSession, row_id)
        row.step_up(at)
        row.key_hash = hash_of(key)
    flask.session[_KEY] = key  # the CSRF token stays: pages that are open in other tabs go on working


def end() -> None:
    """Sign out on this device."""
    row = current.session_or_none()
    if row is not None:
        with writing() as session:
            found = session.get(MemberSession, row.id)
            if found is not None:
                session.delete(found)
    current.set_session(None)
    kept = chosen_locale()
    flask.session.clear()
    if kept:
        choose_locale(kept)


def chosen_locale() -> str:
    """The language that was chosen at the door, "" for none."""
    return str(flask.session.get(_LOCALE, ""))


def choose_locale(locale: str) -> None:
    flask.session[_LOCALE] = locale


def _begin_cookie(key: str) -> None:
    """A new cookie, with a new CSRF token: whoever had the one from before has nothing."""
    flask.session.clear()
    flask.session[_KEY] = key


def _note_visit(row_id: int, at: datetime) -> None:
    """A page must not fail for a note: where the database takes none, the next visit is noted."""
    try:
        with writing() as session:
            row = session.get(MemberSession, row_id)
            if row is not None:
                row.seen(at)
    except StorageUnavailable:
        return


def _user_agent() -> str:
    """What the browser says it is, without what no text holds."""
    said = request.headers.get("User-Agent", "")
    return "".join(c for c in said if c.isprintable())[:LONGEST_USER_AGENT]
