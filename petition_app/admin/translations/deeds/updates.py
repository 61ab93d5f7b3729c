"""News is written, tried, sent, stopped, taken off the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from petition_app.admin.translations.deeds.deed import Deed, seen, sent
from petition_app.admin.translations.deeds.states import petition
from petition_app.admin.translations.rare_states import sealed
from petition_app.admin.translations.sample_data import OPEN
from petition_app.models import Consent, Update, UpdateText
from petition_app.models.base import now


def _address(number: int, way: str = "", slug: str = OPEN) -> str:
    return f"/admin/updates/{slug}/{number}{way}"


def _sent(**values: Any) -> Callable[[Session], object]:
    """The one that was sent stands otherwise."""
    return lambda session: session.execute(update(Update).where(Update.id == 1).values(**values))


def _off(session: Session) -> None:
    session.get_one(Update, 1).take_off(session, now())


def _wordless(session: Session) -> None:
    """Updates without a word in the petition's own language."""
    session.execute(update(UpdateText).values(locale="fr"))


def _offline(session: Session) -> None:
    petition(session, OPEN).take_offline()


_WORDS = {"title-en": "News", "body-en": "She will see us."}
_NOW = {"by_mail": "yes", "per_minute": "120", "when": "now", "version": "1"}
_LATER = _NOW | {"when": "later", "time": "10:00"}
_A_WEEK = timedelta(days=7)
_FORM = "update-sending-form"

DEEDS: list[Deed] = [
    *sent("update-new", _WORDS, {"title-en": "News"}),
    *sent("update-text", _WORDS | {"version": "7"}),
    *sent("update-text", _WORDS | {"version": "1"}, to=_address(4, "/text")),
    *sent("update-text", _WORDS | {"version": "1"}, to=_address(1, "/text")),
    seen("update-text", _address(1, "/text")),
    *sent("update-removal", {}),
    *sent("update-removal", {}, to=_address(4, "/removal")),
    *sent("update-test", {}),
    *sent(_FORM, _NOW, _NOW | {"by_mail": "no"}),
    *sent(_FORM, _NOW, before=_offline),
    *sent(_FORM, _NOW, before=_wordless),
    *sent(_FORM, _NOW, to=_address(4, "/sending")),
    *sent(_FORM, *(_LATER | {"day": day} for day in ("2020-01-01", "2200-01-01"))),
    Deed(_FORM, lambda: _LATER | {"day": (now() + _A_WEEK).date().isoformat()}),
    *sent("update-scheduled", {}, to=_address(3, "/calling-off")),
    *sent("update-sending", {}, to=_address(4, "/stop")),
    *sent("update-stopped", {}, to=_address(5, "/resumption")),
    *sent("update-stopped", {}, to=_address(5, "/resumption"), before=sealed),
    *sent("update-sent", {}, to=_address(1, "/stop")),
    *sent("update-sent", {}, to=_address(1, "/off")),
    *sent("update-sent", {}, to=_address(1, "/on"), before=_off),
    seen("update-sent", before=_sent(started_at=now(), finished_at=now())),
    seen("updates", before=lambda session: session.execute(delete(UpdateText))),
    seen(_FORM, before=lambda session: session.execute(delete(Consent).where(Consent.purpose == "petition_news"))),
    seen("updates", before=_off),
    seen("dashboard", before=sealed),
]
