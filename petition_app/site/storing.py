"""Writing settings: in the caller's write transaction, and known to this process right after it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from petition_app.models import SiteSetting
from petition_app.models.base import now


def store(session: Session, values: Mapping[str, str]) -> list[str]:
    """Keep these values by their settings' names; answers with the names of those that are other than before.

    An empty value is the default again: its row goes. Call `effective.look(at_once=True)` after the transaction.
    """
    changed = []
    for name, value in values.items():
        row = session.get(SiteSetting, name)
        if value == (row.value if row is not None else ""):
            continue
        changed.append(name)
        if row is None:
            session.add(SiteSetting(name=name, value=value, changed_at=now()))
        elif not value:
            session.delete(row)
        else:
            row.value, row.changed_at = value, now()
    return changed
