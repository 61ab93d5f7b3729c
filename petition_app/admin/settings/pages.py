"""What the pages of the settings share: the list of them, what the operator has fixed, and how one is saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from petition_app.admin import audit, set_up
from petition_app.admin.access import allowed, may
from petition_app.admin.notices import notice
from petition_app.admin.screens import ASSOCIATION, Screen, add_screen
from petition_app.admin.tasks import Task, asks_for
from petition_app.config import SETTINGS
from petition_app.config_sources import DATABASE, DEFAULT
from petition_app.models import Member
from petition_app.site import effective
from petition_app.site.storing import store
from petition_app.transactions import writing
from petition_app.web.site import settings

blueprint = Blueprint("settings", __name__, url_prefix="/settings")

add_screen(Screen("admin.settings.index", _l("Settings"), "settings.manage", ASSOCIATION, position=20))
audit.name_acts({"settings.changed": _l("changed the site’s settings")})

# By endpoint: its place, its name, what is there.
SECTIONS: dict[str, tuple[int, Any, Any]] = {}
_VARIABLES = {setting.name: setting.variable for setting in SETTINGS}


def add_section(endpoint: str, label: Any, sentence: Any, position: int) -> None:
    """Put a page among the settings, and among the steps of the set-up; called once, when its module is loaded."""
    SECTIONS[endpoint] = (position, label, sentence)
    set_up.add_step(endpoint, label, position)


@blueprint.get("")
@allowed("settings.manage")
def index() -> ResponseReturnValue:
    """The kinds of settings."""
    sections = sorted((place, endpoint, label, told) for endpoint, (place, label, told) in SECTIONS.items())
    return render_template("admin/settings/index.html", sections=sections, missing=settings().missing_identity)


@asks_for
def who_runs_the_site(member: Member) -> Iterator[Task]:
    """What keeps a public site from having a petition online, or signers from confirming."""
    site = settings()
    if not may(member.role, "settings.manage") or site.is_local:
        return
    if site.missing_identity:
        yield Task(
            _("The site does not say yet who runs it, so no petition can be put online."),
            url_for("admin.settings.association"),
            _("Fill it in"),
        )
    if site.mail_server is None:
        yield Task(
            _("No mail goes out yet, so nobody can confirm a signature."),
            url_for("admin.settings.mail"),
            _("Set a mail server"),
        )


def fixed() -> dict[str, str]:
    """What the operator has set: the settings' names, with the variables that they were set by."""
    ours = (DEFAULT, DATABASE)
    return {name: _VARIABLES[name] for name, source in settings().sources.items() if source not in ours}


def page(name: str, status: int = 200, *, step_of: str = "", **values: Any) -> Response:
    """A page of the settings, or of the set-up where it is on the way; `step_of` is the section that it belongs to."""
    endpoint = f"admin.settings.{step_of or name}"
    is_step = set_up.is_under_way()
    content = render_template(
        f"admin/settings/{name}.html",
        fixed=fixed(),
        steps=set_up.steps() if is_step else [],
        step=endpoint,
        onwards=set_up.after(endpoint) if is_step else "",
        action=request.full_path.rstrip("?"),
        **values,
    )
    return make_response(content, status)


def save(values: Mapping[str, str]) -> None:
    """Keep what the operator leaves open of these, in this process at once; the others see it within a second."""
    ours = {name: value for name, value in values.items() if name not in fixed()}
    with writing() as session:
        changed = store(session, ours)
        if changed:
            told: dict[str, Any] = {name: ours[name] for name in changed if name != effective.MAIL_PASSWORD}
            audit.record(session, "settings.changed", settings=sorted(changed), **told)
    effective.look(at_once=True)


def saved(name: str) -> ResponseReturnValue:
    """On to the next step, or back to the page."""
    if set_up.is_under_way():
        return redirect(set_up.after(f"admin.settings.{name}"), 303)
    notice(_("Saved. Every page shows it from now on."))
    return redirect(url_for(f"admin.settings.{name}"), 303)
