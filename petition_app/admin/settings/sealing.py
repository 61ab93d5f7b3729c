"""Addresses at rest: whether they are sealed, what that protects from, the passphrase and the recovery key."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, PasswordField
from wtforms.validators import InputRequired, ValidationError

from petition_app.admin import audit, current, passphrase
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm, NewPasswordField, a_password
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.settings.pages import add_section, blueprint, page, saved
from petition_app.models import Member
from petition_app.models.base import now
from petition_app.sealing import boxes, converting, names, state, turning_on
from petition_app.sealing.names import KeyMissing
from petition_app.sealing.turning_on import AlreadyOn, NewKeys
from petition_app.site import effective
from petition_app.transactions import writing
from petition_app.web.site import settings

add_section(
    "admin.settings.sealing",
    _l("Sealed addresses"),
    _l("Whether signers’ e-mail addresses rest encrypted, so that a stolen backup does not give them."),
    position=50,
)
audit.name_acts(
    {
        "sealing.turned_on": _l("had signers’ addresses sealed"),
        "sealing.passphrase_changed": _l("changed the passphrase of the sealed addresses"),
        "sealing.recovery_key_made": _l("made a new recovery key for the sealed addresses"),
    }
)


def long_enough(form: NewPassphraseForm, field: Field) -> None:
    if len(field.data or "") < turning_on.SHORTEST:
        raise ValidationError(
            _("Please use %(least)s characters or more: several words that nobody guesses.", least=turning_on.SHORTEST)
        )
    a_password(form, field)


class NewPassphraseForm(AdminForm):
    new = NewPasswordField(_l("New passphrase"), [InputRequired(_l("Please fill this in.")), long_enough])
    again = NewPasswordField(_l("The same once more"), [InputRequired(_l("Please fill this in."))])

    def validate_again(self, field: Field) -> None:
        if field.data != self.new.data:
            raise ValidationError(_("The two are not the same."))

    def personal(self) -> tuple[str, ...]:
        member: Member = current.member()
        return member.name, member.email


class ChangeForm(NewPassphraseForm):
    present = PasswordField(
        _l("Passphrase as it is, or recovery key"), [InputRequired(_l("Please enter the passphrase."))]
    )

    def in_reading_order(self) -> list[Field]:
        return [self.present, self.new, self.again]


class RecoveryForm(AdminForm):
    known = PasswordField(_l("Passphrase"), [InputRequired(_l("Please enter the passphrase."))])


@blueprint.get("/sealing")
@allowed("settings.manage")
def sealing() -> ResponseReturnValue:
    """What it is and what it is not; or how it stands."""
    return _page()


@blueprint.post("/sealing")
@allowed("settings.manage")
def turn_on() -> ResponseReturnValue:
    """Seal from now on; the recovery key is shown once."""
    form = NewPassphraseForm()
    if state.current() is not None:
        return saved("sealing")
    if not form.validate():
        return _page(422, form=form)
    try:
        keys = NewKeys.make(form.new.data or "")
    except KeyMissing:
        return _page(409, form=form)
    at = now()
    try:
        with writing() as session:
            turning_on.turn_on(session, keys, at)
            audit.record(session, "sealing.turned_on")
    except AlreadyOn:
        notice(_("Somebody was faster: the addresses are sealed already, by another passphrase."), kind=WARNING)
        return saved("sealing")
    effective.look(at_once=True)
    return _key_page(keys.recovery_key)


@blueprint.post("/sealing/passphrase")
@allowed("settings.manage")
def change_passphrase() -> ResponseReturnValue:
    """Another passphrase; the old one opens nothing any more."""
    form = ChangeForm()
    if state.current() is None or not form.validate():
        return _page(422, change=form)
    private_key, problem = passphrase.unlocked(form.present.data or "")
    if problem:
        form.present.errors = [problem]
        return _page(422, change=form)
    lock = boxes.locked(private_key, form.new.data or "")
    with writing() as session:
        turning_on.change_passphrase(session, lock)
        audit.record(session, "sealing.passphrase_changed")
    effective.look(at_once=True)
    notice(_("The new passphrase holds from now on. A backup that was made before is opened by the old one."))
    return redirect(url_for("admin.settings.sealing"), 303)


@blueprint.post("/sealing/recovery-key")
@allowed("settings.manage")
def new_recovery_key() -> ResponseReturnValue:
    """A new key to print; the old one opens nothing any more."""
    form = RecoveryForm()
    if state.current() is None or not form.validate():
        return _page(422, recovery=form)
    private_key, problem = passphrase.unlocked(form.known.data or "")
    if problem:
        form.known.errors = [problem]
        return _page(422, recovery=form)
    key = boxes.new_recovery_key()
    lock = boxes.locked(private_key, key)
    with writing() as session:
        turning_on.change_recovery_key(session, lock)
        audit.record(session, "sealing.recovery_key_made")
    effective.look(at_once=True)
    return _key_page(key)


def _page(status: int = 200, **forms: AdminForm) -> ResponseReturnValue:
    sealing = state.current()
    sealed, _place = converting.progress()
    shown: dict[str, Any] = {
        "form": forms.get("form") or NewPassphraseForm(formdata=None),
        "change": forms.get("change") or ChangeForm(formdata=None),
        "recovery": forms.get("recovery") or RecoveryForm(formdata=None),
    }
    return page(
        "sealing",
        status,
        sealing=sealing,
        sealed=sealed,
        is_installed=boxes.is_installed(),
        lacks_key=not settings().on_sqlite and not names.found_key(),
        is_key_right=sealing is None or names.is_key_right(sealing),
        longest=turning_on.LONGEST,
        **shown,
    )


def _key_page(recovery_key: str) -> ResponseReturnValue:
    return page("recovery_key", step_of="sealing", recovery_key=recovery_key, on_sqlite=settings().on_sqlite)
