"""One's own account: name and language, password, second factor, the devices that one is signed in on."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, abort, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, delete
from sqlalchemy.orm import Session
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import InputRequired

from petition_app.admin import audit, current, limits, passkeys, passwords, sessions
from petition_app.admin import second_factor as factor
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm, LineField, NewPasswordField, a_line, a_password
from petition_app.admin.notices import notice
from petition_app.admin.screens import ASSOCIATION, Screen, add_screen
from petition_app.admin.tasks import Task, asks_for
from petition_app.antiabuse.rate_limit import TooMany
from petition_app.extensions import db
from petition_app.i18n.locales import own_name, use_locale
from petition_app.models import Member, MemberSession
from petition_app.models.base import now
from petition_app.models.member import LONGEST_NAME
from petition_app.signing.cleaning import clean_line
from petition_app.transactions import writing
from petition_app.web.site import settings

blueprint = Blueprint("account", __name__, url_prefix="/account")

add_screen(Screen("admin.account.index", _l("My account"), "account.manage", ASSOCIATION, position=90))
audit.name_acts(
    {
        "member.profile_changed": _l("changed the own name or language"),
        "member.second_factor_set_up": _l("set up a second factor"),
        "member.recovery_codes_made": _l("made new recovery codes"),
        "member.session_ended": _l("signed out on another device"),
    }
)


class ProfileForm(AdminForm):
    name = LineField(_l("Name and surname"), [InputRequired(_l("Please fill this in.")), a_line(LONGEST_NAME)])
    locale = SelectField(_l("Language"), [InputRequired(_l("Please choose a language."))])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.locale.choices = [(code, own_name(code)) for code in settings().locales]


class PasswordForm(AdminForm):
    current = PasswordField(_l("Your password until now"), [InputRequired(_l("Please fill this in."))])
    password = NewPasswordField(_l("New password"), [InputRequired(_l("Please fill this in.")), a_password])

    def personal(self) -> tuple[str, ...]:
        member = current.member()
        return member.name, member.email


class FactorForm(AdminForm):
    code = StringField(_l("Code"), [InputRequired(_l("Please fill this in."))], filters=[clean_line])


@blueprint.get("")
@allowed("account.manage")
def index() -> ResponseReturnValue:
    """Everything about oneself."""
    member = current.member()
    return _page(ProfileForm(formdata=None, name=member.name, locale=member.locale))


@blueprint.post("")
@allowed("account.manage")
def save() -> ResponseReturnValue:
    """Name and language; what is said next is said in the new one."""
    form = ProfileForm()
    if not form.validate():
        return _page(form, 422)
    with writing() as session:
        member = session.get_one(Member, current.member().id, with_for_update=True)
        audit.record(session, "member.profile_changed", member, name=form.name.data, locale=form.locale.data)
        member.name, member.locale = form.name.data or "", form.locale.data
    with use_locale(form.locale.data):
        notice(_("Your changes are saved."))
    return redirect(url_for("admin.account.index"), 303)


@blueprint.get("/password")
@allowed("account.manage")
def password_form() -> ResponseReturnValue:
    return render_template("admin/account/password_form.html", form=PasswordForm(formdata=None))


@blueprint.post("/password")
@allowed("account.manage")
def change_password() -> ResponseReturnValue:
    """A new password, for who knows the old one. Every other device is signed out."""
    form, member = PasswordForm(), current.member()
    if not form.validate():
        return _password_page(form, 422)
    try:
        limits.try_once((), limits.AGAIN_ACCOUNT, member.mailbox)
    except TooMany:
        form.form_errors.append(_("There were many tries for this account. Please wait a quarter of an hour."))
        return _password_page(form, 429)
    if not passwords.is_right(member, form.current.data or ""):
        form.current.errors = [_("This is not your password.")]
        return _password_page(form, 422)
    password_hash, at = passwords.hash_of(form.password.data or ""), now()
    with writing() as session:
        held = _held(session)
        held.change_password(password_hash)
        session.flush()
        sessions.begin(session, held, at, complete=True)
        audit.record(session, "member.password_changed", held)
    notice(_("Your new password is set. Every other device was signed out."))
    return redirect(url_for("admin.account.index"), 303)


@blueprint.get("/second-factor")
@allowed("account.secure")
def second_factor() -> ResponseReturnValue:
    """Set it up, or see that it is."""
    _propose_second_factor()
    return _factor_page(FactorForm(formdata=None))


@blueprint.post("/second-factor")
@allowed("account.secure")
def confirm_second_factor() -> ResponseReturnValue:
    """The first code shows that the app has the secret; then it counts, and the recovery codes are shown, once."""
    form, at = FactorForm(), now()
    _propose_second_factor()
    if not form.validate():
        return _factor_page(form, 422)
    step, (codes, kept) = None, factor.new_recovery_codes()
    with writing() as session:
        member = _held(session)
        if member.totp_secret and not member.has_second_factor:
            step = factor.matching_step(member, "".join((form.code.data or "").split()), at)
        if step is not None:
            member.confirm_second_factor(step, at)
            member.recovery_codes = kept
            audit.record(session, "member.second_factor_set_up", member)
    if step is None:
        form.code.errors = [_("This code is not right. Is the clock of your phone right?")]
        return _factor_page(form, 422)
    return render_template("admin/account/recovery_codes.html", codes=codes, is_first=True)


@blueprint.post("/second-factor/recovery-codes")
@allowed("account.secure")
def make_recovery_codes() -> ResponseReturnValue:
    """New ones, in place of all that were printed before."""
    codes, kept = factor.new_recovery_codes()
    with writing() as session:
        member = _held(session)
        if not member.has_second_factor:
            abort(404)
        member.recovery_codes = kept
        audit.record(session, "member.recovery_codes_made", member)
    return render_template("admin/account/recovery_codes.html", codes=codes, is_first=False)


@blueprint.get("/second-factor/removal")
@allowed("account.secure")
def removal() -> ResponseReturnValue:
    """What it means to do without."""
    return render_template("admin/account/removal.html")


@blueprint.post("/second-factor/removal")
@allowed("account.secure")
def remove_second_factor() -> ResponseReturnValue:
    with writing() as session:
        member = _held(session)
        if member.has_second_factor:
            audit.record(session, "member.second_factor_removed", member)
        member.drop_second_factor()
    notice(_("Your account opens by the password alone now."))
    return redirect(url_for("admin.account.index"), 303)


@blueprint.post("/sessions/<int:session_id>/end")
@allowed("account.manage")
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign out on one other device; on this one there is a button of its own for it."""
    _end_sessions(and_(MemberSession.id == session_id, MemberSession.id != current.session().id))
    return redirect(url_for("admin.account.index"), 303)


@blueprint.post("/sessions/end")
@allowed("account.manage")
def end_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    _end_sessions(MemberSession.id != current.session().id)
    return redirect(url_for("admin.account.index"), 303)


@asks_for
def who_has_no_second_factor(member: Member) -> Iterator[Task]:
    """Whoever gets hold of a password should not have what its member may do by that alone."""
    if not member.has_second_factor:
        yield Task(
            _("Your account opens by the password alone. A code from an app makes it much safer."),
            url_for("admin.account.second_factor"),
            _("Set it up"),
        )


def _end_sessions(which: object) -> None:
    own = current.member().id
    with writing() as session:
        mine = delete(MemberSession).where(MemberSession.member_id == own, which)  # type: ignore[arg-type]  # a condition
        ended = session.execute(mine, execution_options={"synchronize_session": False}).rowcount  # type: ignore[attr-defined]  # of a DELETE
        if ended:
            audit.record(session, "member.session_ended", _held(session), number=ended)
    if ended:
        notice(_("Signed out there."))


def _propose_second_factor() -> None:
    """A secret to be shown; one that was shown before and not confirmed stays, for it may have been scanned."""
    if not current.member().totp_secret:
        with writing() as session:
            member = _held(session)
            if not member.totp_secret:
                member.propose_second_factor(factor.new_secret())


def _held(session: Session) -> Member:
    """Oneself as of now, held until the transaction ends."""
    own = current.member().id
    member: Member = session.get_one(Member, own, with_for_update=True, populate_existing=True)
    return member


def _page(form: ProfileForm, status: int = 200) -> ResponseReturnValue:
    member, here = current.member(), current.session()
    good = [row for row in member.sessions if row.is_complete and row.is_good(now())]
    left = sum(code.used_at is None for code in member.recovery_codes)
    page = render_template(
        "admin/account/index.html",
        form=form,
        sessions=good,
        here=here,
        codes_left=left,
        passkeys=passkeys.passkeys_of(current.member()),
        has_passkeys_extra=passkeys.is_installed(),
    )
    return make_response(page, status)


def _password_page(form: PasswordForm, status: int) -> ResponseReturnValue:
    return make_response(render_template("admin/account/password_form.html", form=form), status)


def _factor_page(form: FactorForm, status: int = 200) -> ResponseReturnValue:
    db.session.expire_all()
    member = current.member()
    address = "" if member.has_second_factor else factor.address_for_authenticators(member)
    page = render_template(
        "admin/account/second_factor.html",
        form=form,
        picture=factor.qr_code(address) if address else "",
        secret=" ".join(member.totp_secret[i : i + 4] for i in range(0, len(member.totp_secret), 4)),
        codes_left=sum(code.used_at is None for code in member.recovery_codes),
    )
    return make_response(page, status)
