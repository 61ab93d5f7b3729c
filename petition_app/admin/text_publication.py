"""A translation of a petition's texts goes to readers: what they will find, and, where people have signed, why."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import Optional

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm, LineField, a_line
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions import markdown, versions
from petition_app.petitions.borrowing import borrowed_in
from petition_app.petitions.difference import around_changes, difference, is_spelling
from petition_app.petitions.versions import LONGEST_REASON, ReasonMissing
from petition_app.petitions.words import Words
from petition_app.texts.parts import Part
from petition_app.texts.publishing import NotEnough, Published, put_online, words_of
from petition_app.texts.reading import parts_of
from petition_app.transactions import writing
from petition_app.web.site import settings

blueprint = Blueprint("text_publication", __name__, url_prefix="/petitions")


class TranslationForm(AdminForm):
    """What kind of change it is, for those who have signed what it says so far."""

    kind = RadioField(
        _l("What kind of change is it?"),
        choices=[
            SelectChoice("spelling", _l("Spelling or layout: nothing else is said than before")),
            SelectChoice("change", _l("Something else is said than before")),
        ],
        default="change",
    )
    reason = LineField(_l("Why it was changed"), [Optional(), a_line(LONGEST_REASON)])


@blueprint.get("/<slug:slug>/translation/publication")
@allowed("petitions.edit")
def form(slug: str) -> ResponseReturnValue:
    """What readers will find."""
    petition, locale = _named(slug)
    return _page(petition, locale, TranslationForm(formdata=None))


@blueprint.post("/<slug:slug>/translation/publication")
@allowed("petitions.edit")
def publish(slug: str) -> ResponseReturnValue:
    """Let them have it."""
    petition, locale = _named(slug)
    form = TranslationForm()
    petition_id, name = petition.id, current.member().name
    if form.reason.errors or (form.reason.data and not form.reason.validate(form)):
        return make_response(_page(petition, locale, form), 422)
    try:
        came = put_online(petition_id, locale, form.kind.data or "change", form.reason.data or "", name, now())
    except NotEnough:
        return _too_little(slug, locale)
    except ReasonMissing:
        form.reason.errors = [_("People have signed the text as it was: please tell them why it was changed.")]
        return make_response(_page(petition, locale, form), 422)
    _record(petition_id, locale, came)
    return redirect(url_for("admin.text_translation.form", slug=slug, text=locale), 303)


def _record(petition_id: int, locale: str, came: Published) -> None:
    if came.text is None and not came.others:
        notice(_("Nothing has changed."))
        return
    with writing() as session:
        petition = session.get_one(Petition, petition_id)
        version, kind = (came.text.version, came.text.kind) if came.text is not None else (0, "")
        audit.record(session, "text.published", petition, text=locale, version=version, kind=kind, others=came.others)
        is_public = petition.is_public
    notice(_("The text is online.") if is_public else _("The text is saved."))


def _named(slug: str) -> tuple[Petition, str]:
    petition, locale = load_petition(slug), request.args.get("text", "")
    if locale == petition.default_locale or locale not in (*petition.locales, *settings().locales):
        abort(404)
    return petition, locale


def _too_little(slug: str, locale: str) -> ResponseReturnValue:
    notice(_("Please translate the title and one paragraph at least: before, there is nothing to read."), kind=WARNING)
    return redirect(url_for("admin.text_translation.form", slug=slug, text=locale), 303)


def _page(petition: Petition, locale: str, form: TranslationForm) -> ResponseReturnValue:
    parts = parts_of(petition, locale)
    try:
        words = words_of(petition, parts)
    except NotEnough:
        return _too_little(petition.slug, locale)
    before = versions.published_words(petition, locale)
    is_first = petition.newest_text(locale) is None
    return render_template(
        "admin/text_translation/publication.html",
        petition=petition,
        text=petition.text_for(current.member().locale),
        locale_shown=locale,
        form=form,
        words=words,
        body=_shown(petition, locale, words),
        asks_reason=not is_first and words != before and versions.has_signatures(petition.id),
        only_spelling=is_spelling(before.as_lines, words.as_lines),
        paragraphs=None if is_first else around_changes(difference(before.as_lines, words.as_lines)),
        missing=_left(parts, "missing"),
        changed=_left(parts, "changed"),
    )


def _left(parts: list[Part], state: str) -> int:
    return sum(part.state == state for part in parts)


def _shown(petition: Petition, locale: str, words: Words) -> str:
    """As readers will see it, with what is in the main language marked as such."""
    borrowed = borrowed_in(petition, locale, words)
    return (
        markdown.to_html(words.body, borrowed["body"], borrowed["from"]) if borrowed else markdown.to_html(words.body)
    )
