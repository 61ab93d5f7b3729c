"""The audit log as a screen: who did what, filtered, page by page, and as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select, tuple_
from wtforms import DateField, SelectField
from wtforms.validators import Optional

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.forms import AdminForm
from petition_app.admin.screens import ASSOCIATION, Screen, add_screen
from petition_app.exports.formats import harmless
from petition_app.extensions import db
from petition_app.models import AuditEntry, Member
from petition_app.transactions import writing
from petition_app.web.filters import iso
from petition_app.web.keyset import Place, cursor_of, place_of
from petition_app.web.site import settings

blueprint = Blueprint("audit_log", __name__, url_prefix="/log")

add_screen(Screen("admin.audit_log.index", _l("Log"), "audit.read", ASSOCIATION, position=80))
audit.name_acts({"audit.exported": _l("downloaded the log")})

PAGE = 50
BATCH = 500
COLUMNS = ("moment", "member", "action", "kind", "id", "object", "details")
BY_COMMAND = "0"
_FIRST_DAY = date(2000, 1, 1)


class FilterForm(AdminForm):
    """What is looked for; it stands in the address, so that a view of the log can be kept and given on."""

    # Translators: somebody of the team, who did something
    member = SelectField(_l("Who"), validators=[Optional()])
    # Translators: what somebody of the team did
    action = SelectField(_l("What"), validators=[Optional()])
    since = DateField(_l("From day"), validators=[Optional()])
    until = DateField(_l("To day"), validators=[Optional()])

    def __init__(self) -> None:
        super().__init__(request.args)
        members = db.session.execute(select(Member.id, Member.name).order_by(Member.name, Member.id))
        self.member.choices = [
            ("", _("Everybody")),
            *((str(key), name) for key, name in members),
            (BY_COMMAND, _("A command of the operator")),
        ]
        acts = sorted((str(words), name) for name, words in audit.ACTS.items())
        self.action.choices = [("", _("Everything")), *((name, words) for words, name in acts)]

    @property
    def chosen(self) -> dict[str, Any]:
        """The fields that say something, as an address carries them."""
        said = {field.name: request.args.get(field.name, "") for field in self if not field.errors}
        return {name: text for name, text in said.items() if text}


@dataclass(frozen=True)
class Line:
    """An entry as it is told."""

    entry: AuditEntry
    words: str
    details: dict[str, object]


@blueprint.get("")
@allowed("audit.read")
def index() -> ResponseReturnValue:
    """The newest first."""
    form, place = FilterForm(), place_of(request.args.get("before", ""))
    form.validate()
    entries = _page_of(_filtered(form), place, PAGE + 1)
    more = len(entries) > PAGE
    last = entries[PAGE - 1] if more else None
    return render_template(
        "admin/audit_log/index.html",
        form=form,
        lines=[_told(entry) for entry in entries[:PAGE]],
        first=url_for("admin.audit_log.index", **form.chosen) if place else "",
        older=url_for("admin.audit_log.index", before=cursor_of(last.at, last.id), **form.chosen) if last else "",
        is_filtered=bool(form.chosen),
    )


@blueprint.get("/log.csv")
@allowed("audit.export")
def export() -> ResponseReturnValue:
    """What the filter shows, all of it, as CSV (RFC 4180, UTF-8), the newest first."""
    form = FilterForm()
    form.validate()
    question = _filtered(form)
    with writing() as session:
        audit.record(session, "audit.exported", **form.chosen)
    response = Response(stream_with_context(csv_lines(question)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="log.csv"'
    return response


def csv_lines(question: Select[AuditEntry]) -> Iterator[str]:
    """A header, then a line for each entry; no cell is a formula for a spreadsheet."""
    yield _line(COLUMNS)
    place: Place | None = None
    while True:
        entries = _page_of(question, place, BATCH)
        for entry in entries:
            yield _line(_cells(entry))
        if len(entries) < BATCH:
            return
        place = entries[-1].at, entries[-1].id
        # No transaction stays open between the pages, however slowly they are read.
        db.session.rollback()
        db.session.expunge_all()


def _filtered(form: FilterForm) -> Select[AuditEntry]:
    found = select(AuditEntry)
    if form.member.data and not form.member.errors:
        by = None if form.member.data == BY_COMMAND else int(form.member.data)
        found = found.where(AuditEntry.member_id == by)
    if form.action.data and not form.action.errors:
        found = found.where(AuditEntry.action == form.action.data)
    if form.since.data:
        found = found.where(AuditEntry.at >= _midnight(form.since.data))
    if form.until.data and form.until.data.year < 9999:
        found = found.where(AuditEntry.at < _midnight(form.until.data + timedelta(days=1)))
    return found


def _midnight(day: date) -> datetime:
    """When a day begins, in the site's time zone. Nothing was written before the program was."""
    return datetime.combine(max(day, _FIRST_DAY), time(), settings().timezone)


def _page_of(question: Select[AuditEntry], place: Place | None, limit: int) -> Sequence[AuditEntry]:
    if place is not None:
        question = question.where(tuple_(AuditEntry.at, AuditEntry.id) < tuple_(*place))
    newest_first = question.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    found: Sequence[AuditEntry] = db.session.scalars(newest_first.limit(limit)).all()
    return found


def _told(entry: AuditEntry) -> Line:
    return Line(entry, str(audit.ACTS.get(entry.action, entry.action)), json.loads(entry.details))


def _cells(entry: AuditEntry) -> Sequence[str]:
    key = "" if entry.object_id is None else str(entry.object_id)
    return (
        iso(entry.at),
        entry.member_name,
        entry.action,
        entry.object_kind,
        key,
        entry.object_label,
        "" if entry.details == "{}" else entry.details,
    )


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()
