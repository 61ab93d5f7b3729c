"""The first visit of a site without a team: a code that the server has printed, then the first administrator.

Steps that follow (who runs the site, the first petition) add themselves by `add_step`: pages of the administrator
who has just come in, each of which goes on to `after(itself)`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

import flask
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from wtforms import EmailField, StringField
from wtforms.validators import InputRequired

from petition_app.admin import audit, limits, passwords, sessions
from petition_app.admin.access import door
from petition_app.admin.forms import AdminForm, LineField, NewPasswordField, a_line, a_password, an_address
from petition_app.admin.membership import has_members
from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.antiabuse.rate_limit import TooMany
from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.models import Member, MemberLink
from petition_app.models.base import now
from petition_app.models.member import LONGEST_NAME
from petition_app.signing.cleaning import clean_line
from petition_app.transactions import writing
from petition_app.web.site import settings

blueprint = Blueprint("set_up", __name__, url_prefix="/set-up")

audit.name_acts({"site.set_up": _l("set the site up")})

# Capital letters and digits that nobody takes for one another.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
# Each start of a server makes one; on several machines each prints its own, and each is good.
_KEPT_CODES = 16
_PASSED = "set_up"
# What an address carries on the way through the steps behind the account.
UNDER_WAY: dict[str, Any] = {"set-up": "1"}

# The steps, in order, for the line that shows how far one is: endpoint and name.
_FIRST_STEPS: list[tuple[str, Any]] = [
    ("admin.set_up.code_form", _l("The code")),
    ("admin.set_up.account_form", _l("Your account")),
]
_MORE_STEPS: dict[str, tuple[int, Any]] = {}


def add_step(endpoint: str, label: Any, position: int) -> None:
    """Put a page at its place behind the account; called once, when its module is loaded."""
    _MORE_STEPS[endpoint] = (position, label)


def steps() -> list[tuple[str, Any]]:
    more = sorted((position, endpoint) for endpoint, (position, _label) in _MORE_STEPS.items())
    return [*_FIRST_STEPS, *((endpoint, _MORE_STEPS[endpoint][1]) for _position, endpoint in more)]


def after(endpoint: str) -> str:
    """The address of the step behind this one; of the first page of the admin behind the last."""
    names = [name for name, _label in steps()]
    place = names.index(endpoint) + 1
    return url_for(names[place], **UNDER_WAY) if place < len(names) else url_for("admin.dashboard.index")


def is_under_way() -> bool:
    """Whether the page that is asked for, which stands elsewhere too, is asked for as a step."""
    return bool(request.args.get("set-up") == UNDER_WAY["set-up"])


def new_code() -> str | None:
    """A code for the set-up's page, to be shown to the operator; None where there is a team already."""
    if has_members():
        return None
    code = "".join(secrets.choice(_ALPHABET) for _place in range(12))
    with writing() as session:
        if has_members():
            return None
        session.add(MemberLink.make("setup", now(), key=_hash(code)))
        session.flush()
        newest = select(MemberLink.id).where(MemberLink.purpose == "setup").order_by(MemberLink.id.desc())
        kept = list(session.scalars(newest.limit(_KEPT_CODES)))
        session.execute(
            delete(MemberLink).where(MemberLink.purpose == "setup", MemberLink.id.not_in(kept)),
            execution_options={"synchronize_session": False},
        )
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


class CodeForm(AdminForm):
    code = StringField(_l("Code"), [InputRequired(_l("Please fill this in."))], filters=[clean_line])


class AccountForm(AdminForm):
    name = LineField(_l("Your name"), [InputRequired(_l("Please fill this in.")), a_line(LONGEST_NAME)])
    email = EmailField(_l("E-mail"), [InputRequired(_l("Please fill this in.")), an_address], filters=[clean_line])
    password = NewPasswordField(_l("Password"), [InputRequired(_l("Please fill this in.")), a_password])

    def personal(self) -> tuple[str, ...]:
        return self.name.data or "", self.email.data or ""


@blueprint.get("")
@door
def code_form() -> ResponseReturnValue:
    """The first step: whoever can see what the server printed may go on."""
    if has_members():
        return redirect(url_for("admin.sign_in.form"), 303)
    return _page("code_form", CodeForm(formdata=None))


@blueprint.post("")
@door
def enter_code() -> ResponseReturnValue:
    if has_members():
        return redirect(url_for("admin.sign_in.form"), 303)
    form = CodeForm()
    if not form.validate():
        return _page("code_form", form, 422)
    try:
        limits.try_once(limits.SET_UP_NETWORK, limits.SET_UP_ALL, "set-up")
    except TooMany as error:
        form.form_errors.append(_("There were many tries. Please wait a quarter of an hour."))
        response = make_response(_page("code_form", form, 429))
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    key = _hash(form.code.data or "")
    if _link(key) is None:
        form.code.errors = [_("This is not the code. The newest one stands where the server was started.")]
        return _page("code_form", form, 422)
    flask.session[_PASSED] = key
    return redirect(url_for("admin.set_up.account_form"), 303)


@blueprint.get("/account")
@door
def account_form() -> ResponseReturnValue:
    """The second step: the first administrator."""
    if _passed() is None:
        return redirect(url_for("admin.set_up.code_form"), 303)
    return _page("account_form", AccountForm(formdata=None))


@blueprint.post("/account")
@door
def make_account() -> ResponseReturnValue:
    """Make the first administrator, who is signed in at once."""
    if _passed() is None:
        return redirect(url_for("admin.set_up.code_form"), 303)
    form = AccountForm()
    if not form.validate():
        return _page("account_form", form, 422)
    if not _make_administrator(form):
        return redirect(url_for("admin.sign_in.form"), 303)
    return redirect(after("admin.set_up.account_form"), 303)


def _make_administrator(form: AccountForm) -> bool:
    """False where somebody else was quicker: the code is good for one, whatever node is asked."""
    password_hash, at = passwords.hash_of(form.password.data or ""), now()
    email, key = form.email.data or "", _passed()
    with writing() as session:
        link = session.scalar(
            select(MemberLink).where(MemberLink.key == key, MemberLink.purpose == "setup").with_for_update()
        )
        if link is None or has_members():
            return False
        # With the codes go the locks of whoever holds another one and waits for this transaction.
        session.execute(delete(MemberLink).where(MemberLink.purpose == "setup"))
        member = Member(
            email=email,
            mailbox=canonical_mailbox(email),
            name=form.name.data,
            role="administrator",
            locale=selected_locale(),
            created_at=at,
        )
        session.add(member)
        member.join(password_hash, at)
        session.flush()
        audit.record(session, "site.set_up", member, by=member)
        sessions.begin(session, member, at, complete=True)
    return True


def _passed() -> str | None:
    """The key of the code that was entered in this browser, while it is good."""
    key = flask.session.get(_PASSED)
    return key if isinstance(key, str) and not has_members() and _link(key) is not None else None


def _link(key: str) -> MemberLink | None:
    found: MemberLink | None = db.session.scalar(
        select(MemberLink).where(MemberLink.key == key, MemberLink.purpose == "setup")
    )
    return found if found is not None and found.is_good(now()) else None


def _hash(code: str) -> str:
    """Keyed, so that who reads the database cannot try codes against it. Case, spaces and hyphens do not count."""
    plain = "".join(c for c in code.upper() if c.isalnum())
    return hmac.new(settings().secret_key.encode(), f"set-up|{plain}".encode(), hashlib.sha256).hexdigest()


def _page(name: str, form: AdminForm, status: int = 200) -> ResponseReturnValue:
    page = render_template(f"admin/set_up/{name}.html", form=form, steps=steps(), step=f"admin.set_up.{name}")
    return make_response(page, status)
