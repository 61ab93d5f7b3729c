"""The forms of a signer: what is asked, what is taken, and what is said when it cannot be."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, EmailField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import DataRequired, InputRequired, Optional, StopValidation, ValidationError

from petition_app.antiabuse.mailboxes import NotAnAddress, normal_address
from petition_app.i18n.form_words import FormWords
from petition_app.i18n.locales import selected_locale, usual_country
from petition_app.models import Petition, Signature
from petition_app.models.comment import MAX_LENGTH
from petition_app.petitions.fields import AskedField, AskedForm, Words, asked_form
from petition_app.privacy.consent import OPTIONAL_BOXES, wordings
from petition_app.signing.cleaning import clean_line, clean_name, clean_text, has_controls, names_a_page
from petition_app.signing.countries import WITHOUT_CODES, countries, normal_postal_code
from petition_app.signing.extra_fields import ExtraField, name_of, unbound

MAX_NAME = 80


class PublicForm(FlaskForm):
    """A form of the public pages: no cookie, so no CSRF token; the origin of the request is checked instead."""

    class Meta:
        csrf = False

        def wrap_formdata(self, _form: FlaskForm, formdata: Any) -> MultiDict[str, str] | None:
            """The fields that a page's form sends: text, whatever else a request may hold (files, JSON)."""
            return formdata if formdata is None or isinstance(formdata, MultiDict) else request.form or None

        def get_translations(self, _form: FlaskForm) -> Any:
            return FormWords()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            if getattr(field, "choices", None) is not None and field.raw_data and len(field.raw_data) > 1:
                # A field sent twice says two things; the first one is as good as the other, and one is taken.
                field.raw_data = field.raw_data[:1]

    def optional(self, name: str) -> bool:
        """Whether the page says “(optional)” behind the field's label."""
        return not self._fields[name].flags.required


def plausible_name(_form: FlaskForm, field: Field) -> None:
    name = field.data or ""
    if not name:
        raise StopValidation(_("Please fill this in."))
    if len(name) > MAX_NAME:
        # Translators: the number is 80 at least
        raise ValidationError(_("This is longer than %(most)s characters. Please shorten it.", most=MAX_NAME))
    if "\n" in name or has_controls(name):
        raise ValidationError(_("There is a character here that cannot be part of a name. Please type it again."))
    if names_a_page(name):
        raise ValidationError(_("A name cannot contain a web address."))
    if not any(unicodedata.category(c)[0] == "L" for c in name):
        raise ValidationError(_("A name needs at least one letter."))


def plausible_address(_form: FlaskForm, field: Field) -> None:
    text = field.data or ""
    if not text:
        raise StopValidation(_("Please fill this in: your signature counts once you have confirmed it by e-mail."))
    try:
        field.data = normal_address(text)
    except NotAnAddress:
        raise ValidationError(
            _("This does not look like an e-mail address. It should be like name@example.org.")
        ) from None
    if len(field.data) > 254 or has_controls(field.data):
        raise ValidationError(_("This does not look like an e-mail address. It should be like name@example.org."))


def plausible_comment(_form: FlaskForm, field: Field) -> None:
    text = field.data or ""
    if len(text) > MAX_LENGTH:
        raise ValidationError(
            _(
                "The comment has %(count)s characters; at most %(most)s fit. Please shorten it.",
                count=len(text),
                most=MAX_LENGTH,
            )
        )
    if has_controls(text.replace("\t", " ")):
        raise ValidationError(_("There is a character here that cannot be shown. Please type the text again."))


def chosen(message: Any) -> InputRequired:
    return InputRequired(message=message)


@functools.cache
def _country_choices(locale: str, first: str) -> list[SelectChoice]:
    return [SelectChoice("", first), *(SelectChoice(code, name) for code, name in countries(locale))]


@functools.cache
def _country_codes() -> frozenset[str]:
    return frozenset(code for code, _name in countries("en"))


class CountryField(SelectField):
    """A country by its two letters. The list with its names is made when a page shows it, not to check one."""

    def pre_validate(self, _form: FlaskForm) -> None:
        if self.data and self.data not in _country_codes():
            raise ValidationError(_("Please choose a country."))


class ConsentBox(BooleanField):
    """A box that is ticked or not; whatever says no in words is a no."""

    false_values = (False, "", "0", "false", "False", "no", "off")


READING_ORDER = (
    "given_name",
    "surname",
    "email",
    "postal_code",
    "country",
    "extras",
    "comment",
    "name_display",
    "consent_processing",
    *(f"consent_{purpose}" for purpose in OPTIONAL_BOXES),
)


@dataclass(frozen=True)
class Answer:
    """An answer to one of the petition's own fields, checked; "" for none."""

    field_id: int
    wording_id: int
    value: str


class SignerFields(PublicForm):
    """What a signer tells, and can correct later."""

    # Translators: a given name, beside the surname
    given_name = StringField(_l("Name"), [plausible_name], filters=[clean_name])
    surname = StringField(_l("Surname"), [plausible_name], filters=[clean_name])
    postal_code = StringField(_l("Postal Code"), filters=[clean_line])
    country = CountryField(_l("Country"))
    comment = TextAreaField(_l("Comment"), [Optional(), plausible_comment], filters=[clean_text])
    name_display = RadioField(
        _l("How my name is shown on the public page"),
        [chosen(_l("Please choose how your name is shown."))],
        choices=[
            SelectChoice("full", _l("Name and surname")),
            SelectChoice("initial", _l("Name and the surname’s first letter")),
            SelectChoice("hidden", _l("Hidden: neither name nor postal code")),
        ],
    )
    consent_petition_news = ConsentBox()
    consent_association_news = ConsentBox()

    def __init__(
        self, petition: Petition, *args: Any, asked: AskedForm | None = None, can_require: bool = True, **kwargs: Any
    ) -> None:
        """`asked` is a form that is only thought of, for a preview; else the petition's own is meant."""
        self.asked = asked_form(petition) if asked is None else asked
        chosen_fields = self._choose_fields(petition, can_require)
        super().__init__(*args, **kwargs)
        self.extras = [ExtraField(field, words, self._fields[name_of(field)]) for field, words in chosen_fields]
        for extra in self.extras:
            extra.field.flags.required = can_require and extra.asked.is_required
        self.shown_revision = _revision_in(request.form) if self.asked.fields and self.is_submitted() else None
        self.petition = petition
        self.country.choices = lambda: _country_choices(  # type: ignore[assignment]  # its stubs know no function
            str(get_locale()), _("Choose a country") if petition.country == "required" else _("No answer")
        )
        shown = self.wordings = wordings()
        self.given_name.flags.required = self.surname.flags.required = True
        for purpose in OPTIONAL_BOXES:
            self._fields[f"consent_{purpose}"].label.text = shown[purpose]
        if petition.postal_code == "hidden":
            del self.postal_code
        elif petition.postal_code == "required":
            self.postal_code.flags.required = True
        if petition.country == "hidden":
            del self.country
        elif petition.country == "required":
            self.country.flags.required = True
        if petition.comments == "off":
            del self.comment

    def _choose_fields(self, petition: Petition, can_require: bool) -> list[tuple[AskedField, Words]]:
        """Put the petition's own fields behind those of the class, which every form of it shares."""
        locale, default = selected_locale(), petition.default_locale
        chosen_fields = [(field, field.words_in(locale, default)) for field in self.asked.fields]
        added = []
        for field, words in chosen_fields:
            is_required = can_require and field.is_required
            label = field.label_in(locale, default)
            added.append((name_of(field), unbound(field, label, words, is_required=is_required)))
        if added:
            form: Any = self  # WTForms has no other way to bind fields that one form has and the next has not
            form._unbound_fields = [*type(form)._unbound_fields, *added]
        return chosen_fields

    def in_reading_order(self) -> list[Field]:
        """The fields as the eye meets them on the page, for the list of what is wrong."""
        extras = [extra.field for extra in self.extras]
        listed = [extras if name == "extras" else [self._fields.get(name)] for name in READING_ORDER]
        return [field for fields in listed for field in fields if field is not None]

    def validate_country(self, field: Field) -> None:
        if not field.data and self.petition.country == "required":
            raise ValidationError(_("Please choose a country."))

    def validate_postal_code(self, field: Field) -> None:
        """Checked by the chosen country's format; written as that country writes it."""
        country = self.text_of("country")
        text = field.data or ""
        if not text:
            if self.petition.postal_code == "required" and country not in WITHOUT_CODES:
                raise ValidationError(_("Please fill this in."))
            return
        code = normal_postal_code(text, country) if len(text) <= 40 else None
        if code is None:
            if self.petition.country == "hidden":
                raise ValidationError(_("This does not look like a postal code. Please check it."))
            raise ValidationError(
                _(
                    "This is not a postal code as the country you chose has them. "
                    "Please check both, or leave the field empty if it is optional."
                )
                if self.petition.postal_code == "optional"
                else _("This is not a postal code as the country you chose has them. Please check both.")
            )
        field.data = code

    def text_of(self, name: str) -> str:
        """What was entered, "" for a field that this petition does not have."""
        return str(self._fields[name].data or "") if name in self._fields else ""

    def answers(self) -> tuple[Answer, ...]:
        """What was answered to the petition's own fields, "" for nothing, each with the words that it answers."""
        return tuple(
            Answer(extra.asked.id, extra.words.wording_id, str(extra.field.data or "")) for extra in self.extras
        )

    def chosen_consents(self) -> dict[str, str]:
        """The purposes that are agreed to, each with its value."""
        boxes = {purpose: "yes" for purpose in OPTIONAL_BOXES if self._fields[f"consent_{purpose}"].data}
        return {**boxes, "name_display": str(self.name_display.data)}


class SignForm(SignerFields):
    """The form under a petition."""

    email = EmailField(_l("E-mail"), [plausible_address], filters=[clean_line])
    consent_processing = ConsentBox(
        "", [DataRequired(_l("Without your consent, the signature cannot be counted. Please tick this box to sign."))]
    )

    def __init__(self, petition: Petition, *args: Any, **kwargs: Any) -> None:
        super().__init__(petition, *args, **kwargs)
        self.email.flags.required = True
        self.consent_processing.label.text = self.wordings["processing"]
        if petition.country == "required" and self.country.data is None and not self.is_submitted():
            self.country.data = usual_country(selected_locale())

    def chosen_consents(self) -> dict[str, str]:
        return {"processing": "yes", **super().chosen_consents()}


class CorrectionForm(SignerFields):
    """What the personal page lets correct. The address stays: it is what was confirmed.

    An answer to one of the petition's own fields can always be taken back, where the form requires it, too.
    """

    def __init__(self, signature: Signature, *args: Any, **kwargs: Any) -> None:
        super().__init__(signature.petition, *args, data=_entered(signature), can_require=False, **kwargs)


def _entered(signature: Signature) -> dict[str, Any]:
    return {
        "given_name": signature.given_name,
        "surname": signature.surname,
        "postal_code": signature.postal_code,
        "country": signature.country,
        "comment": signature.comment.text if signature.comment else "",
        "name_display": signature.name_display,
        **{f"consent_{purpose}": signature.agrees_to(purpose) for purpose in OPTIONAL_BOXES},
        **{f"field_{answer.field_id}": answer.value for answer in signature.told},
    }


def _revision_in(form: Mapping[str, str]) -> int | None:
    """The revision of the fields that the page has shown, as its form names it; None where it names none."""
    named = form.get("form_revision", "")
    return int(named) if named.isascii() and named.isdecimal() and len(named) < 10 else None
