"""What was typed from a sheet, checked line by line; what is wrong is told beside its field, and stays as typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _

from petition_app.paper.entry import LINES, Line
from petition_app.signing.cleaning import clean_line, clean_name, has_controls
from petition_app.signing.countries import normal_postal_code
from petition_app.signing.forms import MAX_NAME

FIELDS = ("given_name", "surname", "postal_code")
LONGEST_LABEL = 120
# Typed alone, it repeats what stands above, as one does by hand.
DITTO = frozenset(('"', "”", "“", "″", "''", "«", "»", "〃"))


@dataclass
class Sheet:
    """The form of a batch: `typed` by field and line, `errors` by the field's name in the page."""

    label: str
    typed: list[dict[str, str]]
    lines: list[Line] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def blank_sheet() -> Sheet:
    return Sheet("", [dict.fromkeys(FIELDS, "") for _line in range(LINES)])


def read_sheet(form: Mapping[str, str], country: str) -> Sheet:
    """The lines that something was typed on. `country` is the one whose postal codes are meant."""
    typed = [{name: form.get(f"{name}-{line}", "") for name in FIELDS} for line in range(1, LINES + 1)]
    sheet = Sheet(clean_line(form.get("label", "")), typed)
    if not sheet.label:
        sheet.errors["label"] = _("Give the sheet a name, so that it can be found again.")
    elif len(sheet.label) > LONGEST_LABEL or has_controls(sheet.label):
        sheet.errors["label"] = _("This is longer than %(most)s characters. Please shorten it.", most=LONGEST_LABEL)
    above = dict.fromkeys(FIELDS, "")
    for number, row in enumerate(typed, 1):
        if any(text.strip() for text in row.values()):
            above = _read_line(sheet, number, row, above, country)
    if not sheet.lines and not sheet.errors:
        sheet.errors["given_name-1"] = _("Type at least one line.")
    return sheet


def _read_line(sheet: Sheet, number: int, row: dict[str, str], above: dict[str, str], country: str) -> dict[str, str]:
    meant = {name: above[name] if row[name].strip() in DITTO else clean_name(row[name]) for name in FIELDS}
    for name in ("given_name", "surname"):
        if error := _trouble(meant[name]):
            sheet.errors[f"{name}-{number}"] = error
    code = normal_postal_code(meant["postal_code"], country)
    if code is None or len(code) > 20:
        sheet.errors[f"postal_code-{number}"] = _("This is no postal code.")
    sheet.lines.append(Line(number, meant["given_name"], meant["surname"], code or ""))
    return meant


def _trouble(name: str) -> str:
    if not name:
        return str(_("Please fill this in."))
    if len(name) > MAX_NAME:
        return str(_("This is longer than %(most)s characters. Please shorten it.", most=MAX_NAME))
    if "\n" in name or has_controls(name) or not any(c.isalpha() for c in name):
        return str(_("This cannot be a name. Please type it again."))
    return ""
