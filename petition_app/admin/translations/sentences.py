"""What is wrong with a translation, in the translator's own language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _

from petition_app.i18n.checking import Finding, Kind
from petition_app.web.filters import number


def sentence(finding: Finding) -> str:
    """What to do about it."""
    if finding.kind == "tags" and not finding.values.get("expected"):
        return str(_("The source has no tags: please take them out."))
    words: Mapping[Kind, str] = {
        "missing": _("This is not translated yet."),
        "too long": _(
            "This is longer than %(most)s characters. Please shorten it.",
            most=number(int(finding.values.get("most", 0))),
        ),
        "note too long": _(
            "The note is longer than %(most)s characters. Please shorten it.",
            most=number(int(finding.values.get("most", 0))),
        ),
        "plural count": _(
            "The number of plural forms must be %(wanted)s, and is %(found)s. Please write each of them.",
            found=finding.values.get("found", ""),
            wanted=finding.values.get("wanted", ""),
        ),
        "placeholders": _(
            "These must stand in it, as they are in the source, and no others: %(expected)s",
            expected=finding.values.get("expected", ""),
        ),
        "percent": _("A percent sign of the text is written twice."),
        "tags": _(
            "The tags must be the source’s, with all that is in them: %(expected)s",
            expected=finding.values.get("expected", ""),
        ),
        "nesting": _("A tag is closed before what it holds, or before it is opened."),
        "markup": _("The source has no “<” or “>”: please take them out."),
        "entities": _(
            "Please write the character itself in place of %(entities)s", entities=finding.values.get("entities", "")
        ),
        "line breaks": _("Please write it in one line, as the source is."),
        "unseen": _("There is a character here that cannot be shown. Please type the text again."),
        "links": _("A link must lead where the source’s does."),
    }
    return words.get(finding.kind, finding.sentence)  # spaces around a text are put right when it is saved


def by_form(findings: Iterable[Finding]) -> dict[int, list[str]]:
    """The sentences for each field: 0 is the only one of a message without plural forms."""
    found: dict[int, list[str]] = {}
    for finding in findings:
        found.setdefault(finding.form or 0, []).append(sentence(finding))
    return found
