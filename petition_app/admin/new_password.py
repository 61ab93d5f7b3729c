"""A forgotten password: a link by mail, then a new one. The answer tells nobody whether an address is known here."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField
from wtforms.validators import InputRequired

from petition_app.admin import limits, membership
from petition_app.admin.access import door
from petition_app.admin.forms import AdminForm, NewPasswordField, a_password, an_address
from petition_app.admin.notices import notice
from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.antiabuse.rate_limit import TooMany
from petition_app.models import Member, MemberLink
from petition_app.models.base import now
from petition_app.signing.cleaning import clean_line
from petition_app.transactions import writing

blueprint = Blueprint("new_password", __name__, url_prefix="/new-password")


class AskForm(AdminForm):
    email = EmailField(_l("E-mail"), [InputRequired(_l("Please fill this in.")), an_address], filters=[clean_line])


class PasswordForm(AdminForm):
    password = NewPasswordField(_l("New password"), [InputRequired(_l("Please fill this in.")), a_password])
    known: tuple[str, ...] = ()

    def personal(self) -> tuple[str, ...]:
        return self.known


@blueprint.get("")
@door
def ask_form() -> ResponseReturnValue:
    """Where to send the link."""
    return make_response(render_template("admin/new_password/ask_form.html", form=AskForm(formdata=None)))


@blueprint.post("")
@door
def ask() -> ResponseReturnValue:
    """Send the link, to a member. Whoever else asks is told the same, after as many writes."""
    form = AskForm()
    if not form.validate():
        return make_response(render_template("admin/new_password/ask_form.html", form=form), 422)
    mailbox = canonical_mailbox(form.email.data or "")
    try:
        limits.try_once(limits.RESET_NETWORK, limits.RESET_ACCOUNT, mailbox)
    except TooMany as error:
        form.form_errors.append(
            _("There were many tries from your connection or for this address. Please wait an hour.")
        )
        response = make_response(render_template("admin/new_password/ask_form.html", form=form), 429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    _send(Member.by_mailbox(mailbox))
    return redirect(url_for("admin.new_password.sent"), 303)


@blueprint.get("/sent")
@door
def sent() -> ResponseReturnValue:
    """The same for everybody who has asked."""
    return make_response(render_template("admin/new_password/sent.html"))


@blueprint.get("/<token>")
@door
def form(token: str) -> ResponseReturnValue:
    """The new password."""
    link = _good_link(token)
    return _gone() if link is None else _page(link, PasswordForm(formdata=None))


@blueprint.post("/<token>")
@door
def save(token: str) -> ResponseReturnValue:
    """Take it. Whoever has a second factor is asked for that at the door, as always."""
    link = _good_link(token)
    if link is None or link.member is None:
        return _gone()
    form = PasswordForm()
    form.known = (link.member.name, link.member.email)
    if not form.validate():
        return _page(link, form, 422)
    if membership.set_password(link, form.password.data or "", now()) is None:
        return _gone()
    notice(_("Your new password is set. You were signed out everywhere: sign in with it."))
    return redirect(url_for("admin.sign_in.form"), 303)


def _send(member: Member | None) -> None:
    """Nobody's link is a write as well, undone before it is kept: the answer takes as long."""
    if member is not None and member.is_active:
        membership.send_password_link(member, now(), by_member=True)
        return
    at = now()
    with writing() as session:
        link = MemberLink.make("password_reset", at)
        session.add(link)
        session.flush()
        session.delete(link)


def _good_link(token: str) -> MemberLink | None:
    link = membership.link_by_token("password_reset", token)
    return link if link is not None and link.member is not None and link.is_good(now()) else None


def _page(link: MemberLink, form: PasswordForm, status: int = 200) -> ResponseReturnValue:
    return make_response(render_template("admin/new_password/form.html", form=form, owner=link.member), status)


def _gone() -> ResponseReturnValue:
    return make_response(render_template("admin/new_password/gone.html"), 410)
