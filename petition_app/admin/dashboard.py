"""The first page of the admin: the petitions with their numbers, and what needs doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import case, select
from sqlalchemy.orm import selectinload

from petition_app.admin import current
from petition_app.admin.access import allowed
from petition_app.admin.screens import PETITIONS, Screen, add_screen
from petition_app.admin.tabs import tabs_of
from petition_app.admin.tasks import tasks_of
from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.models import Petition, PetitionText
from petition_app.models.base import now
from petition_app.models.counter import confirmed_in_all_and_on
from petition_app.petitions.goal import next_goal
from petition_app.web.site import settings

blueprint = Blueprint("dashboard", __name__)

MOST_SHOWN = 50

# Translators: the first page of the admin
add_screen(Screen("admin.dashboard.index", _l("Overview"), "dashboard.read", PETITIONS, position=0))


@dataclass(frozen=True)
class Listed:
    """A petition with its numbers, as of now."""

    petition: Petition
    text: PetitionText
    confirmed: int
    today: int
    goal: int


@blueprint.get("/")
@allowed("dashboard.read")
def index() -> ResponseReturnValue:
    """The petitions, those that are open first, and what needs doing."""
    member = current.member()
    first_tab = next(iter(tabs_of(member)))
    return render_template(
        "admin/dashboard/index.html", petitions=_listed(), tasks=tasks_of(member), desk=first_tab.endpoint
    )


def _listed() -> Sequence[Listed]:
    order = case({"open": 0, "draft": 1, "closed": 2}, value=Petition.status, else_=3)
    found = select(Petition).order_by(order, Petition.id.desc()).limit(MOST_SHOWN).options(selectinload(Petition.texts))
    return [_numbers_of(petition) for petition in db.session.scalars(found)]


def _numbers_of(petition: Petition) -> Listed:
    today = now().astimezone(settings().timezone).date()
    confirmed, confirmed_today = confirmed_in_all_and_on(petition.id, today)
    return Listed(
        petition=petition,
        text=petition.text_for(selected_locale()),
        confirmed=confirmed,
        today=confirmed_today,
        goal=next_goal(confirmed, petition.goal),
    )
