"""The page behind a recipient's private link, and the documents that outcomes rest on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional, ValidationError

from petition_app.extensions import db
from petition_app.files import sending
from petition_app.i18n.locales import selected_locale
from petition_app.models import Demand, RecipientAnswer, StoredFile
from petition_app.models.base import now
from petition_app.models.counter import confirmed_count
from petition_app.models.demand import VERDICTS
from petition_app.outcomes import answers
from petition_app.outcomes.answers import LONGEST_SENTENCE, LONGEST_STATEMENT, Closed
from petition_app.outcomes.words import VERDICT_WORDS
from petition_app.petitions.demands import demands_of
from petition_app.petitions.loading import load_public_petition
from petition_app.signing.cleaning import clean_line, clean_text, has_controls
from petition_app.signing.forms import PublicForm
from petition_app.web.errors import error_page
from petition_app.web.origin import require_same_origin
from petition_app.web.security_headers import private
from petition_app.web.tokens import TokenDamaged, read_answer_token

blueprint = Blueprint("outcomes", __name__)

LONGEST_NAME, LONGEST_OFFICE = 200, 300


class AnswerForm(PublicForm):
    """What a recipient says: as whom, in general, and demand by demand (read beside it)."""

    name = StringField(_l("Your name"), [InputRequired(_l("Please fill this in."))], filters=[clean_line])
    office = StringField(_l("Your office"), [Optional()], filters=[clean_line])
    statement = TextAreaField(_l("Your statement"), [Optional()], filters=[clean_text])

    def in_reading_order(self) -> list[Field]:
        """The fields as the eye meets them on the page, for the list of what is wrong."""
        return list(self)

    def validate_name(self, field: Field) -> None:
        _check(field, LONGEST_NAME)

    def validate_office(self, field: Field) -> None:
        _check(field, LONGEST_OFFICE)

    def validate_statement(self, field: Field) -> None:
        _check(field, LONGEST_STATEMENT)


def _check(field: Field, most: int) -> None:
    text = field.data or ""
    if len(text) > most:
        raise ValidationError(_("This is longer than %(most)s characters. Please shorten it.", most=most))
    if has_controls(text.replace("\t", " ")):
        raise ValidationError(_("There is a character here that cannot be shown. Please type the text again."))


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """A page behind a token is one recipient's: never kept, indexed or told of in a Referer."""
    return private(response) if "token" in (request.view_args or {}) else response


@blueprint.get("/<locale:locale>/answers/<token>")
def answer(token: str) -> ResponseReturnValue:
    """The petition, its number and demands, and the form; or how the answer stands."""
    found = _load(token)
    if isinstance(found, Response):
        return found
    form = AnswerForm(formdata=None, data={"name": found.name, "office": found.office, "statement": found.statement})
    return _page(found, form, found.verdicts)


@blueprint.post("/<locale:locale>/answers/<token>")
@require_same_origin
def give(token: str) -> ResponseReturnValue:
    """Take the answer. It may be written anew until the association has put it on the page."""
    found = _load(token)
    if isinstance(found, Response):
        return found
    form, verdicts = AnswerForm(), _verdicts(found)
    is_good = form.validate()
    if any(len(said["sentence"]) > LONGEST_SENTENCE or has_controls(said["sentence"]) for said in verdicts.values()):
        form.form_errors.append(
            _("A reason is longer than %(most)s characters, or cannot be shown.", most=LONGEST_SENTENCE)
        )
        is_good = False
    if not form.statement.data and not verdicts:
        form.form_errors.append(_("Please write a statement, or answer at least one demand."))
        is_good = False
    if not is_good:
        return make_response(_page(found, form, verdicts), 422)
    try:
        answers.give(found.id, form.name.data or "", form.office.data or "", form.statement.data or "", verdicts, now())
    except Closed:
        return _gone()
    return redirect(url_for("outcomes.answer", token=token), 303)


@blueprint.get("/<locale:locale>/petitions/<slug:slug>/documents/<int:demand_id>/<int:number>")
def document(slug: str, demand_id: int, number: int) -> ResponseReturnValue:
    """The document that an outcome of a demand rests on, to be kept: never shown as a page of this site."""
    petition = load_public_petition(slug)
    demand = db.session.get(Demand, demand_id) if demand_id < 2**31 else None
    if demand is None or demand.petition_id != petition.id or number >= len(demand.outcomes):
        abort(404)
    kept = demand.outcomes[number].get("file")
    file = db.session.scalar(select(StoredFile).where(StoredFile.id == kept["id"])) if kept else None
    if file is None or file.petition_id != petition.id or file.status != "ready":
        abort(404)
    return sending.send(file)


def _load(token: str) -> RecipientAnswer | Response:
    """The answer that the link is for, or the page that says why there is none: the same for all that are wrong."""
    try:
        key = read_answer_token(token)
    except TokenDamaged:
        return _gone()
    found = db.session.scalar(select(RecipientAnswer).where(RecipientAnswer.key == key))
    if found is None or found.status == "withdrawn" or (found.status != "approved" and not found.is_open(now())):
        return _gone()
    return found


def _gone() -> Response:
    return error_page(
        410,
        _("This link is not good any more"),
        _("It was withdrawn, its time is over, or a part of it is missing. Please ask the association for a new one."),
    )


def _verdicts(answer: RecipientAnswer) -> dict[str, dict[str, str]]:
    """What was said to each demand of this petition; what is unanswered is left out."""
    found = {}
    for demand in demands_of(answer.petition):
        verdict = request.form.get(f"verdict-{demand.id}", "")
        sentence = clean_line(request.form.get(f"sentence-{demand.id}"))
        if verdict in VERDICTS and verdict != "unanswered":
            found[str(demand.id)] = {"verdict": verdict, "sentence": sentence}
    return found


def _page(answer: RecipientAnswer, form: AnswerForm, verdicts: dict[str, Any]) -> str:
    petition = answer.petition
    return render_template(
        "outcomes/answer.html",
        answer=answer,
        petition=petition,
        text=petition.text_for(selected_locale()),
        demands=demands_of(petition),
        confirmed=confirmed_count(petition.id),
        form=form,
        verdicts=verdicts,
        words=VERDICT_WORDS,
        longest_sentence=LONGEST_SENTENCE,
    )
