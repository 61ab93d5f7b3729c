"""A petition's first page on the desk: how it stands, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from petition_app.admin import current
from petition_app.admin.access import allowed, may
from petition_app.admin.loading import load_petition
from petition_app.admin.tabs import Tab, add_tab
from petition_app.i18n.locales import selected_locale
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.models.counter import confirmed_in_all_and_on
from petition_app.models.paper import paper_count
from petition_app.petitions.goal import next_goal
from petition_app.petitions.versions import has_signatures
from petition_app.web.site import settings

blueprint = Blueprint("petitions", __name__, url_prefix="/petitions")

# Translators: a petition's first page in the admin: its state and its numbers at a glance
add_tab(Tab("admin.petitions.petition", _l("At a glance"), "petitions.read", position=0))


@dataclass(frozen=True)
class Check:
    """Something that a petition should have before it opens; `url` leads to where that is done."""

    sentence: str
    is_done: bool
    is_needed: bool
    url: str = ""


@dataclass(frozen=True)
class Step:
    """Something that can be done with the petition now; the first one is what comes next."""

    label: str
    url: str


@blueprint.get("/<slug:slug>")
@allowed("petitions.read")
def petition(slug: str) -> ResponseReturnValue:
    """The petition at a glance."""
    petition = load_petition(slug)
    today = now().astimezone(settings().timezone).date()
    confirmed, confirmed_today = confirmed_in_all_and_on(petition.id, today)
    return render_template(
        "admin/petitions/petition.html",
        petition=petition,
        text=petition.text_for(selected_locale()),
        confirmed=confirmed,
        today=confirmed_today,
        paper=paper_count(petition.id),
        goal=next_goal(confirmed, petition.goal),
        checks=checks_of(petition) if petition.status == "draft" else [],
        steps=steps_of(petition, current.member().role),
    )


def checks_of(petition: Petition) -> list[Check]:
    """What a draft has, and what it lacks."""
    site = settings()
    text = petition.text_for(petition.default_locale)
    texts = url_for("admin.texts.form", slug=petition.slug)
    missing = [code for code in site.locales if code not in petition.locales]
    return [
        Check(_("It has a title and a text."), bool(text.title and text.body), True, texts),
        Check(_("It names its recipients."), bool(petition.recipients), False, texts),
        Check(_("It has a summary."), bool(text.summary), False, texts),
        Check(_("It has a text in every language of the site."), not missing, False, texts),
        Check(_("The site says who runs it."), not site.missing_identity, True, _identity_url()),
    ]


def _identity_url() -> str:
    """Where that is said, for those who may."""
    return url_for("admin.settings.association") if may(current.member().role, "settings.manage") else ""


def steps_of(petition: Petition, role: str) -> Sequence[Step]:
    """What this member can do with it, the likeliest first."""
    found: list[tuple[str, Any, str]] = []
    if petition.status == "draft":
        found = [
            ("petitions.open", _("Put it online"), "admin.life.opening"),
            ("petitions.archive", _("Delete this draft"), "admin.life.deletion"),
        ]
        if has_signatures(petition.id):
            found.pop()
    elif petition.status == "open":
        found = [
            ("updates.write", _("Write an update"), "admin.updates.petition"),
            ("statistics.read", _("See how it grows"), "admin.numbers.petition"),
            ("petitions.close", _("Close it"), "admin.life.closing"),
        ]
    elif petition.status == "closed":
        found = [
            ("delivery.make", _("Deliver it to its recipients"), "admin.delivery.petition"),
            ("petitions.open", _("Open it again"), "admin.life.opening"),
            ("petitions.archive", _("Archive it"), "admin.life.archiving"),
        ]
    else:
        found = [("petitions.archive", _("Take it out of the archive"), "admin.life.unarchiving")]
    return [
        Step(label, url_for(endpoint, slug=petition.slug)) for action, label, endpoint in found if may(role, action)
    ]
