"""What is wrong with a translation, in the translator's own language."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from petition_app.i18n.checking import Finding


def sentence(finding: Finding) -> str:
    """What to do about it."""
    if finding.kind == "tags" and not finding.values.get("expected"):
        return str(_("The source has no tags: please take them out."))
    words = {
        "missing": _("This is not translated yet."),
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
    return str(words.get(finding.kind, finding.sentence))


def by_form(findings: Iterable[Finding]) -> dict[int, list[str]]:
    """The sentences for each field: 0 is the only one of a message without plural forms."""
    found: dict[int, list[str]] = {}
    for finding in findings:
        found.setdefault(finding.form or 0, []).append(sentence(finding))
    return found
