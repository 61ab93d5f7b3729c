"""What stands before every page of the admin: it finds the member, holds the table of access, and asks for the
password again where that is due. It refuses what it does not know.
"""

from __future__ import annotations

from flask import Flask, Response, abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from wtforms.validators import ValidationError

from petition_app.admin import current, kept, refusals, sessions, sign_in, step_up
from petition_app.admin.access import MOST_BYTES_AT_DOOR, Rule, is_admin_path, may, rule_of
from petition_app.i18n.locales import preferred_locale
from petition_app.models.base import now
from petition_app.web.htmx import wants_fragment
from petition_app.web.origin import ForeignOrigin, is_same_origin
from petition_app.web.site import settings

SAFE = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER = "X-CSRFToken"


def init_app(app: Flask) -> None:
    app.before_request(guard)
    app.after_request(keep_private)


def guard() -> ResponseReturnValue | None:
    """Let a request to the admin through, or answer in its place."""
    if not is_admin_path(request.path):
        return None
    row = sessions.load()
    current.set_session(row)
    member = current.member_or_none()
    _choose_locale(member.locale if member else "")
    if request.endpoint is None:
        return None  # the page that says that there is none
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        current_app.logger.error("a route of the admin has no rule: %s", request.endpoint)
        abort(403)
    _limit_body(rule.most_bytes if member or rule.is_door else MOST_BYTES_AT_DOOR)
    if not rule.is_door and member is None:
        return _to_the_door()
    if request.method not in SAFE and (refusal := _check_csrf()) is not None:
        return refusal
    if rule.is_door:
        return None
    return _hold_rule(rule)


def _hold_rule(rule: Rule) -> ResponseReturnValue | None:
    if not may(current.member().role, rule.action):
        refusals.note("role")
        return make_response(render_template("admin/refused.html"), 403)
    if rule.asks_for_password and not current.session().is_stepped_up(now()):
        return step_up.ask()
    return None


def _choose_locale(own: str) -> None:
    """The member's own language; at the door the one chosen there (`?lang=fr`), else the browser's."""
    offered = settings().locales
    asked = request.args.get("lang", "")
    if asked in offered and not own:
        sessions.choose_locale(asked)
    g.locale = (
        next((known for known in (own, sessions.chosen_locale()) if known in offered), None) or preferred_locale()
    )


def _limit_body(most: int) -> None:
    request.max_content_length = most
    request.max_form_memory_size = most
    request.max_form_parts = 1000


def _to_the_door() -> Response:
    """To the sign-in, and from there back to the page that was asked for, with what was typed there."""
    if request.method not in SAFE and not wants_fragment() and _is_from_here():
        return make_response(sign_in.page_with(kept.of_request()), 401)
    to = request.full_path.rstrip("?") if request.method in SAFE else ""
    address = url_for("admin.sign_in.form", next=to or None)
    if wants_fragment():
        response = make_response("", 401)
        response.headers["HX-Redirect"] = address
        return response
    return make_response(redirect(address, 303))


def _check_csrf() -> ResponseReturnValue | None:
    """What changes something was sent from a page of ours, to this very browser."""
    if not _is_from_here():
        refusals.note("origin")
        raise ForeignOrigin
    try:
        validate_csrf(request.headers.get(CSRF_HEADER) or request.form.get("csrf_token"))
    except ValidationError:
        refusals.note("token")
        # Another tab has signed in or out since the page was made. It came from our own page, so it may be sent again.
        to = request.full_path.rstrip("?")
        sent = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
        hidden = [pair for pair in sent if "password" not in pair[0]]
        return make_response(render_template("admin/sent_too_late.html", to=to, sent=hidden), 400)
    return None


def _is_from_here() -> bool:
    return is_same_origin(request, current_app.config["SITE_URL"], token_route=False)


def keep_private(response: Response) -> Response:
    """Nobody keeps a page of the admin, or indexes it."""
    if is_admin_path(request.path):
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "same-origin"
    return response
