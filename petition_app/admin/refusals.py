"""What was refused at the door and behind it, for whoever reads the logs: no address, nothing that was typed."""

from __future__ import annotations

import logging

from flask import request

from petition_app.admin import current

log = logging.getLogger(__name__)


def note(why: str, member_id: int | None = None) -> None:
    """A line of the log: `password`, `code`, `many`, `role`, `token` or `origin`; at which route, and which member."""
    member = current.member_or_none()
    known = member_id if member is None else member.id
    route = request.url_rule.rule if request.url_rule else "-"
    log.warning("refused", extra={"fields": {"why": why, "route": route, "method": request.method, "member": known}})
