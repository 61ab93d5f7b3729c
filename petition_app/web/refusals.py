"""What was refused, for whoever reads the logs: why and at which route; no address, nothing that was typed."""

from __future__ import annotations

import logging

from flask import request

log = logging.getLogger(__name__)


def note(why: str, **fields: object) -> None:
    """A line of the log: `origin` or `many`; in the admin also `password`, `code`, `role` or `token`."""
    route = request.url_rule.rule if request.url_rule else "-"
    log.warning("refused", extra={"fields": {"why": why, "route": route, "method": request.method, **fields}})
