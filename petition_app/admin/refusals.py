"""What was refused at the door and behind it: which member it was, where there is one."""

from __future__ import annotations

from petition_app.admin import current
from petition_app.web import refusals


def note(why: str, member_id: int | None = None) -> None:
    """A line of the log: `password`, `code`, `many`, `role`, `token` or `origin`; at which route, and which member."""
    member = current.member_or_none()
    refusals.note(why, member=member_id if member is None else member.id)
