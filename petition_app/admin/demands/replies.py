"""What recipients answer: asked for by a private link, read, put online, sent back, taken off."""

from __future__ import annotations

from typing import Any

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired, Optional

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.demands.screen import blueprint
from petition_app.admin.forms import AdminForm, LineField, a_line, an_address
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.typed import number_of
from petition_app.extensions import db
from petition_app.i18n.locales import own_name
from petition_app.models import Petition, RecipientAnswer
from petition_app.models.base import now
from petition_app.outcomes import answers
from petition_app.outcomes.answers import Closed
from petition_app.outcomes.words import VERDICT_WORDS
from petition_app.petitions.demands import demands_of
from petition_app.transactions import writing
from petition_app.web.site import settings
from petition_app.web.tokens import answer_token
from petition_app.web.urls import absolute


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


def _load_answer(slug: str, answer_id: int) -> tuple[Petition, RecipientAnswer]:
    petition = load_petition(slug)
    found = db.session.get(RecipientAnswer, answer_id) if answer_id < 2**31 else None
    if found is None or found.petition_id != petition.id:
        abort(404)
    return petition, found


def _record_answer(action: str, answer: RecipientAnswer) -> None:
    answer_id = answer.id
    with writing() as session:
        audit.record(session, action, session.get_one(RecipientAnswer, answer_id))


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
