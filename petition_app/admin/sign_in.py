"""The door of the admin: password, code, and out again. Who fails learns nothing, not even from the time it takes."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from petition_app.admin import audit, current, kept, limits, passkeys, passwords, refusals, second_factor, sessions
from petition_app.admin.access import allowed, door
from petition_app.admin.addresses import safe_next
from petition_app.admin.forms import AdminForm, an_address
from petition_app.admin.membership import has_members
from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.antiabuse.rate_limit import TooMany
from petition_app.models import Member, MemberSession
from petition_app.models.base import now
from petition_app.signing.cleaning import clean_line
from petition_app.transactions import writing

blueprint = Blueprint("sign_in", __name__, url_prefix="/sign-in")

audit.name_acts({"member.signed_in": _l("signed in"), "member.signed_out": _l("signed out")})


class SignInForm(AdminForm):
    email = EmailField(_l("E-mail"), [InputRequired(_l("Please fill this in.")), an_address], filters=[clean_line])
    password = PasswordField(_l("Password"), [InputRequired(_l("Please fill this in."))])
    next = HiddenField()
    kept = HiddenField()


class CodeForm(AdminForm):
    code = StringField(_l("Code"), [InputRequired(_l("Please fill this in."))], filters=[clean_line])
    next = HiddenField()
    kept = HiddenField()


@blueprint.get("")
@door
def form() -> ResponseReturnValue:
    """The address and the password."""
    if current.member_or_none() is not None:
        return redirect(url_for("admin.dashboard.index"), 303)
    if not has_members():
        return redirect(url_for("admin.set_up.code_form"), 303)
    return _page(SignInForm(formdata=None, next=request.args.get("next", "")))


@blueprint.post("")
@door
def enter() -> ResponseReturnValue:
    """Sign in. A wrong password, an unknown address and a member who has left are answered alike."""
    form = SignInForm()
    if not form.validate():
        return _page(form, 422)
    mailbox = canonical_mailbox(form.email.data or "")
    try:
        limits.try_once(limits.SIGN_IN_NETWORK, limits.SIGN_IN_ACCOUNT, mailbox)
    except TooMany as error:
        return _too_many(form, error.retry_after)
    member = Member.by_mailbox(mailbox)
    known = member.password_hash if member is not None else ""
    if not passwords.is_right(member, form.password.data or "") or member is None:
        refusals.note("password", member.id if member is not None else None)
        form.form_errors.append(_("The address or the password is not right."))
        return _page(form, 422)
    complete = _begin(member.id, known, form.password.data or "")
    if complete is None:
        return redirect(url_for("admin.sign_in.form"), 303)
    if not complete:
        if form.kept.data:
            return _code_page(CodeForm(formdata=None, kept=form.kept.data))
        return redirect(url_for("admin.sign_in.code_form", next=form.next.data or None), 303)
    return _on(form)


@blueprint.get("/code")
@door
def code_form() -> ResponseReturnValue:
    """The code of the second factor, for who has given the password."""
    if _waiting() is None:
        return redirect(url_for("admin.sign_in.form"), 303)
    return _code_page(CodeForm(formdata=None, next=request.args.get("next", "")))


@blueprint.post("/code")
@door
def enter_code() -> ResponseReturnValue:
    """Take the code; a recovery code does as well, once."""
    row, form = _waiting(), CodeForm()
    if row is None:
        return redirect(url_for("admin.sign_in.form"), 303)
    if not form.validate():
        return _code_page(form, 422)
    try:
        limits.try_once(limits.SIGN_IN_NETWORK, limits.CODE_ACCOUNT, row.member.mailbox)
    except TooMany as error:
        return _too_many(form, error.retry_after)
    if not _complete(row.id, form.code.data or ""):
        refusals.note("code", row.member_id)
        form.code.errors = [
            _("This code is not right, or it was used already. The app shows a new one every half minute.")
        ]
        return _code_page(form, 422)
    return _on(form)


@blueprint.post("/out")
@allowed("account.manage")
def out() -> ResponseReturnValue:
    """Sign out on this device."""
    with writing() as session:
        audit.record(session, "member.signed_out")
    sessions.end()
    response = make_response(redirect(url_for("admin.sign_in.form"), 303))
    response.headers["Clear-Site-Data"] = '"cache"'  # the pages that "Back" would show, too
    return response


def page_with(typed: str) -> str:
    """The door, for whoever has sent something and is signed in no more."""
    form = SignInForm(formdata=None, kept=typed)
    return render_template("admin/sign_in/form.html", form=form, has_ended=True)


def _on(form: SignInForm | CodeForm) -> ResponseReturnValue:
    """Where one was going, with what one had typed."""
    again = kept.to_send_again(form.kept.data or "")
    return redirect(safe_next(form.next.data or ""), 303) if again is None else again


def _begin(member_id: int, verified_hash: str, password: str) -> bool | None:
    """Begin a session; False where a second factor is still to be given.

    None where the password was changed since it was looked at: what ended all sessions then ends this one, too.
    """
    with writing() as session:
        member = session.get_one(Member, member_id, with_for_update=True, populate_existing=True)
        if member.password_hash != verified_hash:
            return None
        complete = not member.has_second_factor
        if passwords.needs_new_hash(member):
            member.password_hash = passwords.hash_of(password)
        sessions.begin(session, member, now(), complete=complete)
        if complete:
            audit.record(session, "member.signed_in", by=member)
    return complete


def _waiting() -> MemberSession | None:
    """The session that waits for its code."""
    row = current.session_or_none()
    return row if row is not None and not row.is_complete else None


def _complete(row_id: int, code: str) -> bool:
    """Give a waiting session its second factor. The member's row is held: a code is taken once, also at once."""
    with writing() as session:
        row = session.get_one(MemberSession, row_id)
        member = session.get_one(Member, row.member_id, with_for_update=True, populate_existing=True)
        if not second_factor.accept_code(member, code, now()):
            return False
        session.delete(row)
        sessions.begin(session, member, now(), complete=True)
        audit.record(session, "member.signed_in", by=member)
    return True


def _page(form: SignInForm, status: int = 200) -> ResponseReturnValue:
    return make_response(
        render_template("admin/sign_in/form.html", form=form, has_passkeys=passkeys.are_there()), status
    )


def _code_page(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    return make_response(render_template("admin/sign_in/code_form.html", form=form), status)


def _too_many(form: SignInForm | CodeForm, retry_after: int) -> ResponseReturnValue:
    """The same for an address that is known and for one that is not."""
    refusals.note("many")
    form.form_errors.append(
        _("There were many tries from your connection or for this address. Please wait a quarter of an hour.")
    )
    page = _page(form, 429) if isinstance(form, SignInForm) else _code_page(form, 429)
    response = make_response(page)
    response.headers["Retry-After"] = str(retry_after)
    return response
