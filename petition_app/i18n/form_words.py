"""What WTForms says by itself of a field that cannot be read, in our words: its own languages are fewer than ours."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

_OURS = {
    "Not a valid choice.": _l("Please choose one of these."),
    "Invalid Choice: could not coerce.": _l("Please choose one of these."),
    "'%(value)s' is not a valid choice for this field.": _l("Please choose one of these."),
    "Not a valid integer value.": _l("This is no whole number."),
    "Not a valid date value.": _l("This is no date."),
    "Not a valid datetime value.": _l("This is no date with a time."),
    "This field is required.": _l("Please fill this in."),
}


class FormWords:
    """The translations that a form is made with (`Meta.get_translations`)."""

    def gettext(self, string: str) -> str:
        return str(_OURS.get(string, string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.gettext(singular if n == 1 else plural)
