"""The forms of the admin. The guard has checked the CSRF token before a form is made, so no form carries one itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import Field, PasswordField, StringField
from wtforms.validators import ValidationError

from petition_app.admin import passwords
from petition_app.antiabuse.mailboxes import NotAnAddress, normal_address
from petition_app.i18n.form_words import FormWords
from petition_app.signing.cleaning import clean_line, has_controls
from petition_app.web.site import settings


class AdminForm(FlaskForm):
    """A form whose parts `components/_form.html` shows; the template adds the token by `admin/_token.html`."""

    class Meta:
        csrf = False

        def wrap_formdata(self, _form: FlaskForm, formdata: Any) -> Any:
            """Fields and files as a page's form sends them, whatever else a request may hold (JSON)."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            if request.method not in ("POST", "PUT", "PATCH"):
                return None
            return CombinedMultiDict([request.form, request.files])

        def get_translations(self, _form: FlaskForm) -> Any:
            return FormWords()

    def in_reading_order(self) -> list[Field]:
        """The fields as they stand in the class, for the list of what is wrong."""
        return list(self)


class LineField(StringField):
    """One line of text, in order: trimmed, composed, without what cannot be seen."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, filters=[clean_line], **kwargs)


class NewPasswordField(PasswordField):
    """A password as it was typed: it is neither trimmed nor given back to the page."""


def an_address(_form: FlaskForm, field: Field) -> None:
    """An e-mail address, made normal. An empty one is left to others."""
    try:
        address = normal_address(field.data or "")
    except NotAnAddress:
        address = ""
    if not address or len(address) > 254 or has_controls(address):
        raise ValidationError(_("This does not look like an e-mail address. It should be like name@example.org."))
    field.data = address


def a_line(most: int) -> Any:
    """Something, in one line, of at most so many characters."""

    def check(_form: FlaskForm, field: Field) -> None:
        text = field.data or ""
        if not text:
            raise ValidationError(_("Please fill this in."))
        if len(text) > most:
            raise ValidationError(_("This is longer than %(most)s characters. Please shorten it.", most=most))
        if "\n" in text or has_controls(text):
            raise ValidationError(_("There is a character here that cannot be shown. Please type the text again."))

    return check


def a_password(form: FlaskForm, field: Field) -> None:
    """A password that will do (passwords.py); the form's `personal()` says what it must not be."""
    personal = [known for said in form.personal() for known in (said, said.partition("@")[0])]
    site = settings()
    weakness = passwords.weakness(
        field.data or "", *personal, site.association_name, urlsplit(site.site_url).hostname or ""
    )
    if weakness:
        raise ValidationError(weakness)
