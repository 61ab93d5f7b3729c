"""Requests about data that came by letter or otherwise: recorded with their day, answered within a month.

Who asks is written down here alone: the log names a request by its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import func, select
from wtforms import DateField, Field, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import InputRequired, ValidationError

from petition_app.admin import audit, current
from petition_app.admin.access import allowed, may
from petition_app.admin.forms import AdminForm, LineField, a_line
from petition_app.admin.notices import notice
from petition_app.admin.screens import PEOPLE, Screen, add_screen
from petition_app.admin.tasks import Task, asks_for
from petition_app.extensions import db
from petition_app.models import DataRequest, Member, Signature
from petition_app.models.base import months_after, now
from petition_app.signing.cleaning import clean_text, has_controls
from petition_app.signing.criteria import Criteria, find
from petition_app.transactions import writing
from petition_app.web.site import settings

blueprint = Blueprint("data_requests", __name__, url_prefix="/requests")

# By law (GDPR, article 12(3)).
MONTHS_TO_ANSWER = 1
SOON = timedelta(days=7)
MOST_SHOWN = 100
LONGEST_NOTE = 2_000

KIND_WORDS = {
    "access": _l("To see what is kept"),
    "correction": _l("To have it corrected"),
    "erasure": _l("To have it erased"),
    "withdrawal": _l("To take a consent back"),
    "portability": _l("To get a copy as a file"),
    "objection": _l("To object to a use of it"),
}


def _open_count() -> int:
    return (
        db.session.scalar(select(func.count()).select_from(DataRequest).where(DataRequest.answered_at.is_(None))) or 0
    )


add_screen(
    Screen(
        "admin.data_requests.index",
        _l("Requests about data"),
        "privacy.manage",
        PEOPLE,
        position=40,
        waiting=_open_count,
    )
)
audit.name_acts(
    {
        "request.recorded": _l("recorded a request about data"),
        "request.answered": _l("answered a request about data"),
        "request.reopened": _l("reopened a request about data"),
    }
)


def _a_note(_form: AdminForm, field: Field) -> None:
    text = field.data or ""
    if len(text) > LONGEST_NOTE:
        raise ValidationError(_("This is longer than %(most)s characters. Please shorten it.", most=LONGEST_NOTE))
    if has_controls(text.replace("\t", " ")):
        raise ValidationError(_("There is a character here that cannot be shown. Please type the text again."))


def _nothing_or_a_line(most: int) -> Any:
    check = a_line(most)

    def validate(form: AdminForm, field: Field) -> None:
        if field.data:
            check(form, field)

    return validate


class RequestForm(AdminForm):
    kind = SelectField(
        _l("What is asked"),
        [InputRequired(_l("Please fill this in."))],
        choices=[SelectChoice(*known) for known in KIND_WORDS.items()],
    )
    received = DateField(_l("Received on"), [InputRequired(_l("Please enter a day."))])
    person = LineField(_l("Who asks"), [InputRequired(_l("Please fill this in.")), a_line(160)])
    contact = LineField(_l("Where the answer goes"), [_nothing_or_a_line(320)])
    note = TextAreaField(_l("Note"), [_a_note], filters=[clean_text])

    def validate_received(self, field: Field) -> None:
        if field.data and not date(2000, 1, 1) <= field.data <= today():
            raise ValidationError(_("Please enter the day on which it came, not one to come."))


class AnswerForm(AdminForm):
    answer = TextAreaField(
        _l("What was done, and when it was told"),
        [InputRequired(_l("Please fill this in.")), _a_note],
        filters=[clean_text],
    )


class SearchForm(AdminForm):
    name = LineField(_l("Surname, or name and surname"), [_nothing_or_a_line(160)])
    email = LineField(_l("E-mail"), [_nothing_or_a_line(320)])


def today() -> date:
    return now().astimezone(settings().timezone).date()


@blueprint.get("")
@allowed("privacy.manage")
def index() -> ResponseReturnValue:
    """Those that wait, the most urgent first; then those that were answered, the newest first."""
    waiting = select(DataRequest).where(DataRequest.answered_at.is_(None)).order_by(DataRequest.due, DataRequest.id)
    answered = select(DataRequest).where(DataRequest.answered_at.is_not(None))
    newest = answered.order_by(DataRequest.answered_at.desc(), DataRequest.id.desc())
    return render_template(
        "admin/data_requests/index.html",
        waiting=db.session.scalars(waiting.limit(MOST_SHOWN)).all(),
        answered=db.session.scalars(newest.limit(MOST_SHOWN)).all(),
        kinds=KIND_WORDS,
        today=today(),
    )


@blueprint.get("/new")
@allowed("privacy.manage")
def form() -> ResponseReturnValue:
    return _form_page(RequestForm(formdata=None, data={"received": today()}))


@blueprint.post("/new")
@allowed("privacy.manage")
def record() -> ResponseReturnValue:
    """Write a request down, with the day by which it is to be answered."""
    form = RequestForm()
    if not form.validate():
        return make_response(_form_page(form), 422)
    said = {name: form.data[name] or "" for name in ("kind", "person", "contact", "note")}
    received = form.received.data or today()
    with writing() as session:
        found = DataRequest(
            **said,
            received=received,
            due=months_after(received, MONTHS_TO_ANSWER),
            entered_at=now(),
            member_id=current.member().id,
            member_name=current.member().name,
        )
        session.add(found)
        audit.record(session, "request.recorded", found, kind=found.kind, received=found.received)
    return to(found)


@blueprint.get("/<int:request_id>")
@allowed("privacy.manage")
def request_page(request_id: int) -> ResponseReturnValue:
    """One request: who asks what, whose signatures these are, what is to be done."""
    return page(load(request_id))


@blueprint.post("/<int:request_id>/search")
@allowed("privacy.manage")
def search(request_id: int) -> ResponseReturnValue:
    """Look for the person's signatures, in all petitions. What is looked for stands in no address."""
    wanted, form = load(request_id), SearchForm()
    if not form.validate() or not (form.name.data or form.email.data):
        return make_response(page(wanted, search=form), 422)
    criteria = Criteria(name=form.name.data or "", email=form.email.data or "")
    return page(wanted, search=form, found=find(criteria, 0, 50).items)


@blueprint.post("/<int:request_id>/answer")
@allowed("privacy.manage")
def answer(request_id: int) -> ResponseReturnValue:
    """It is answered: how, by whom, when."""
    wanted, form = load(request_id), AnswerForm()
    if not form.validate():
        return make_response(page(wanted, answer=form), 422)
    with writing() as session:
        row = session.get_one(DataRequest, wanted.id, with_for_update=True, populate_existing=True)
        if row.is_open:
            row.answered(now(), current.member().name, form.answer.data or "")
            audit.record(session, "request.answered", row)
    notice(_("The request is answered."), undo=url_for(".reopen", request_id=wanted.id))
    return redirect(url_for(".index"), 303)


@blueprint.post("/<int:request_id>/reopening")
@allowed("privacy.manage")
def reopen(request_id: int) -> ResponseReturnValue:
    """It was not answered after all."""
    with writing() as session:
        row = load(request_id)
        if not row.is_open:
            row.reopen()
            audit.record(session, "request.reopened", row)
    return to(row)


@asks_for
def what_is_due(member: Member) -> Iterator[Task]:
    """Requests whose month is nearly over."""
    if not may(member.role, "privacy.manage"):
        return
    soon = select(func.count()).select_from(DataRequest)
    soon = soon.where(DataRequest.answered_at.is_(None), DataRequest.due <= today() + SOON)
    if count := db.session.scalar(soon):
        yield Task(
            ngettext(
                "%(num)s request about data is to be answered within a week, or is overdue.",
                "%(num)s requests about data are to be answered within a week, or are overdue.",
                count,
            ),
            url_for("admin.data_requests.index"),
            _("See what is due"),
        )


def load(request_id: int) -> DataRequest:
    """The request of this number; else 404."""
    found = db.session.get(DataRequest, request_id) if request_id < 2**31 else None
    return found if found is not None else abort(404)


def page(
    wanted: DataRequest,
    *,
    search: SearchForm | None = None,
    answer: AnswerForm | None = None,
    found: Sequence[Signature] | None = None,
) -> str:
    attached = select(Signature).where(Signature.id.in_(wanted.signature_ids)).order_by(Signature.id)
    contact = wanted.contact if "@" in wanted.contact else ""
    return render_template(
        "admin/data_requests/request.html",
        wanted=wanted,
        kinds=KIND_WORDS,
        today=today(),
        attached=db.session.scalars(attached).all(),
        search=search or SearchForm(formdata=None, data={"name": wanted.person, "email": contact}),
        answer=answer or AnswerForm(formdata=None),
        found=found,
    )


def to(wanted: DataRequest) -> ResponseReturnValue:
    return redirect(url_for("admin.data_requests.request_page", request_id=wanted.id), 303)


def _form_page(form: RequestForm) -> str:
    return render_template("admin/data_requests/form.html", form=form)
