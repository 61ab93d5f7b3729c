"""What became of a demand: written down with its source, and taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, FileField, HiddenField, RadioField
from wtforms.validators import InputRequired, Optional, ValidationError

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.demands.screen import blueprint, outdated
from petition_app.admin.forms import AdminForm, LineField, a_line
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.typed import is_web_address, number_of
from petition_app.extensions import db
from petition_app.files import keeping
from petition_app.models import Demand, Petition
from petition_app.models.base import now
from petition_app.outcomes.words import VERDICT_WORDS
from petition_app.petitions import demands
from petition_app.petitions.demands import LONGEST_SENTENCE, Outcome, Outdated, load_demand
from petition_app.signing.cleaning import clean_text, has_controls
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

LARGEST_FILE = 10 * 2**20
LONGEST_LINK = 500
EARLIEST = date(1990, 1, 1)


class OutcomeForm(AdminForm):
    """What became of one demand; the sentence in each language is read beside it."""

    revision = HiddenField()
    # Translators: of a demand
    verdict = RadioField(_l("What became of it"), [InputRequired(_l("Please choose one."))])
    on = DateField(_l("On which day"), [InputRequired(_l("Please fill this in."))])
    link = LineField(_l("Link to the source"), [Optional(), a_line(LONGEST_LINK)])
    file = FileField(_l("Or a document"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verdict.choices = list(VERDICT_WORDS.items())

    def validate_on(self, field: Field) -> None:
        if field.data is not None and not EARLIEST <= field.data <= now().astimezone(settings().timezone).date():
            raise ValidationError(_("This day is in the future, or long ago. Please check it."))

    def validate_link(self, field: Field) -> None:
        if field.data and not is_web_address(field.data, "https"):
            raise ValidationError(_("This is no address of a page. It begins with https://"))


@blueprint.get("/<slug:slug>/demands/<int:demand_id>")
@allowed("petitions.edit")
def outcome(slug: str, demand_id: int) -> ResponseReturnValue:
    """What became of one demand."""
    petition = load_petition(slug)
    demand = load_demand(petition, demand_id) or abort(404)
    today = now().astimezone(settings().timezone).date()
    form = OutcomeForm(formdata=None, data={"verdict": demand.verdict, "on": today, "revision": str(demand.revision)})
    return _outcome_page(petition, demand, form, {})


@blueprint.post("/<slug:slug>/demands/<int:demand_id>")
@allowed("petitions.edit", most_bytes=LARGEST_FILE + 2**18)
def decide(slug: str, demand_id: int) -> ResponseReturnValue:
    """Write it down. What was said before stays to be read."""
    petition = load_petition(slug)
    demand = load_demand(petition, demand_id) or abort(404)
    form, sentences = OutcomeForm(), _sentences(petition)
    data = form.file.data.read(LARGEST_FILE + 1) if hasattr(form.file.data, "read") else b""
    is_good = form.validate()
    if problem := _problem_of(data, sentences):
        form.form_errors.append(problem)
        is_good = False
    if not is_good:
        return make_response(_outcome_page(petition, demand, form, sentences), 422)
    try:
        _decide(petition, demand, form, sentences, data)
    except Outdated:
        form.revision.data = str(db.session.get_one(Demand, demand_id).revision)
        form.form_errors.append(outdated())
        return make_response(_outcome_page(petition, demand, form, sentences), 409)
    undo = url_for(".take_back", slug=slug, demand_id=demand_id, revision=number_of(form.revision.data) + 1)
    notice(_("What became of the demand is on the page."), undo=undo)
    return redirect(url_for(".index", slug=slug), 303)


@blueprint.post("/<slug:slug>/demands/<int:demand_id>/return")
@allowed("petitions.edit")
def take_back(slug: str, demand_id: int) -> ResponseReturnValue:
    """Take back what was written last, as a slip of the hand."""
    petition = load_petition(slug)
    demand = load_demand(petition, demand_id) or abort(404)
    try:
        with writing() as session:
            found = demands.take_back(session, demand.id, number_of(request.args.get("revision")))
            audit.record(session, "outcome.taken_back", found)
    except Outdated:
        notice(_("This cannot be taken back any more: it was changed again."), kind=WARNING)
    else:
        petition_changed.send(petition_id=petition.id)
        notice(_("It is as it was before."))
    return redirect(url_for(".index", slug=slug), 303)


def _sentences(petition: Petition) -> dict[str, str]:
    typed = {locale: clean_text(request.form.get(f"sentence-{locale}")) for locale in petition.locales}
    return {locale: sentence for locale, sentence in typed.items() if sentence}


def _problem_of(data: bytes, sentences: dict[str, str]) -> str:
    if any(len(sentence) > LONGEST_SENTENCE or has_controls(sentence) for sentence in sentences.values()):
        return str(_("A sentence is longer than %(most)s characters, or cannot be shown.", most=LONGEST_SENTENCE))
    if len(data) > LARGEST_FILE:
        return str(_("The document is larger than %(most)s MB.", most=LARGEST_FILE // 2**20))
    if data:
        try:
            keeping.kind_of(data)
        except keeping.UnknownKind:
            return str(_("The document is neither a PDF nor a picture (JPEG, PNG)."))
    return ""


def _decide(petition: Petition, demand: Demand, form: OutcomeForm, sentences: dict[str, str], data: bytes) -> None:
    """Write it down, with its document. Raises Outdated."""
    petition_id, demand_id, at = petition.id, demand.id, now()
    with writing() as session:
        file = None
        if data:
            kept = keeping.keep(session, petition_id, f"document-{demand_id}", data, current.member().name, at)
            file = {"id": kept.id, "name": kept.name}
        day = form.on.data or at.date()
        said = Outcome(form.verdict.data, day, sentences, form.link.data or "", file)
        decided = demands.decide(session, demand_id, said, number_of(form.revision.data))
        audit.record(session, "outcome.decided", decided, verdict=said.verdict)
    petition_changed.send(petition_id=petition_id)


def _outcome_page(petition: Petition, demand: Demand, form: OutcomeForm, sentences: dict[str, str]) -> str:
    return render_template(
        "admin/demands/outcome.html",
        petition=petition,
        text=petition.text_for(petition.default_locale),
        demand=demand,
        form=form,
        sentences=sentences,
        words=VERDICT_WORDS,
        longest=LONGEST_SENTENCE,
    )
