"""Where to go on to: an address that came with a request, and may have been put there by somebody else."""

from __future__ import annotations

from flask import url_for

from petition_app.admin.access import is_admin_path


def safe_next(address: str) -> str:
    """The page of the admin that was asked for before the door; the first one for whatever is none."""
    is_plain = address.isascii() and address.isprintable() and "\\" not in address
    return address if is_plain and is_admin_path(address.split("?", 1)[0]) else url_for("admin.dashboard.index")
