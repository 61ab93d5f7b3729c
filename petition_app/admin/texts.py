"""A petition's text in each of its languages: written, seen as readers will, put online, changed with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import InputRequired, Optional, ValidationError

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm, LineField, a_line
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.typed import ROW_ACTS, moved, number_of
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions import markdown, versions
from petition_app.petitions.difference import around_changes, difference, is_spelling
from petition_app.petitions.importer import LONGEST_TITLE
from petition_app.petitions.pasting import LARGEST_PASTE, markdown_of_html, tidy
from petition_app.petitions.recipients import NamedRecipient
from petition_app.petitions.versions import LONGEST_REASON, NothingToPublish, ReasonMissing, Sheet, Stale
from petition_app.petitions.words import (
    LONGEST_BODY,
    LONGEST_CALL,
    LONGEST_NAME,
    LONGEST_OFFICE,
    LONGEST_SUMMARY,
    Words,
)
from petition_app.signing.cleaning import clean_line, clean_text, has_controls
from petition_app.transactions import writing
from petition_app.web.htmx import wants_fragment
from petition_app.web.site import settings

blueprint = Blueprint("texts", __name__, url_prefix="/petitions")

# Translators: the tab of a petition where its text is written
add_tab(Tab("admin.texts.form", _l("Text"), "petitions.edit", position=10))
audit.name_acts(
    {
        "text.published": _l("put a text online"),
        "text.dropped": _l("threw away what was written of a text"),
        "text.taken_up": _l("took up again what was written of a text"),
    }
)

MOST_RECIPIENTS = 30
# A pasted page with its formatting, and the form around it.
MOST_BYTES = 4 * LARGEST_PASTE


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


def _check_length(field: Field, most: int) -> None:
    text = field.data or ""
    if len(text) > most:
        # Translators: the number is 80 at least
        raise ValidationError(_("This is longer than %(most)s characters. Please shorten it.", most=most))
    if has_controls(text.replace("\t", " ")):
        raise ValidationError(_("There is a character here that cannot be shown. Please type the text again."))


@dataclass(frozen=True)
class Desk:
    """Which language is written, and which one lies beside it ("" for the preview)."""

    petition: Petition
    locale: str
    beside: str

    @property
    def is_new(self) -> bool:
        return self.petition.newest_text(self.locale) is None

    @property
    def offered(self) -> list[str]:
        """The site's languages that this petition has no text in, and that is not being written either."""
        return [code for code in settings().locales if code not in self.petition.locales and code != self.locale]

    @property
    def asks_reason(self) -> bool:
        return not self.is_new and versions.has_signatures(self.petition.id)

    def url(self, endpoint: str = ".form", **values: Any) -> str:
        return url_for(
            endpoint, **{"slug": self.petition.slug, "text": self.locale, "beside": self.beside or None, **values}
        )


@blueprint.get("/<slug:slug>/text")
@allowed("petitions.edit")
def form(slug: str) -> ResponseReturnValue:
    """The sheet of one language, with its preview or another language beside it."""
    desk = _desk(slug)
    sheet = versions.sheet_of(desk.petition, desk.locale)
    return _page(desk, _form_of(sheet), list(sheet.words.recipients), sheet)


@blueprint.post("/<slug:slug>/text")
@allowed("petitions.edit")
def save(slug: str) -> ResponseReturnValue:
    """Keep what was typed; then do what was pressed: go on writing, see it, move a recipient, or put it online."""
    desk, form, recipients = _desk(slug), TextForm(), _typed_recipients()
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
    _publish(desk, str(kept.revision), "change", "")
    return redirect(desk.url(), 303)


def _autosave(desk: Desk, form: TextForm, recipients: Recipients) -> ResponseReturnValue:
    """Keep the last keystrokes, and say so in a line: nothing else of the page moves under who is typing."""
    problems = _unstorable(form, recipients)
    if problems:
        return _status(desk, problem=problems[0])
    try:
        return _status(desk, kept=_save(desk, form, recipients))
    except Stale as stale:
        return _status(desk, theirs=stale.sheet)


def _kept(desk: Desk, form: TextForm, recipients: Recipients) -> Sheet | Response:
    """The sheet with what was typed; or the page that says why it could not be kept."""
    problems = _unstorable(form, recipients)
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
    return render_template("admin/texts/_preview.html", **_preview_of(_desk(slug), TextForm(), _typed_recipients()))


@blueprint.post("/<slug:slug>/text/paste")
@allowed("petitions.edit", most_bytes=MOST_BYTES)
def paste(slug: str) -> ResponseReturnValue:
    """Markdown for what was pasted from a page or a word processor."""
    text = markdown_of_html(request.form.get("html", ""), _desk(slug).locale)
    return Response(text, content_type="text/plain; charset=utf-8")


@blueprint.get("/<slug:slug>/text/publication")
@allowed("petitions.edit")
def publication(slug: str) -> ResponseReturnValue:
    """What readers will find changed, and the question why."""
    desk = _desk(slug)
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
    desk, form = _desk(slug), PublicationForm()
    sheet = versions.sheet_of(desk.petition, desk.locale)
    if not sheet.is_open:
        return redirect(desk.url(), 303)
    if form.reason.errors or (form.reason.data and not form.reason.validate(form)):
        return _publication_page(desk, sheet, form, 422)
    try:
        _publish(desk, form.revision.data, form.kind.data or "change", form.reason.data or "")
    except Stale:
        notice(_("Somebody has saved this text in the meantime. Please look at it again."), kind=WARNING)
        return redirect(desk.url(".publication"), 303)
    except ReasonMissing:
        form.reason.errors = [_("People have signed the text as it was: please tell them why it was changed.")]
        return _publication_page(desk, sheet, form, 422)
    return redirect(desk.url(), 303)


@blueprint.post("/<slug:slug>/text/drop")
@allowed("petitions.edit")
def drop(slug: str) -> ResponseReturnValue:
    """Go back to what is online. It can be taken back."""
    desk, revision = _desk(slug), number_of(request.form.get("revision"))
    try:
        versions.drop_sheet(desk.petition.id, desk.locale, revision)
    except Stale:
        notice(_("Somebody has saved this text in the meantime. Please look at it again."), kind=WARNING)
        return redirect(desk.url(), 303)
    _record("text.dropped", desk)
    undo = url_for(".take_up", slug=slug, text=desk.locale, revision=revision + 1)
    notice(_("The text is as it is online again."), undo=undo)
    return redirect(desk.url(), 303)


@blueprint.post("/<slug:slug>/text/taking-up")
@allowed("petitions.edit")
def take_up(slug: str) -> ResponseReturnValue:
    """Take up again what was thrown away."""
    desk = _desk(slug)
    try:
        versions.take_up_again(desk.petition.id, desk.locale, number_of(request.args.get("revision")))
        _record("text.taken_up", desk)
    except Stale:
        notice(_("This cannot be taken back any more: the text was saved anew."), kind=WARNING)
    return redirect(desk.url(), 303)


def _desk(slug: str) -> Desk:
    """The petition, and the languages that the address names. 404 for one that the site does not have."""
    petition = load_petition(slug)
    locale = request.args.get("text") or petition.default_locale
    if locale not in petition.locales and locale not in settings().locales:
        abort(404)
    beside = request.args.get("beside", "")
    return Desk(petition, locale, beside if beside in petition.locales and beside != locale else "")


def _form_of(sheet: Sheet) -> TextForm:
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


def _typed_recipients() -> Recipients:
    names, offices = request.form.getlist("recipient_name"), request.form.getlist("recipient_office")
    pairs = [(clean_line(name), clean_line(office)) for name, office in zip(names, offices, strict=False)]
    return [NamedRecipient(name, office) for name, office in pairs[: MOST_RECIPIENTS + 1]]


def _words(form: TextForm, recipients: Recipients) -> Words:
    return Words(
        title=form.title.data or "",
        summary=form.summary.data or "",
        body=form.body.data or "",
        call_to_action=form.call_to_action.data or "",
        recipients=tuple(r for r in recipients if r.name or r.office),
    )


def _unstorable(form: TextForm, recipients: Recipients) -> list[str]:
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


def _save(desk: Desk, form: TextForm, recipients: Recipients) -> Sheet:
    return versions.save_sheet(
        desk.petition.id,
        desk.locale,
        _words(form, recipients),
        number_of(form.revision.data),
        current.member().name,
        now(),
    )


def _publish(desk: Desk, revision: str | None, kind: str, reason: str) -> None:
    petition_id = desk.petition.id
    try:
        text = versions.publish(petition_id, desk.locale, number_of(revision), kind, reason, now())
    except NothingToPublish:
        notice(_("Nothing has changed."))
        return
    with writing() as session:
        petition = session.get_one(Petition, petition_id)
        audit.record(session, "text.published", petition, text=desk.locale, version=text.version, kind=text.kind)
        is_public = petition.is_public
    notice(_("The text is online.") if is_public else _("The text is saved."))


def _record(action: str, desk: Desk) -> None:
    with writing() as session:
        audit.record(session, action, session.get_one(Petition, desk.petition.id), text=desk.locale)


def _with_recipients(desk: Desk, form: TextForm, recipients: Recipients) -> ResponseReturnValue:
    if wants_fragment():
        return render_template("admin/texts/_recipients.html", desk=desk, recipients=recipients)
    return _page(desk, form, recipients)


def _conflict(desk: Desk, form: TextForm, recipients: Recipients, theirs: Sheet) -> Response:
    """Both texts, and what differs: nothing of either is lost, and nobody's is written over unseen."""
    mine = _words(form, recipients)
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


def _page(desk: Desk, form: TextForm, recipients: Recipients, sheet: Sheet | None = None) -> str:
    shown = recipients or [NamedRecipient("", "")]
    return render_template(
        "admin/texts/form.html",
        text=desk.petition.text_for(desk.locale),
        form=form,
        recipients=shown,
        sheet=sheet or versions.sheet_of(desk.petition, desk.locale),
        other=versions.published_words(desk.petition, desk.beside) if desk.beside else None,
        **_preview_of(desk, form, shown),
    )


def _preview_of(desk: Desk, form: TextForm, recipients: Recipients) -> dict[str, Any]:
    words = _words(form, recipients)
    return {
        "petition": desk.petition,
        "desk": desk,
        "words": words,
        "body": markdown.to_html(words.body[:LONGEST_BODY]),
    }


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
