"""What a petition demands, what became of each demand, and what its recipients answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import BooleanField, DateField, Field, FileField, HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional, ValidationError

from petition_app.admin import audit, current
from petition_app.admin.access import allowed, may
from petition_app.admin.forms import AdminForm, LineField, a_line, an_address
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.tasks import Task, asks_for
from petition_app.admin.typed import ROW_ACTS, is_web_address, moved, number_of
from petition_app.extensions import db
from petition_app.files import keeping
from petition_app.i18n.locales import own_name
from petition_app.models import Demand, Member, Petition, RecipientAnswer
from petition_app.models.base import now
from petition_app.outcomes import answers
from petition_app.outcomes.answers import Closed, waiting_of
from petition_app.outcomes.words import VERDICT_WORDS
from petition_app.petitions import demands
from petition_app.petitions.demands import (
    LONGEST_DEMAND,
    LONGEST_SENTENCE,
    MOST_DEMANDS,
    Outcome,
    Outdated,
    Row,
    demands_of,
    found_in_texts,
    load_demand,
)
from petition_app.signing.cleaning import clean_line, clean_text, has_controls
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from petition_app.web.htmx import wants_fragment
from petition_app.web.site import settings
from petition_app.web.tokens import answer_token
from petition_app.web.urls import absolute

blueprint = Blueprint("demands", __name__, url_prefix="/petitions")

# Translators: the tab of a petition with what it demands and what became of that
add_tab(Tab("admin.demands.index", _l("Outcome"), "petitions.edit", position=30, waiting=waiting_of))
audit.name_acts(
    {
        "demands.saved": _l("changed a petition’s demands"),
        "demands.put_back": _l("put demands back"),
        "outcome.decided": _l("wrote down what became of a demand"),
        "outcome.taken_back": _l("took back what became of a demand"),
        "answer.asked": _l("made a private link for a recipient"),
        "answer.approved": _l("put a recipient’s answer online"),
        "answer.taken_off": _l("took a recipient’s answer off the page"),
        "answer.returned": _l("sent a recipient’s answer back"),
        "answer.withdrawn": _l("ended a recipient’s private link"),
    }
)


@asks_for
def waiting_answers(member: Member) -> Iterable[Task]:
    """The petitions with an answer that nobody has looked at."""
    if not may(member.role, "petitions.edit"):
        return
    given = select(RecipientAnswer.petition_id).where(RecipientAnswer.status == "given").distinct()
    for petition in db.session.scalars(select(Petition).where(Petition.id.in_(given)).order_by(Petition.id)):
        title = petition.text_for(member.locale).title
        yield Task(
            _("A recipient has answered “%(title)s”. Nobody sees it before you approve it.", title=title),
            url_for("admin.demands.index", slug=petition.slug),
            _("Read the answer"),
        )


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


class AskForm(AdminForm):
    """Whom a private link is for."""

    name = LineField(_l("Name of the recipient"), [InputRequired(_l("Please fill this in.")), a_line(200)])
    office = LineField(_l("Office"), [Optional(), a_line(300)])
    locale = SelectField(_l("Language"), [InputRequired(_l("Please choose a language."))])
    email = LineField(_l("E-mail"), [Optional(), an_address])

    def __init__(self, petition: Petition, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.locale.choices = [(code, own_name(code)) for code in petition.locales if code in settings().locales]


class RulingForm(AdminForm):
    """What a member decides about an answer."""

    sets_outcomes = BooleanField(_l("Set the demands’ outcomes to what the answer says"))
    note = LineField(_l("What is to be written anew, and why"), [Optional(), a_line(500)])


@blueprint.get("/<slug:slug>/outcome")
@allowed("petitions.edit")
def index(slug: str) -> ResponseReturnValue:
    """The demands with their outcomes, and the recipients' answers."""
    petition = load_petition(slug)
    asked = select(RecipientAnswer).where(RecipientAnswer.petition_id == petition.id)
    return render_template(
        "admin/demands/index.html",
        petition=petition,
        text=petition.text_for(current.member().locale),
        demands=demands_of(petition),
        answers=db.session.scalars(asked.order_by(RecipientAnswer.id.desc())).all(),
        words=VERDICT_WORDS,
        can_import=not petition.has_demands and bool(found_in_texts(petition)),
    )


@blueprint.get("/<slug:slug>/demands")
@allowed("petitions.edit")
def form(slug: str) -> ResponseReturnValue:
    """The demands in each of the petition's languages, to be written and put in order."""
    petition = load_petition(slug)
    rows = [Row(demand.id, demand.texts) for demand in demands_of(petition)]
    if not rows and "found" in request.args:
        rows = found_in_texts(petition)
    return _form_page(petition, rows, petition.revision)


@blueprint.post("/<slug:slug>/demands")
@allowed("petitions.edit")
def save(slug: str) -> ResponseReturnValue:
    """Keep them; or add, move or remove one, on the page only."""
    petition, rows = load_petition(slug), _typed_rows(load_petition(slug))
    revision = number_of(request.form.get("revision"))
    act, _colon, place = request.form.get("act", "").partition(":")
    if act in ROW_ACTS:
        return _with_rows(petition, moved(rows, act, place, Row(0, {})), revision)
    rows = [row for row in rows if any(row.texts.values())]
    if problems := _problems(petition, rows):
        return make_response(_form_page(petition, rows, revision, problems), 422)
    try:
        removed = demands.save_demands(petition.id, rows, revision, now())
    except Outdated:
        return make_response(_form_page(petition, rows, load_petition(slug).revision, [_outdated()]), 409)
    _record("demands.saved", petition.id)
    undo = url_for(".put_back", slug=slug, ids=",".join(map(str, removed))) if removed else ""
    notice(_("The demands are saved."), undo=undo)
    return redirect(url_for(".index", slug=slug), 303)


@blueprint.post("/<slug:slug>/demands/return")
@allowed("petitions.edit")
def put_back(slug: str) -> ResponseReturnValue:
    """Put back the demands that were left out just now."""
    petition = load_petition(slug)
    ids = [number_of(part) for part in request.args.get("ids", "").split(",")[:MOST_DEMANDS]]
    demands.put_back(petition.id, [number for number in ids if number > 0])
    _record("demands.put_back", petition.id)
    notice(_("The demands are back, at the end of the list."))
    return redirect(url_for(".index", slug=slug), 303)


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
        form.form_errors.append(_outdated())
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


@blueprint.get("/<slug:slug>/answers/new")
@allowed("petitions.edit")
def ask_form(slug: str) -> ResponseReturnValue:
    """Whom to ask; the petition's recipients are offered."""
    petition = load_petition(slug)
    offered = petition.recipients_for(petition.default_locale)
    chosen = number_of(request.args.get("recipient"))
    one = offered[chosen] if 0 <= chosen < len(offered) else None
    data = {"name": one.name if one else "", "office": one.office if one else "", "locale": petition.default_locale}
    return _ask_page(petition, AskForm(petition, formdata=None, data=data))


@blueprint.post("/<slug:slug>/answers/new")
@allowed("petitions.edit")
def ask(slug: str) -> ResponseReturnValue:
    """Make the link, and mail it where an address is given."""
    petition = load_petition(slug)
    form = AskForm(petition)
    if not petition.is_public:
        form.form_errors.append(_("A draft has nothing to be answered yet. Put the petition online first."))
        return make_response(_ask_page(petition, form), 422)
    if not form.validate():
        return make_response(_ask_page(petition, form), 422)
    made = answers.ask(
        petition.id, form.name.data or "", form.office.data or "", form.locale.data, form.email.data or "", now()
    )
    _record_answer("answer.asked", made)
    notice(
        _("A mail with the private link is on its way to %(email)s.", email=made.email)
        if made.email
        else _("Here is the private link. Give it to the recipient alone.")
    )
    return redirect(url_for(".answer", slug=slug, answer_id=made.id), 303)


@blueprint.get("/<slug:slug>/answers/<int:answer_id>")
@allowed("petitions.edit")
def answer(slug: str, answer_id: int) -> ResponseReturnValue:
    """One recipient's link and answer, and what can be done with it."""
    petition, found = _load_answer(slug, answer_id)
    return _answer_page(petition, found, RulingForm(formdata=None, data={"sets_outcomes": True}))


@blueprint.post("/<slug:slug>/answers/<int:answer_id>")
@allowed("petitions.edit")
def rule(slug: str, answer_id: int) -> ResponseReturnValue:
    """Approve it, send it back, take it off the page, or end the link."""
    petition, found = _load_answer(slug, answer_id)
    form, act = RulingForm(), request.form.get("act", "")
    if act == "return" and not (form.note.data or ""):
        form.note.errors = [_("Please say what is to be written anew: the recipient reads it.")]
        return make_response(_answer_page(petition, found, form), 422)
    if not form.validate():
        return make_response(_answer_page(petition, found, form), 422)
    try:
        name, sentence = _rule(found.id, act, form)
    except Closed:
        notice(_("This answer stands otherwise by now: nothing was done."), kind=WARNING)
        return redirect(url_for(".answer", slug=slug, answer_id=answer_id), 303)
    _record_answer(name, found)
    notice(sentence)
    return redirect(url_for(".answer", slug=slug, answer_id=answer_id), 303)


def _rule(answer_id: int, act: str, form: RulingForm) -> tuple[str, str]:
    """Do it; answers with the act's name and a sentence. Raises Closed."""
    if act == "approve":
        answers.approve(answer_id, now(), sets_outcomes=bool(form.sets_outcomes.data))
        return "answer.approved", _("The answer is on the petition’s page.")
    if act == "take_off":
        answers.take_off(answer_id)
        return "answer.taken_off", _("The answer is off the page, and waits here.")
    if act == "return":
        answers.send_back(answer_id, form.note.data or "")
        return "answer.returned", _("The private link shows your note, and takes a new answer.")
    if act != "withdraw":
        abort(400)
    answers.withdraw(answer_id)
    return "answer.withdrawn", _("The private link is ended.")


def _outdated() -> str:
    return str(_("Somebody has changed this petition since you opened this page. Compare, then save again."))


def _load_answer(slug: str, answer_id: int) -> tuple[Petition, RecipientAnswer]:
    petition = load_petition(slug)
    found = db.session.get(RecipientAnswer, answer_id) if answer_id < 2**31 else None
    if found is None or found.petition_id != petition.id:
        abort(404)
    return petition, found


def _typed_rows(petition: Petition) -> list[Row]:
    ids = request.form.getlist("demand")[: MOST_DEMANDS + 1]
    columns = {locale: request.form.getlist(f"text-{locale}") for locale in petition.locales}
    return [
        Row(
            max(0, number_of(ids[place])),
            {locale: clean_line(texts[place]) for locale, texts in columns.items() if place < len(texts)},
        )
        for place in range(len(ids))
    ]


def _problems(petition: Petition, rows: list[Row]) -> list[str]:
    problems = []
    if len(rows) > MOST_DEMANDS:
        # Translators: the number is always 50
        problems.append(_("At most %(most)s demands fit.", most=MOST_DEMANDS))
    texts = [text for row in rows for text in row.texts.values()]
    if any(len(text) > LONGEST_DEMAND for text in texts):
        problems.append(_("A demand is longer than %(most)s characters. Please shorten it.", most=LONGEST_DEMAND))
    if any(has_controls(text) for text in texts):
        problems.append(_("There is a character here that cannot be shown. Please type the text again."))
    if any(not row.texts.get(petition.default_locale) for row in rows):
        language = own_name(petition.default_locale)
        problems.append(
            _("Each demand needs its words in the petition’s main language: %(language)s.", language=language)
        )
    return problems


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


def _record(action: str, petition_id: int) -> None:
    with writing() as session:
        audit.record(session, action, session.get_one(Petition, petition_id))


def _record_answer(action: str, answer: RecipientAnswer) -> None:
    answer_id = answer.id
    with writing() as session:
        audit.record(session, action, session.get_one(RecipientAnswer, answer_id))


def _with_rows(petition: Petition, rows: list[Row], revision: int) -> ResponseReturnValue:
    if wants_fragment():
        return render_template("admin/demands/_rows.html", petition=petition, rows=rows)
    return _form_page(petition, rows, revision)


def _form_page(petition: Petition, rows: list[Row], revision: int, problems: list[str] | None = None) -> str:
    return render_template(
        "admin/demands/form.html",
        petition=petition,
        text=petition.text_for(petition.default_locale),
        rows=rows or [Row(0, {})],
        revision=revision,
        problems=problems or [],
    )


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


def _ask_page(petition: Petition, form: AskForm) -> str:
    return render_template(
        "admin/demands/ask_form.html",
        petition=petition,
        text=petition.text_for(petition.default_locale),
        form=form,
        recipients=petition.recipients_for(petition.default_locale),
    )


def _answer_page(petition: Petition, found: RecipientAnswer, form: RulingForm) -> str:
    link = absolute("outcomes.answer", locale=found.locale, token=answer_token(found.key))
    return render_template(
        "admin/demands/answer.html",
        petition=petition,
        text=petition.text_for(petition.default_locale),
        answer=found,
        demands=demands_of(petition),
        form=form,
        words=VERDICT_WORDS,
        link=link if found.is_open(now()) else "",
    )
