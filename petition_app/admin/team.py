"""The team: who is in it, as what; invite, change, shut out and let in again."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from wtforms import EmailField, RadioField, SelectField
from wtforms.validators import InputRequired

from petition_app.admin import current, membership
from petition_app.admin.access import ROLE_NAMES, ROLE_TASKS, allowed, may
from petition_app.admin.forms import AdminForm, LineField, a_line, an_address
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.screens import ASSOCIATION, Screen, add_screen
from petition_app.extensions import db
from petition_app.i18n.locales import own_name, selected_locale
from petition_app.models import Member, MemberSession
from petition_app.models.base import now
from petition_app.models.member import LONGEST_NAME, ROLES
from petition_app.signing.cleaning import clean_line
from petition_app.web.site import settings

blueprint = Blueprint("team", __name__, url_prefix="/team")

add_screen(Screen("admin.team.index", _l("Team"), "team.manage", ASSOCIATION, position=10))


class RoleForm(AdminForm):
    role = RadioField(_l("Role"), [InputRequired(_l("Please choose a role."))])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [
            # Translators: a role in the team, then what it does
            (role, _("%(role)s – %(tasks)s", role=ROLE_NAMES[role], tasks=ROLE_TASKS[role]))
            for role in ROLES
        ]


class InvitationForm(RoleForm):
    email = EmailField(_l("E-mail"), [InputRequired(_l("Please fill this in.")), an_address], filters=[clean_line])
    name = LineField(_l("Name and surname"), [InputRequired(_l("Please fill this in.")), a_line(LONGEST_NAME)])
    locale = SelectField(_l("Language"), [InputRequired(_l("Please choose a language."))])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.locale.choices = [(code, own_name(code)) for code in settings().locales]


@blueprint.get("")
@allowed("team.manage")
def index() -> ResponseReturnValue:
    """Everybody, those who may enter first."""
    return render_template("admin/team/index.html", team=_everybody(), seen=_last_visits())


@blueprint.get("/invitation")
@allowed("team.manage")
def invitation_form() -> ResponseReturnValue:
    form = InvitationForm(formdata=None, role="editor", locale=selected_locale())
    return render_template("admin/team/invitation_form.html", form=form)


@blueprint.post("/invitation")
@allowed("team.manage")
def invite() -> ResponseReturnValue:
    """Ask somebody into the team, by mail."""
    form = InvitationForm()
    if form.validate():
        try:
            membership.invite(
                form.email.data or "",
                name=form.name.data or "",
                role=form.role.data,
                locale=form.locale.data,
                at=now(),
            )
        except membership.AlreadyThere:
            form.email.errors = [_("There is a member with this mailbox already.")]
        else:
            notice(_("The invitation is on its way to %(email)s. It is good for 7 days.", email=form.email.data))
            return redirect(url_for("admin.team.index"), 303)
    return make_response(render_template("admin/team/invitation_form.html", form=form), 422)


@blueprint.get("/<int:member_id>")
@allowed("team.manage")
def member(member_id: int) -> ResponseReturnValue:
    """One member, and what can be done."""
    found = _found(member_id)
    return _member_page(found, RoleForm(formdata=None, role=found.role))


@blueprint.post("/<int:member_id>/role")
@allowed("team.manage")
def change_role(member_id: int) -> ResponseReturnValue:
    found, form = _found(member_id), RoleForm()
    if not form.validate():
        return make_response(_member_page(found, form), 422)
    try:
        changed = membership.change_role(found.id, form.role.data)
    except membership.LastAdministrator:
        return _refused()
    notice(_("%(name)s now has the role: %(role)s.", name=changed.name, role=ROLE_NAMES[changed.role]))
    to = "admin.team.index" if may(current.member().role, "team.manage") else "admin.dashboard.index"
    return redirect(url_for(to), 303)


@blueprint.post("/<int:member_id>/invitation")
@allowed("team.manage")
def invite_again(member_id: int) -> ResponseReturnValue:
    """A new link, in place of the one before."""
    found = membership.invite_again(_found(member_id).id, now())
    notice(_("The invitation is on its way to %(email)s. It is good for 7 days.", email=found.email))
    return redirect(url_for("admin.team.index"), 303)


@blueprint.post("/<int:member_id>/invitation/withdrawal")
@allowed("team.manage")
def withdraw_invitation(member_id: int) -> ResponseReturnValue:
    found = membership.withdraw_invitation(_found(member_id).id)
    notice(_("The invitation to %(email)s is withdrawn.", email=found.email))
    return redirect(url_for("admin.team.index"), 303)


@blueprint.post("/<int:member_id>/password-link")
@allowed("team.manage")
def send_password_link(member_id: int) -> ResponseReturnValue:
    found = _found(member_id)
    if found.is_active:
        membership.send_password_link(found, now())
        notice(_("A link to a new password is on its way to %(email)s. It is good for an hour.", email=found.email))
    return redirect(url_for("admin.team.member", member_id=found.id), 303)


@blueprint.get("/<int:member_id>/second-factor")
@allowed("team.manage")
def second_factor(member_id: int) -> ResponseReturnValue:
    """What it means to take a member's second factor away."""
    return render_template("admin/team/second_factor.html", found=_found(member_id))


@blueprint.post("/<int:member_id>/second-factor")
@allowed("team.manage")
def drop_second_factor(member_id: int) -> ResponseReturnValue:
    found = membership.drop_second_factor(_found(member_id).id)
    notice(_("%(name)s signs in by the password alone now, and can set up a new second factor.", name=found.name))
    return redirect(url_for("admin.team.member", member_id=found.id), 303)


@blueprint.post("/<int:member_id>/departure")
@allowed("team.manage")
def disable(member_id: int) -> ResponseReturnValue:
    """Shut somebody out, at once; it can be undone."""
    try:
        found = membership.disable(_found(member_id).id, now())
    except membership.LastAdministrator:
        return _refused()
    if current.member_or_none() is None or found.id == current.member().id:
        return redirect(url_for("admin.sign_in.form"), 303)
    notice(
        _("%(name)s is shut out, on every device.", name=found.name),
        undo=url_for("admin.team.enable", member_id=found.id),
    )
    return redirect(url_for("admin.team.index"), 303)


@blueprint.post("/<int:member_id>/return")
@allowed("team.manage")
def enable(member_id: int) -> ResponseReturnValue:
    found = membership.enable(_found(member_id).id)
    notice(_("%(name)s may sign in again.", name=found.name))
    return redirect(url_for("admin.team.index"), 303)


def _everybody() -> Sequence[Member]:
    order = (Member.disabled_at.is_not(None), Member.joined_at.is_(None), func.lower(Member.name), Member.id)
    return db.session.scalars(select(Member).order_by(*order)).all()


def _last_visits() -> dict[int, object]:
    """When each member who is signed in somewhere was last here."""
    latest = select(MemberSession.member_id, func.max(MemberSession.last_seen_at)).group_by(MemberSession.member_id)
    return {row.member_id: row[1] for row in db.session.execute(latest)}


def _found(member_id: int) -> Member:
    found = db.session.get(Member, member_id) if member_id < 2**31 else None
    return found if found is not None else abort(404)


def _member_page(found: Member, form: RoleForm) -> str:
    return render_template("admin/team/member.html", found=found, form=form)


def _refused() -> ResponseReturnValue:
    notice(_("Nobody would be left who looks after the team. Make somebody else an administrator first."), kind=WARNING)
    return redirect(url_for("admin.team.index"), 303)
