"""The sheet of one language as a form sends it: its words, its recipients, and what keeps it from being saved."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Optional, ValidationError

from petition_app.admin.forms import AdminForm, LineField, a_line
from petition_app.petitions import markdown
from petition_app.petitions.importer import LONGEST_TITLE
from petition_app.petitions.recipients import NamedRecipient
from petition_app.petitions.versions import Sheet
from petition_app.petitions.words import (
    LONGEST_BODY,
    LONGEST_CALL,
    LONGEST_NAME,
    LONGEST_OFFICE,
    LONGEST_SUMMARY,
    Words,
)
from petition_app.signing.cleaning import clean_line, clean_text, has_controls

MOST_RECIPIENTS = 30
Recipients = list[NamedRecipient]


class TextForm(AdminForm):
    """The words of one language. Saved as they are; checked when readers are to have them."""

    revision = HiddenField()
    title = LineField(_l("Title"), [InputRequired(_l("Please fill this in.")), a_line(LONGEST_TITLE)])
    summary = TextAreaField(_l("Summary"), [Optional()], filters=[clean_text])
    body = TextAreaField(_l("Text"), [InputRequired(_l("Please fill this in."))], filters=[clean_text])
    # Translators: the words above the form under a petition, such as “Sign this petition”
    call_to_action = LineField(_l("Heading of the form"), [Optional(), a_line(LONGEST_CALL)])

    def validate_summary(self, field: Field) -> None:
        _check_length(field, LONGEST_SUMMARY)

    def validate_body(self, field: Field) -> None:
        _check_length(field, LONGEST_BODY)
        if not markdown.plain(field.data or ""):
            raise ValidationError(_("There is no text in this. Please write what the petition asks, and why."))


def form_of(sheet: Sheet) -> TextForm:
    """The form with what is kept."""
    words = sheet.words
    return TextForm(
        formdata=None,
        data={
            "revision": str(sheet.revision),
            "title": words.title,
            "summary": words.summary,
            "body": words.body,
            "call_to_action": words.call_to_action,
        },
    )


def typed_recipients() -> Recipients:
    """Whom it is addressed to, row by row, empty ones too."""
    names, offices = request.form.getlist("recipient_name"), request.form.getlist("recipient_office")
    pairs = [(clean_line(name), clean_line(office)) for name, office in zip(names, offices, strict=False)]
    return [NamedRecipient(name, office) for name, office in pairs[: MOST_RECIPIENTS + 1]]


def words_of(form: TextForm, recipients: Recipients) -> Words:
    """What was typed, as words that can be kept."""
    return Words(
        title=form.title.data or "",
        summary=form.summary.data or "",
        body=form.body.data or "",
        call_to_action=form.call_to_action.data or "",
        recipients=tuple(r for r in recipients if r.name or r.office),
    )


def unstorable(form: TextForm, recipients: Recipients) -> list[str]:
    """What keeps even a sheet from being saved: too much of it, or what no column takes."""
    lengths = (
        (form.title, LONGEST_TITLE),
        (form.summary, LONGEST_SUMMARY),
        (form.body, LONGEST_BODY),
        (form.call_to_action, LONGEST_CALL),
    )
    problems = [
        _(
            "%(field)s: %(error)s",
            field=field.label.text,
            error=_("This is longer than %(most)s characters. Please shorten it.", most=most),
        )
        for field, most in lengths
        if len(field.data or "") > most
    ]
    named = [text for r in recipients for text in (r.name, r.office)]
    if any(has_controls(text.replace("\t", " ")) for text in [*(f.data or "" for f, _most in lengths), *named]):
        problems.append(_("There is a character here that cannot be shown. Please type the text again."))
    if any(len(r.name) > LONGEST_NAME or len(r.office) > LONGEST_OFFICE for r in recipients):
        problems.append(_("A recipient’s name or office is too long. Please shorten it."))
    if len(recipients) > MOST_RECIPIENTS:
        # Translators: the number is always 30
        problems.append(_("At most %(most)s recipients fit.", most=MOST_RECIPIENTS))
    return problems


def _check_length(field: Field, most: int) -> None:
    text = field.data or ""
    if len(text) > most:
        # Translators: the number is 80 at least
        raise ValidationError(_("This is longer than %(most)s characters. Please shorten it.", most=most))
    if has_controls(text.replace("\t", " ")):
        raise ValidationError(_("There is a character here that cannot be shown. Please type the text again."))
