"""A language's catalogue as a file: taken away with what was worded here, and brought back from another program."""

from __future__ import annotations

from babel import UnknownLocaleError
from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.notices import notice
from petition_app.admin.translations.book import NoCatalogue
from petition_app.admin.translations.screen import blueprint, by_member, load_book, page
from petition_app.admin.translations.sentences import sentence
from petition_app.i18n import exchange
from petition_app.i18n.damage import worded
from petition_app.i18n.exchange import MOST_BYTES, WrongLanguage
from petition_app.i18n.intake import Outcome
from petition_app.i18n.locales import own_name
from petition_app.i18n.po import UNREADABLE
from petition_app.site import effective
from petition_app.web.filters import number


@blueprint.get("/<locale:code>/messages.po")
@allowed("translations.edit")
def file(code: str) -> ResponseReturnValue:
    """The catalogue with all that was worded here."""
    load_book(code)
    try:
        content = exchange.export(code)
    except UNREADABLE as error:
        raise NoCatalogue(str(error)) from error
    response = Response(content, content_type="text/x-gettext-translation; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{code}.po"'
    return response


@blueprint.get("/<locale:code>/file")
@allowed("translations.edit")
def file_form(code: str) -> ResponseReturnValue:
    """Where a file is taken and brought."""
    return page("file", book=load_book(code), error="", outcome=None)


@blueprint.post("/<locale:code>/file")
@allowed("translations.edit", most_bytes=MOST_BYTES)
def take_in(code: str) -> ResponseReturnValue:
    """Take in what a file has that is new. What could hurt, or is another text here by now, is left out, and told."""
    whole, sent = load_book(code), request.files.get("file")
    data = sent.read() if sent is not None and sent.filename else b""
    if not data:
        return page("file", 422, book=whole, error=_("Please choose a file."), outcome=None)
    try:
        outcome = _import(code, data)
    except UNREADABLE as error:
        told = _("This file cannot be read as a catalogue. %(reason)s", reason=worded(error))
        return page("file", 422, book=whole, error=told, outcome=None)
    except WrongLanguage as wrong:
        told = _("This file says that it is in another language: %(language)s.", language=_name_of(str(wrong)))
        return page("file", 422, book=whole, error=told, outcome=None)
    if outcome.refused or outcome.conflicts:
        return page(
            "file", book=load_book(code), error="", outcome=outcome, counted=_counted(outcome), sentence_of=sentence
        )
    notice(_counted(outcome))
    return redirect(url_for(".file_form", code=code), 303)


def _import(code: str, data: bytes) -> Outcome:
    def record(session: Session, outcome: Outcome) -> None:
        audit.record(session, "translation.imported", locale=code, counts=dict(outcome.counts))

    sent = exchange.read(code, data)
    outcome = exchange.import_(sent, by_member(), overwrites="overwrite" in request.form, record=record)
    effective.look(at_once=True)
    return outcome


def _counted(outcome: Outcome) -> str:
    """How much of the file was new."""
    taken, same, unknown = (outcome.counts[name] for name in ("taken", "same", "unknown"))
    said = []
    if taken:
        said.append(
            ngettext(
                "%(number)s text is taken in. Readers see it within two seconds.",
                "%(number)s texts are taken in. Readers see them within two seconds.",
                taken,
                number=number(taken),
            )
        )
    elif not outcome.conflicts and not outcome.refused:
        said.append(_("The file says nothing new."))
    if same:
        said.append(
            ngettext("%(number)s text is as it was.", "%(number)s texts are as they were.", same, number=number(same))
        )
    if unknown:
        said.append(
            ngettext(
                "%(number)s text of the file is not in the program. It stands at the end of the next file.",
                "%(number)s texts of the file are not in the program. They stand at the end of the next file.",
                unknown,
                number=number(unknown),
            )
        )
    return " ".join(said)


def _name_of(code: str) -> str:
    try:
        return own_name(code)
    except (ValueError, LookupError, UnknownLocaleError):
        return code[:20]
