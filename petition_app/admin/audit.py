"""The one way to write the audit log: in the transaction of the act itself, so that neither is there alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from petition_app.admin import current
from petition_app.models import AuditEntry, Member
from petition_app.models.base import now

# Every act that is ever recorded, with the words for it. Each screen adds its own (`name_acts`).
ACTS: dict[str, Any] = {}


def name_acts(acts: Mapping[str, Any]) -> None:
    """Say how acts are called, in lazy words: `{"petition.opened": _l("opened the petition")}`."""
    ACTS.update(acts)


def record(session: Session, action: str, /, thing: Any = None, *, by: Member | None = None, **details: Any) -> None:
    """Write down an act, in the caller's transaction. `thing` is the row acted on; what is new has been added already.

    Without a member (`by`, or who is signed in) it was a command's. `details` are plain values, and no secret.
    Raises ValueError for an act without a name.
    """
    if action not in ACTS:
        raise ValueError(f"{action} has no name: see name_acts")
    member = by or current.member_or_none()
    if thing is not None:
        session.flush()
    session.add(
        AuditEntry(
            at=now(),
            member_id=member.id if member else None,
            member_name=member.name if member else "",
            action=action,
            object_kind=thing.__tablename__ if thing is not None else "",
            object_id=thing.id if thing is not None else None,
            object_label=_label(thing)[:300],
            details=json.dumps(details, ensure_ascii=False, sort_keys=True, default=str),
        )
    )


def _label(thing: Any) -> str:
    """How a person calls it, now; what it is called later does not change the log."""
    return str(getattr(thing, "audit_label", "")) if thing is not None else ""
