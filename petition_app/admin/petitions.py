"""A petition's first page on the desk: how it stands, and what comes next."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from petition_app.admin.access import allowed
from petition_app.admin.loading import load_petition
from petition_app.admin.tabs import Tab, add_tab
from petition_app.i18n.locales import selected_locale
from petition_app.models.counter import confirmed_count
from petition_app.models.paper import paper_count
from petition_app.petitions.goal import next_goal

blueprint = Blueprint("petitions", __name__, url_prefix="/petitions")

# Translators: a petition's first page in the admin: its state and its numbers at a glance
add_tab(Tab("admin.petitions.petition", _l("At a glance"), "petitions.read", position=0))


@blueprint.get("/<slug:slug>")
@allowed("petitions.read")
def petition(slug: str) -> ResponseReturnValue:
    """The petition at a glance."""
    petition = load_petition(slug)
    confirmed = confirmed_count(petition.id)
    return render_template(
        "admin/petitions/petition.html",
        petition=petition,
        text=petition.text_for(selected_locale()),
        confirmed=confirmed,
        paper=paper_count(petition.id),
        goal=next_goal(confirmed, petition.goal),
    )
