"""Who runs the site: what the legal notice, the privacy policy, the consents and the mails say of the association."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field, IntegerField
from wtforms.validators import Optional, ValidationError

from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm, LineField, an_address
from petition_app.admin.settings.pages import add_section, blueprint, fixed, page, save, saved
from petition_app.signing.cleaning import clean_line, has_controls
from petition_app.web.site import settings

LONGEST = 300

add_section(
    "admin.settings.association",
    _l("Association"),
    _l("Its name and address, whom to write to, and what the legal notice must say."),
    position=10,
)


def short(_form: AdminForm, field: Field) -> None:
    """A line that can be shown, or nothing."""
    text = field.data or ""
    if len(text) > LONGEST:
        raise ValidationError(_("This is longer than %(most)s characters. Please shorten it.", most=LONGEST))
    if "\n" in text or has_controls(text):
        raise ValidationError(_("There is a character here that cannot be shown. Please type the text again."))


def _one_to_36(_form: AdminForm, field: Field) -> None:
    if field.data is None or not 1 <= field.data <= 36:  # of any length: more digits than a number of the machine has
        raise ValidationError(_("Please enter a number from 1 to 36."))


def address_or_nothing(form: AdminForm, field: Field) -> None:
    if field.data:
        an_address(form, field)


class AssociationForm(AdminForm):
    association_name = LineField(_l("Name of the association"), [short])
    association_address = LineField(_l("Postal address"), [short])
    association_contact = EmailField(_l("E-mail address"), [address_or_nothing], filters=[clean_line])
    # Translators: the person who answers by law for what the site publishes
    association_publisher = LineField(_l("Responsible for the content"), [short])
    association_hosting = LineField(_l("Host of the site"), [short])
    data_protection_contact = LineField(_l("Data-protection contact"), [short])
    signers_kept_months = IntegerField(
        _l("Months after a petition has closed until its signers’ data are erased"),
        [Optional(), _one_to_36],
    )


@blueprint.get("/association")
@allowed("settings.manage")
def association() -> ResponseReturnValue:
    """Who runs the site, to be filled in."""
    known = settings()
    form = AssociationForm(formdata=None, data={name: getattr(known, name) for name in AssociationForm().data})
    return page("association", form=form)


@blueprint.post("/association")
@allowed("settings.manage")
def save_association() -> ResponseReturnValue:
    form = AssociationForm()
    for name in fixed():
        if name in form:
            del form[name]  # what the operator has set is neither sent nor checked
    if not form.validate():
        return page("association", 422, form=_whole(form))
    save({name: str(value or "") for name, value in form.data.items()})
    return saved("association")


def _whole(form: AssociationForm) -> AssociationForm:
    """The form with what the operator has set, too, as the page shows it."""
    whole = AssociationForm(formdata=None, data={name: getattr(settings(), name) for name in fixed()} | form.data)
    for field in form:
        whole[field.name].errors = field.errors
    return whole
