"""The password again, before what could do great harm: exports, the team, the settings. It opens for some minutes."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from petition_app.admin import current, limits, passwords, refusals, sessions
from petition_app.admin.access import allowed
from petition_app.admin.addresses import safe_next
from petition_app.antiabuse.rate_limit import TooMany
from petition_app.models.base import now
from petition_app.web.htmx import wants_fragment

blueprint = Blueprint("step_up", __name__)

FIELD = "step_up_password"


@blueprint.post("/step-up")
@allowed("account.manage")
def confirm() -> ResponseReturnValue:
    """The password, and on to the page that asked for it."""
    to = safe_next(request.form.get("next", ""))
    error = _trouble(request.form.get(FIELD, ""))
    return _page(to, error) if error else redirect(to, 303)


def ask() -> Response | None:
    """Answer in place of a page that asks for the password; None where the password has come along and is right.

    What was sent to the page is kept, so that it is sent once more with the password.
    """
    if request.method == "GET" or FIELD not in request.form:
        return _page(request.full_path.rstrip("?"), "")
    error = _trouble(request.form[FIELD])
    return _page(request.full_path.rstrip("?"), error) if error else None


def _trouble(password: str) -> str:
    """Why the password does not open it, in a sentence; "" where it does, and it is open from now on."""
    member, row_id = current.member(), current.session().id
    try:
        limits.try_once((), limits.AGAIN_ACCOUNT, member.mailbox)
    except TooMany:
        refusals.note("many")
        return str(_("There were many tries for this account. Please wait a quarter of an hour."))
    if not passwords.is_right(member, password):
        refusals.note("password")
        return str(_("This is not your password."))
    sessions.step_up(row_id, now())
    return ""


def _page(to: str, error: str) -> Response:
    sends_on = request.method != "GET" and request.endpoint != "admin.step_up.confirm"
    sent = request.form.items(multi=True) if sends_on else ()
    page = render_template(
        "admin/step_up/ask.html",
        action=to if sends_on else url_for("admin.step_up.confirm"),
        next=to,
        error=error,
        sent=[(name, value) for name, value in sent if name not in ("csrf_token", FIELD)],
    )
    response = make_response(page, 422 if error or wants_fragment() else 200)
    if wants_fragment():
        response.headers.update({"HX-Retarget": "#content", "HX-Reselect": "#content", "HX-Reswap": "outerHTML"})
    return response
