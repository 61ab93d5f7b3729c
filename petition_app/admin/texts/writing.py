"""A text is written: kept at each pause, looked at, compared where two have written, thrown away and taken up again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from petition_app.admin import current
from petition_app.admin.access import allowed
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.texts.desk import Desk, blueprint, load_desk, put_online, record
from petition_app.admin.texts.sheet import Recipients, TextForm, form_of, typed_recipients, unstorable, words_of
from petition_app.admin.typed import ROW_ACTS, moved, number_of
from petition_app.models.base import now
from petition_app.petitions import markdown, versions
from petition_app.petitions.difference import around_changes, difference
from petition_app.petitions.pasting import LARGEST_PASTE, markdown_of_html, tidy
from petition_app.petitions.recipients import NamedRecipient
from petition_app.petitions.versions import Sheet, Stale
from petition_app.petitions.words import LONGEST_BODY
from petition_app.texts.publishing import kept_words
from petition_app.web.htmx import wants_fragment

# A pasted page with its formatting, and the form around it.
LARGEST_PASTED_FORM = 4 * LARGEST_PASTE


@blueprint.get("/<slug:slug>/text")
@allowed("petitions.edit")
def form(slug: str) -> ResponseReturnValue:
    """The sheet of one language, with its preview or another language beside it."""
    desk = load_desk(slug)
    sheet = versions.sheet_of(desk.petition, desk.locale)
    kept = kept_words(desk.petition, desk.locale) if not sheet.is_open else None
    if kept is not None:
        sheet = replace(sheet, words=kept)
    return _page(desk, form_of(sheet), list(sheet.words.recipients), sheet, is_translation=kept is not None)


@blueprint.post("/<slug:slug>/text")
@allowed("petitions.edit")
def save(slug: str) -> ResponseReturnValue:
    """Keep what was typed; then do what was pressed: go on writing, see it, move a recipient, or put it online."""
    desk, form, recipients = load_desk(slug), TextForm(), typed_recipients()
    act, _colon, place = request.form.get("act", "").partition(":")
    if act in ROW_ACTS:
        return _with_recipients(desk, form, moved(recipients, act, place, NamedRecipient("", "")))
    if act in ("preview", "tidy"):
        form.body.data = tidy(form.body.data or "", desk.locale) if act == "tidy" else form.body.data
        return _page(desk, form, recipients)
    answer = {"autosave": _autosave, "publish": _keep_and_publish}.get(act, _keep)
    return answer(desk, form, recipients)


def _keep(desk: Desk, form: TextForm, recipients: Recipients) -> ResponseReturnValue:
    """Keep it for later."""
    kept = _kept(desk, form, recipients)
    if not isinstance(kept, Sheet):
        return kept
    notice(_("What you wrote is kept. Readers do not see it yet.") if kept.is_open else _("Nothing has changed."))
    return redirect(desk.url(), 303)


def _keep_and_publish(desk: Desk, form: TextForm, recipients: Recipients) -> ResponseReturnValue:
    """Readers get nothing that does not hold; where people have signed, they are told why it changes."""
    kept = _kept(desk, form, recipients)
    if not isinstance(kept, Sheet):
        return kept
    is_good = form.validate()
    if any(not r.name for r in kept.words.recipients):
        form.form_errors.append(_("A recipient has an office, but no name."))
        is_good = False
    if not is_good:
        form.revision.data = str(kept.revision)
        return make_response(_page(desk, form, recipients, kept), 422)
    if kept.is_open and desk.asks_reason:
        return redirect(desk.url(".publication"), 303)
    put_online(desk, str(kept.revision), "change", "")
    return redirect(desk.url(), 303)


def _autosave(desk: Desk, form: TextForm, recipients: Recipients) -> ResponseReturnValue:
    """Keep the last keystrokes, and say so in a line: nothing else of the page moves under who is typing."""
    problems = unstorable(form, recipients)
    if problems:
        return _status(desk, problem=problems[0])
    try:
        return _status(desk, kept=_save(desk, form, recipients))
    except Stale as stale:
        return _status(desk, theirs=stale.sheet)


def _kept(desk: Desk, form: TextForm, recipients: Recipients) -> Sheet | Response:
    """The sheet with what was typed; or the page that says why it could not be kept."""
    problems = unstorable(form, recipients)
    if problems:
        form.form_errors.extend(problems)
        return make_response(_page(desk, form, recipients), 422)
    try:
        return _save(desk, form, recipients)
    except Stale as stale:
        return _conflict(desk, form, recipients, stale.sheet)


@blueprint.post("/<slug:slug>/text/preview")
@allowed("petitions.edit")
def preview(slug: str) -> ResponseReturnValue:
    """The text as readers will see it: the part of the page beside the form."""
    return render_template("admin/texts/_preview.html", **_preview_of(load_desk(slug), TextForm(), typed_recipients()))


@blueprint.post("/<slug:slug>/text/paste")
@allowed("petitions.edit", most_bytes=LARGEST_PASTED_FORM)
def paste(slug: str) -> ResponseReturnValue:
    """Markdown for what was pasted from a page or a word processor."""
    text = markdown_of_html(request.form.get("html", ""), load_desk(slug).locale)
    return Response(text, content_type="text/plain; charset=utf-8")


@blueprint.post("/<slug:slug>/text/drop")
@allowed("petitions.edit")
def drop(slug: str) -> ResponseReturnValue:
    """Go back to what is online. It can be taken back."""
    desk, revision = load_desk(slug), number_of(request.form.get("revision"))
    try:
        versions.drop_sheet(desk.petition.id, desk.locale, revision)
    except Stale:
        notice(_("Somebody has saved this text in the meantime. Please look at it again."), kind=WARNING)
        return redirect(desk.url(), 303)
    record("text.dropped", desk)
    undo = url_for(".take_up", slug=slug, text=desk.locale, revision=revision + 1)
    notice(_("The text is as it is online again."), undo=undo)
    return redirect(desk.url(), 303)


@blueprint.post("/<slug:slug>/text/taking-up")
@allowed("petitions.edit")
def take_up(slug: str) -> ResponseReturnValue:
    """Take up again what was thrown away."""
    desk = load_desk(slug)
    try:
        versions.take_up_again(desk.petition.id, desk.locale, number_of(request.args.get("revision")))
        record("text.taken_up", desk)
    except Stale:
        notice(_("This cannot be taken back any more: the text was saved anew."), kind=WARNING)
    return redirect(desk.url(), 303)


def _save(desk: Desk, form: TextForm, recipients: Recipients) -> Sheet:
    return versions.save_sheet(
        desk.petition.id,
        desk.locale,
        words_of(form, recipients),
        number_of(form.revision.data),
        current.member().name,
        now(),
    )


def _with_recipients(desk: Desk, form: TextForm, recipients: Recipients) -> ResponseReturnValue:
    if wants_fragment():
        return render_template("admin/texts/_recipients.html", desk=desk, recipients=recipients)
    return _page(desk, form, recipients)


def _conflict(desk: Desk, form: TextForm, recipients: Recipients, theirs: Sheet) -> Response:
    """Both texts, and what differs: nothing of either is lost, and nobody's is written over unseen."""
    mine = words_of(form, recipients)
    page = render_template(
        "admin/texts/conflict.html",
        petition=desk.petition,
        text=desk.petition.text_for(desk.locale),
        desk=desk,
        mine=mine,
        theirs=theirs,
        paragraphs=around_changes(difference(theirs.words.as_lines, mine.as_lines)),
    )
    return make_response(page, 409)


def _status(
    desk: Desk, *, kept: Sheet | None = None, theirs: Sheet | None = None, problem: str = ""
) -> ResponseReturnValue:
    """What became of the last keystrokes: a line below the form."""
    return render_template("admin/texts/_status.html", desk=desk, kept=kept, theirs=theirs, problem=problem)


def _page(
    desk: Desk, form: TextForm, recipients: Recipients, sheet: Sheet | None = None, *, is_translation: bool = False
) -> str:
    """`is_translation` says that all of it was written on the screen for translations, and is not online."""
    shown = recipients or [NamedRecipient("", "")]
    return render_template(
        "admin/texts/form.html",
        text=desk.petition.text_for(desk.locale),
        form=form,
        recipients=shown,
        sheet=sheet or versions.sheet_of(desk.petition, desk.locale),
        is_translation=is_translation,
        other=versions.published_words(desk.petition, desk.beside) if desk.beside else None,
        **_preview_of(desk, form, shown),
    )


def _preview_of(desk: Desk, form: TextForm, recipients: Recipients) -> dict[str, Any]:
    words = words_of(form, recipients)
    return {
        "petition": desk.petition,
        "desk": desk,
        "words": words,
        "body": markdown.to_html(words.body[:LONGEST_BODY]),
    }
