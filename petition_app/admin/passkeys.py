"""Signing in without a password: a passkey that the member's device or password manager keeps (WebAuthn, level 3).

It is checked by the device's own lock (finger, face, PIN), so it stands for both factors. What it needs is the extra
`passkeys`; without it, nothing of it is offered.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import flask
from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select
from wtforms import HiddenField
from wtforms.validators import InputRequired

from petition_app.admin import audit, current, limits, sessions
from petition_app.admin.access import allowed, door
from petition_app.admin.addresses import safe_next
from petition_app.admin.forms import AdminForm, LineField, a_line
from petition_app.admin.notices import notice
from petition_app.antiabuse.rate_limit import TooMany
from petition_app.extensions import db
from petition_app.models import Member, Passkey
from petition_app.models.base import now
from petition_app.models.passkey import LONGEST_NAME
from petition_app.transactions import writing
from petition_app.web.site import association_name, settings

blueprint = Blueprint("passkeys", __name__)

INSTALL = 'make install EXTRAS="passkeys"'
_CHALLENGE = "passkey"
MOST_PASSKEYS = 20

audit.name_acts({"member.passkey_added": _l("added a passkey"), "member.passkey_removed": _l("removed a passkey")})


class NotAccepted(Exception):
    """What the browser sent is no proof of a passkey that is known here."""


class NewPasskeyForm(AdminForm):
    name = LineField(_l("Name of the passkey"), [InputRequired(_l("Please fill this in.")), a_line(LONGEST_NAME)])
    credential = HiddenField()


def is_installed() -> bool:
    """Whether the extra `passkeys` is there. It is not loaded for that: it takes more memory than a page is worth."""
    return find_spec("webauthn") is not None


def are_there() -> bool:
    """Whether anybody has one, so that the door offers it."""
    return is_installed() and bool(db.session.scalar(select(exists().where(Passkey.id.is_not(None)))))


def passkeys_of(member: Member) -> list[Passkey]:
    found = select(Passkey).where(Passkey.member_id == member.id).order_by(Passkey.id)
    return list(db.session.scalars(found))


@blueprint.get("/account/passkeys/new")
@allowed("account.secure")
def form() -> ResponseReturnValue:
    """The page on which the device makes one."""
    if not is_installed():
        abort(404)
    return _new_page(NewPasskeyForm(formdata=None))


@blueprint.post("/account/passkeys/new")
@allowed("account.secure")
def add() -> ResponseReturnValue:
    """Keep the public half of what the device has made."""
    if not is_installed():
        abort(404)
    form, member_id = NewPasskeyForm(), current.member().id
    challenge = _take_challenge()
    if not form.validate():
        return _new_page(form, 422)
    try:
        found = _registered(form.credential.data or "", challenge)
    except NotAccepted:
        form.form_errors.append(_("The device made no passkey that can be used here. Please try once more."))
        return _new_page(form, 422)
    with writing() as session:
        member = session.get_one(Member, member_id, with_for_update=True)
        if len(passkeys_of(member)) >= MOST_PASSKEYS or session.scalar(_known(found["id"])) is not None:
            abort(409)
        passkey = Passkey(
            member_id=member.id,
            credential_id=found["id"],
            public_key=found["public_key"],
            sign_count=found["sign_count"],
            name=form.name.data,
        )
        session.add(passkey)
        audit.record(session, "member.passkey_added", passkey)
    notice(_("The passkey is added. You can sign in with it from now on."))
    return redirect(url_for("admin.account.index"), 303)


@blueprint.post("/account/passkeys/<int:passkey_id>/removal")
@allowed("account.secure")
def remove(passkey_id: int) -> ResponseReturnValue:
    """It opens nothing any more."""
    member_id = current.member().id
    with writing() as session:
        passkey = session.get(Passkey, passkey_id) if passkey_id < 2**31 else None
        if passkey is None or passkey.member_id != member_id:
            abort(404)
        audit.record(session, "member.passkey_removed", passkey)
        session.delete(passkey)
    notice(_("The passkey is removed."))
    return redirect(url_for("admin.account.index"), 303)


@blueprint.get("/sign-in/passkey")
@door
def sign_in_form() -> ResponseReturnValue:
    """The page on which the device is asked."""
    if not are_there():
        return redirect(url_for("admin.sign_in.form"), 303)
    if current.member_or_none() is not None:
        return redirect(url_for("admin.dashboard.index"), 303)
    return _sign_in_page()


@blueprint.post("/sign-in/passkey")
@door
def sign_in() -> ResponseReturnValue:
    """Sign in by what the device has signed. All that is wrong is answered alike."""
    if not are_there():
        return redirect(url_for("admin.sign_in.form"), 303)
    challenge = _take_challenge()
    try:
        limits.try_once(limits.SIGN_IN_NETWORK)
        passkey_id, sign_count = _proven(request.form.get("credential", ""), challenge)
    except TooMany as error:
        page = _sign_in_page(_("There were many tries from your connection. Please wait a quarter of an hour."), 429)
        response = make_response(page)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    except NotAccepted:
        return _sign_in_page(_("This passkey opens nothing here. Please try once more, or use your password."), 422)
    if not _begin(passkey_id, sign_count):
        return _sign_in_page(_("This passkey opens nothing here. Please try once more, or use your password."), 422)
    return redirect(safe_next(request.form.get("next", "")), 303)


def _begin(passkey_id: int, sign_count: int) -> bool:
    """Begin the session, unless the passkey or its member has gone meanwhile."""
    with writing() as session:
        passkey = session.get(Passkey, passkey_id, with_for_update=True)
        if passkey is None or not passkey.member.is_active:
            return False
        passkey.use(sign_count, now())
        sessions.begin(session, passkey.member, now(), complete=True)
        audit.record(session, "member.signed_in", by=passkey.member)
    return True


def _registered(credential: str, challenge: bytes) -> dict[str, Any]:
    """What of a new passkey is kept. Raises NotAccepted."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = webauthn.verify_registration_response(
            credential=_parsed(credential),
            expected_challenge=challenge,
            expected_rp_id=_rp_id(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotAccepted from error
    return {
        "id": webauthn.helpers.bytes_to_base64url(found.credential_id),
        "public_key": found.credential_public_key,
        "sign_count": found.sign_count,
    }


def _proven(credential: str, challenge: bytes) -> tuple[int, int]:
    """The passkey that has signed the challenge, and its new count. Raises NotAccepted."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    sent = _parsed(credential)
    passkey = db.session.scalar(_known(str(sent.get("id", ""))[:1400]))
    if passkey is None or not passkey.member.is_active:
        raise NotAccepted
    try:
        found = webauthn.verify_authentication_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(),
            expected_origin=_origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotAccepted from error
    return passkey.id, found.new_sign_count


def _known(credential_id: str) -> Any:
    return select(Passkey).where(Passkey.credential_id == credential_id)


def _parsed(credential: str) -> dict[str, Any]:
    """The browser's JSON. Raises NotAccepted."""
    try:
        sent = json.loads(credential)
    except (ValueError, RecursionError) as error:
        raise NotAccepted from error
    if not isinstance(sent, dict) or "\x00" in str(sent.get("id", "")):
        raise NotAccepted
    return sent


def _take_challenge() -> bytes:
    """The challenge of the page that was sent: good once. Raises NotAccepted where there is none, later."""
    kept = flask.session.pop(_CHALLENGE, "")
    return bytes.fromhex(kept) if isinstance(kept, str) and kept else b"none"


def _keep_challenge(challenge: bytes) -> None:
    flask.session[_CHALLENGE] = challenge.hex()


def _rp_id() -> str:
    """The host that a passkey is bound to: a page of another site cannot ask for it."""
    return urlsplit(settings().site_url).hostname or ""


def _origin() -> str:
    parts = urlsplit(settings().site_url)
    return f"{parts.scheme}://{parts.netloc}"


def _new_page(form: NewPasskeyForm, status: int = 200) -> ResponseReturnValue:
    import webauthn
    from webauthn.helpers import structs

    member = current.member()
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(),
        rp_name=association_name(),
        user_id=f"member-{member.id}".encode(),
        user_name=member.email,
        user_display_name=member.name,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(known.credential_id))
            for known in passkeys_of(member)
        ],
    )
    _keep_challenge(options.challenge)
    page = render_template("admin/passkeys/form.html", form=form, options=webauthn.options_to_json(options))
    return make_response(page, status)


def _sign_in_page(problem: str = "", status: int = 200) -> ResponseReturnValue:
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=_rp_id(), user_verification=structs.UserVerificationRequirement.REQUIRED
    )
    _keep_challenge(options.challenge)
    page = render_template(
        "admin/passkeys/sign_in_form.html",
        options=webauthn.options_to_json(options),
        problem=problem,
        next=request.values.get("next", ""),
    )
    return make_response(page, status)
