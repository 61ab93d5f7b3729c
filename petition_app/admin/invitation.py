"""Whoever was invited comes in: a name, a password, and the team has one more."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from petition_app.admin import membership, sessions
from petition_app.admin.access import door
from petition_app.admin.forms import AdminForm, LineField, NewPasswordField, a_line, a_password
from petition_app.admin.notices import notice
from petition_app.models import Member, MemberLink
from petition_app.models.base import now
from petition_app.models.member import LONGEST_NAME
from petition_app.transactions import writing

blueprint = Blueprint("invitation", __name__, url_prefix="/invitation")


class JoinForm(AdminForm):
    name = LineField(_l("Your name"), [InputRequired(_l("Please fill this in.")), a_line(LONGEST_NAME)])
    password = NewPasswordField(_l("Password"), [InputRequired(_l("Please fill this in.")), a_password])
    email = ""

    def personal(self) -> tuple[str, ...]:
        return self.name.data or "", self.email


@blueprint.get("/<token>")
@door
def form(token: str) -> ResponseReturnValue:
    """The invitation."""
    link = membership.link_by_token("invitation", token)
    if link is None or link.member is None or not link.is_good(now()):
        return _gone()
    return _page(link, JoinForm(formdata=None, name=link.member.name))


@blueprint.post("/<token>")
@door
def accept(token: str) -> ResponseReturnValue:
    """Join, and be signed in."""
    link = membership.link_by_token("invitation", token)
    if link is None or link.member is None or not link.is_good(now()):
        return _gone()
    form = JoinForm()
    form.email = link.member.email
    if not form.validate():
        return _page(link, form, 422)
    member = membership.join(link, name=form.name.data or "", password=form.password.data or "", at=now())
    if member is None:
        return _gone()
    with writing() as session:
        sessions.begin(session, session.get_one(Member, member.id), now(), complete=True)
    notice(_("Welcome to the team."))
    return redirect(url_for("admin.dashboard.index"), 303)


def _page(link: MemberLink, form: JoinForm, status: int = 200) -> ResponseReturnValue:
    return make_response(render_template("admin/invitation/form.html", form=form, invited=link.member), status)


def _gone() -> ResponseReturnValue:
    return make_response(render_template("admin/invitation/gone.html"), 410)
