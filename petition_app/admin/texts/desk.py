"""Where a petition's text is written: which language, which one beside it, and how acts are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from petition_app.admin import audit
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.typed import number_of
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions import versions
from petition_app.petitions.versions import NothingToPublish
from petition_app.transactions import writing
from petition_app.web.site import settings

blueprint = Blueprint("texts", __name__, url_prefix="/petitions")

# Translators: the tab of a petition where its text is written
add_tab(Tab("admin.texts.form", _l("Text"), "petitions.edit", position=10))
audit.name_acts(
    {
        "text.published": _l("put a text online"),
        "text.dropped": _l("threw away what was written of a text"),
        "text.taken_up": _l("took up again what was written of a text"),
    }
)


@dataclass(frozen=True)
class Desk:
    """Which language is written, and which one lies beside it ("" for the preview)."""

    petition: Petition
    locale: str
    beside: str

    @property
    def is_new(self) -> bool:
        return self.petition.newest_text(self.locale) is None

    @property
    def offered(self) -> list[str]:
        """The site's languages that this petition has no text in, and that is not being written either."""
        return [code for code in settings().locales if code not in self.petition.locales and code != self.locale]

    @property
    def asks_reason(self) -> bool:
        return not self.is_new and versions.has_signatures(self.petition.id)

    def url(self, endpoint: str = ".form", **values: Any) -> str:
        return url_for(
            endpoint, **{"slug": self.petition.slug, "text": self.locale, "beside": self.beside or None, **values}
        )


def load_desk(slug: str) -> Desk:
    """The petition, and the languages that the address names. 404 for one that the site does not have."""
    petition = load_petition(slug)
    locale = request.args.get("text") or petition.default_locale
    if locale not in petition.locales and locale not in settings().locales:
        abort(404)
    beside = request.args.get("beside", "")
    return Desk(petition, locale, beside if beside in petition.locales and beside != locale else "")


def put_online(desk: Desk, revision: str | None, kind: str, reason: str) -> None:
    """Let readers have what is written, with its line in the log. Raises Stale and ReasonMissing."""
    petition_id = desk.petition.id
    try:
        text = versions.publish(petition_id, desk.locale, number_of(revision), kind, reason, now())
    except NothingToPublish:
        notice(_("Nothing has changed."))
        return
    with writing() as session:
        petition = session.get_one(Petition, petition_id)
        audit.record(session, "text.published", petition, text=desk.locale, version=text.version, kind=text.kind)
        is_public = petition.is_public
    notice(_("The text is online.") if is_public else _("The text is saved."))


def record(action: str, desk: Desk) -> None:
    """Write an act about this text down in the log."""
    with writing() as session:
        audit.record(session, action, session.get_one(Petition, desk.petition.id), text=desk.locale)
