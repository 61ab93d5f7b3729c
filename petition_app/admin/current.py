"""Who is asking: the member and the session of the request, as the guard has found them."""

from __future__ import annotations

from flask import g, has_request_context

from petition_app.models import Member, MemberSession


def member() -> Member:
    """The member who is signed in; there is one behind every route but the doors."""
    found = member_or_none()
    if found is None:
        raise RuntimeError("this page has no member: it is not behind the guard")
    return found


def member_or_none() -> Member | None:
    """The member who is signed in; None at a door, and in a command."""
    row = session_or_none()
    return row.member if row is not None and row.is_complete else None


def session() -> MemberSession:
    found = session_or_none()
    if found is None:
        raise RuntimeError("this page has no session: it is not behind the guard")
    return found


def session_or_none() -> MemberSession | None:
    """The session of the request's cookie, complete or waiting for a code; None where there is none that is good."""
    if not has_request_context():
        return None
    found: MemberSession | None = g.get("member_session")
    return found


def set_session(row: MemberSession | None) -> None:
    g.member_session = row
