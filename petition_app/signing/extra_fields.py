"""The fields that a petition chooses for its form: how each is shown, what is taken, what is said when it is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from wtforms import Field, RadioField, SelectField, StringField, TelField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import StopValidation, ValidationError

from petition_app.models.base import now
from petition_app.models.petition_field import LONGEST_ANSWER
from petition_app.petitions.fields import AskedField, Words
from petition_app.signing.cleaning import clean_line, has_controls
from petition_app.web.site import settings

MOST_LINE = 100
MOST_PHONE = 20
# A number as the world's networks take it has fifteen digits at most (ITU-T E.164); the shortest of some use has six.
FEWEST_DIGITS, MOST_DIGITS = 6, 15
# Nobody is older, and nobody younger signs alone: this finds slips, and asks nobody for an age.
OLDEST, YOUNGEST = 120, 5


@dataclass(frozen=True)
class ExtraField:
    """A chosen field on a form: the form's own field, what it is asked for, and how a browser helps to fill it in."""

    asked: AskedField
    words: Words
    field: Field

    @property
    def attributes(self) -> dict[str, Any]:
        return _ATTRIBUTES.get(self.asked.kind, {})


# What browsers know to fill in (HTML, autofill detail tokens), and which keys a phone shows.
_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "municipality": {"autocomplete": "address-level2", "maxlength": MOST_LINE, "dir": "auto"},
    "phone": {"autocomplete": "tel", "inputmode": "tel", "maxlength": MOST_PHONE, "dir": "ltr", "class": "short"},
    "birth_year": {"autocomplete": "bday-year", "inputmode": "numeric", "maxlength": 4, "dir": "ltr", "class": "short"},
    "profession": {"autocomplete": "organization-title", "maxlength": MOST_LINE, "dir": "auto"},
    "question_text": {"autocomplete": "off", "maxlength": LONGEST_ANSWER, "dir": "auto"},
    "question_choice": {"autocomplete": "off"},
}


def name_of(asked: AskedField) -> str:
    """What its field is called in the form."""
    return f"field_{asked.id}"


def unbound(asked: AskedField, label: str, words: Words, *, is_required: bool) -> Any:
    """The field for a form to bind. Nothing is chosen beforehand: there is no way to say so."""
    checks = [_required if is_required else _or_nothing, _CHECKS[asked.kind], _unchanged(asked)]
    if asked.kind == "question_choice":
        choices = [SelectChoice("", _("Please choose") if is_required else _("No answer"))]
        choices += [SelectChoice(key, text) for key, text in words.choices]
        return SelectField(label, checks, choices=choices, validate_choice=False)
    if asked.kind == "question_yes_no":
        answers = [SelectChoice("yes", _("Yes")), SelectChoice("no", _("No"))]
        answers += [] if is_required else [SelectChoice("", _("No answer"))]
        return RadioField(label, checks, choices=answers, validate_choice=False)
    kind = TelField if asked.kind == "phone" else StringField
    return kind(label, checks, filters=[clean_line])


def _required(_form: Any, field: Field) -> None:
    if not field.data:
        choice = isinstance(field, SelectField | RadioField)
        raise StopValidation(_("Please choose an answer.") if choice else _("Please fill this in."))


def _or_nothing(_form: Any, field: Field) -> None:
    if not field.data:
        raise StopValidation


def _unchanged(asked: AskedField) -> Callable[[Any, Field], None]:
    """An answer is to the words that were read: where they are newer than the page, they are shown first."""

    def check(form: Any, _field: Field) -> None:
        if form.shown_revision is not None and asked.revision > form.shown_revision:
            raise ValidationError(
                _("This question was changed after you had opened the page. Please look at it again.")
            )

    return check


def _line(most: int) -> Callable[[Any, Field], None]:
    def check(_form: Any, field: Field) -> None:
        text = field.data
        if len(text) > most:
            raise StopValidation(_("This is longer than %(most)s characters. Please shorten it.", most=most))
        if "\n" in text or has_controls(text):
            raise StopValidation(_("There is a character here that cannot be shown. Please type the text again."))

    return check


def _words_line(_form: Any, field: Field) -> None:
    _line(MOST_LINE)(_form, field)
    if not any(unicodedata.category(c)[0] == "L" for c in field.data):
        raise StopValidation(_("This needs at least one letter."))


def _phone(_form: Any, field: Field) -> None:
    """Digits with spaces and a plus in front; the dots, dashes and brackets that people write between them go."""
    typed = unicodedata.normalize("NFKC", field.data)
    number = " ".join(re.sub(r"[.\-‐-―()/]", " ", typed).split()) if len(typed) <= 2 * MOST_PHONE else ""
    digits = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in number)
    counted = sum(c.isdigit() for c in digits)
    is_number = re.fullmatch(r"\+?[0-9 ]+", digits) and FEWEST_DIGITS <= counted <= MOST_DIGITS
    if not is_number or len(digits) > MOST_PHONE:
        raise StopValidation(
            _(
                "This does not look like a phone number. Please write it with digits and spaces only, "
                "with a + in front if it is one from abroad."
            )
        )
    field.data = digits


def _birth_year(_form: Any, field: Field) -> None:
    typed = unicodedata.normalize("NFKC", field.data)
    this_year = now().astimezone(settings().timezone).year
    oldest, youngest = this_year - OLDEST, this_year - YOUNGEST
    year = int(typed) if len(typed) == 4 and typed.isdecimal() else 0
    if not oldest <= year <= youngest:
        raise StopValidation(
            _("Please write the year with four digits, from %(first)s to %(last)s.", first=oldest, last=youngest)
        )
    field.data = str(year)


def _offered(_form: Any, field: Any) -> None:
    if field.data not in {choice.value for choice in field.choices}:
        raise StopValidation(_("Please choose one of the answers."))


_CHECKS: dict[str, Callable[[Any, Field], None]] = {
    "municipality": _words_line,
    "phone": _phone,
    "birth_year": _birth_year,
    "profession": _words_line,
    "question_text": _line(LONGEST_ANSWER),
    "question_choice": _offered,
    "question_yes_no": _offered,
}
