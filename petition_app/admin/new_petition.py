"""A new petition out of a text that is pasted or sent as a file: a preview of what was understood, a draft, online.

The last steps of the set-up are these pages, too.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import FileField, SelectField, TextAreaField

from petition_app.admin import audit, set_up
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm
from petition_app.admin.loading import load_petition
from petition_app.config import SETTINGS
from petition_app.i18n.locales import own_name, page_locale, selected_locale
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions import importer, markdown
from petition_app.petitions.creation import SlugTaken, create_under_free_name
from petition_app.petitions.decoding import UnreadableText, decode
from petition_app.petitions.importer import ImportedText, read_petition_text
from petition_app.petitions.life import open_petition
from petition_app.web.site import settings
from petition_app.web.urls import absolute

blueprint = Blueprint("new_petition", __name__, url_prefix="/petitions/new")

# The largest text that is read (petitions/decoding.py), percent-encoded, with the same as a file.
MOST_BYTES = 4 * 2**20

set_up.add_step("admin.new_petition.form", _l("First petition"), position=90)
audit.name_acts({"petition.created": _l("made a petition")})

UNREADABLE = {
    "too_large": _l("This is longer than any petition’s text. Please paste the petition alone."),
    "no_text": _l("This file is not plain text. Open it, copy the text, and paste it here."),
    "empty": _l("Please paste a text, or choose a file."),
    "web_page": _l("This is a web page’s source. Copy the text out of the browser, and paste it here."),
    "title_only": _l(
        "There is a title at most, and no text under it. A petition is a title, then an empty line, then its text."
    ),
}
# Why a line is left out.
REASONS = {
    importer.PLACEHOLDER_LEFT: _l("a gap that a template has left open"),
    importer.TITLE_AGAIN: _l("the title again"),
    importer.TOO_LONG: _l("longer than a title can be"),
    importer.BEFORE_TITLE: _l("nothing to read, in front of the title"),
    importer.BEHIND_AUTHOR: _l("stands behind the author, where the page went on with other things"),
    importer.PICTURE_LEFT: _l("a picture from elsewhere"),
}
GUESS = ""


class SourceForm(AdminForm):
    source = TextAreaField(_l("The petition’s text"))
    file = FileField(_l("Or a text file"))
    language = SelectField(_l("Language of the text"), validate_choice=False)

    def offer(self, guess: str = "") -> None:
        """The languages to choose from: the site's own, and the one that the text seems to be in."""
        codes = list(dict.fromkeys([*settings().locales, *([guess] if guess else [])]))
        self.language.choices = [(code, own_name(code)) for code in codes]

    def text(self) -> bytes:
        """The file, where there is one; else what was pasted."""
        sent = self.file.data.read() if self.file.data and self.file.data.filename else b""
        return sent or (self.source.data or "").encode("utf-8", "replace")


@blueprint.get("")
@allowed("petitions.edit")
def form() -> ResponseReturnValue:
    """Where a text is pasted."""
    return _form_page(SourceForm(formdata=None))


@blueprint.post("")
@allowed("petitions.edit", most_bytes=MOST_BYTES)
def preview() -> ResponseReturnValue:
    """What was understood of the text; nothing is kept yet."""
    form = SourceForm()
    read = _read(form)
    return _preview_page(form, read) if read is not None else _form_page(form, 422)


@blueprint.post("/draft")
@allowed("petitions.edit", most_bytes=MOST_BYTES)
def save() -> ResponseReturnValue:
    """Keep it as a draft."""
    form = SourceForm()
    read = _read(form)
    if read is None:
        return _form_page(form, 422)
    try:
        petition = create_under_free_name(read, locale=read.locale_guess, at=now(), record=_created)
    except SlugTaken as taken:
        return _preview_page(form, read, taken=str(taken))
    return redirect(url_for("admin.new_petition.ready", slug=petition.slug, **_way()), 303)


@blueprint.get("/<slug:slug>")
@allowed("petitions.edit")
def ready(slug: str) -> ResponseReturnValue:
    """The draft is there: what it means to put it online; and where it is, once it is."""
    return _ready_page(load_petition(slug))


@blueprint.post("/<slug:slug>/opening")
@allowed("petitions.open")
def put_online(slug: str) -> ResponseReturnValue:
    petition = load_petition(slug)
    if settings().missing_identity:
        return _ready_page(petition, 422)
    if petition.status == "draft":
        open_petition(slug, now(), _opened)
    return redirect(url_for("admin.new_petition.ready", slug=slug, **_way()), 303)


def _opened(session: Session, petition: Petition) -> None:
    audit.record(session, "petition.opened", petition)


def _created(session: Session, petition: Petition) -> None:
    audit.record(session, "petition.created", petition)


def _read(form: SourceForm) -> ImportedText | None:
    """The text as it is understood, in the language that was chosen; None, with the reason on the form."""
    data, chosen = form.text(), form.language.data or GUESS
    try:
        form.source.data = decode(data)[0]
        guess = read_petition_text(data).locale_guess or selected_locale()
        form.offer(guess)
        if chosen not in (*settings().locales, guess):
            chosen = guess
        form.language.data = chosen
        return read_petition_text(data, chosen)
    except UnreadableText as error:
        field = form.file if form.file.data and form.file.data.filename else form.source
        field.errors = [UNREADABLE[error.reason]]
        return None


def _way() -> dict[str, Any]:
    return set_up.UNDER_WAY if set_up.is_under_way() else {}


def _form_page(form: SourceForm, status: int = 200) -> ResponseReturnValue:
    page = render_template("admin/new_petition/form.html", form=form, way=_way(), **_steps())
    return make_response(page, status)


def _preview_page(form: SourceForm, read: ImportedText, taken: str = "") -> ResponseReturnValue:
    page = render_template(
        "admin/new_petition/preview.html",
        form=form,
        read=read,
        body=markdown.render(read.body),
        left_out=[(leaving, REASONS[leaving.reason]) for leaving in read.leavings],
        taken=taken,
        way=_way(),
        **_steps(),
    )
    return make_response(page, 422 if taken else 200)


def _ready_page(petition: Petition, status: int = 200) -> ResponseReturnValue:
    text = petition.text_for(selected_locale())
    labels = {setting.variable: setting.name for setting in SETTINGS}
    page = render_template(
        "admin/new_petition/ready.html",
        petition=petition,
        text=text,
        address=absolute("public.petition", locale=page_locale(text.locale), slug=petition.slug),
        missing=[labels[variable] for variable in settings().missing_identity],
        way=_way(),
        **_steps(),
    )
    return make_response(page, status)


def _steps() -> dict[str, object]:
    """The line of steps, while the site is set up."""
    return {"steps": set_up.steps() if set_up.is_under_way() else [], "step": "admin.new_petition.form"}
