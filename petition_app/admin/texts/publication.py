"""A text goes to readers: what they will find changed, and, where people have signed, why."""

from __future__ import annotations

from flask import make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import Optional

from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm, LineField, a_line
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.texts.desk import Desk, blueprint, load_desk, put_online
from petition_app.petitions import versions
from petition_app.petitions.difference import around_changes, difference, is_spelling
from petition_app.petitions.versions import LONGEST_REASON, ReasonMissing, Sheet, Stale


class PublicationForm(AdminForm):
    """What a change is, in the words of who makes it."""

    revision = HiddenField()
    kind = RadioField(
        _l("What kind of change is it?"),
        choices=[
            SelectChoice("spelling", _l("Spelling or layout: nothing else is said than before")),
            SelectChoice("change", _l("Something else is said than before")),
        ],
    )
    reason = LineField(_l("Why it was changed"), [Optional(), a_line(LONGEST_REASON)])


@blueprint.get("/<slug:slug>/text/publication")
@allowed("petitions.edit")
def publication(slug: str) -> ResponseReturnValue:
    """What readers will find changed, and the question why."""
    desk = load_desk(slug)
    sheet = versions.sheet_of(desk.petition, desk.locale)
    if not sheet.is_open:
        return redirect(desk.url(), 303)
    form = PublicationForm(formdata=None)
    form.revision.data = str(sheet.revision)
    return _publication_page(desk, sheet, form)


@blueprint.post("/<slug:slug>/text/publication")
@allowed("petitions.edit")
def publish(slug: str) -> ResponseReturnValue:
    """Let readers have it."""
    desk, form = load_desk(slug), PublicationForm()
    sheet = versions.sheet_of(desk.petition, desk.locale)
    if not sheet.is_open:
        return redirect(desk.url(), 303)
    if form.reason.errors or (form.reason.data and not form.reason.validate(form)):
        return _publication_page(desk, sheet, form, 422)
    try:
        put_online(desk, form.revision.data, form.kind.data or "change", form.reason.data or "")
    except Stale:
        notice(_("Somebody has saved this text in the meantime. Please look at it again."), kind=WARNING)
        return redirect(desk.url(".publication"), 303)
    except ReasonMissing:
        form.reason.errors = [_("People have signed the text as it was: please tell them why it was changed.")]
        return _publication_page(desk, sheet, form, 422)
    return redirect(desk.url(), 303)


def _publication_page(desk: Desk, sheet: Sheet, form: PublicationForm, status: int = 200) -> ResponseReturnValue:
    before = versions.published_words(desk.petition, desk.locale)
    only_spelling = is_spelling(before.as_lines, sheet.words.as_lines)
    form.reason.flags.required = not only_spelling
    page = render_template(
        "admin/texts/publication.html",
        petition=desk.petition,
        text=desk.petition.text_for(desk.locale),
        desk=desk,
        form=form,
        sheet=sheet,
        only_spelling=only_spelling,
        paragraphs=around_changes(difference(before.as_lines, sheet.words.as_lines)),
    )
    return make_response(page, status)
