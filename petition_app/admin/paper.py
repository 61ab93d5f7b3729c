"""Signatures on paper: the sheet to print, the fast form for what comes back, and what was entered."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy.exc import NoResultFound

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.extensions import db
from petition_app.files import keeping, orders, sending
from petition_app.i18n.locales import page_locale, use_locale, usual_country
from petition_app.models import PaperBatch, Petition, StoredFile
from petition_app.models.base import now
from petition_app.models.counter import confirmed_count
from petition_app.models.paper import paper_count
from petition_app.paper import entry
from petition_app.paper.reading import Sheet, blank_sheet, read_sheet
from petition_app.privacy.consent import wordings
from petition_app.transactions import writing
from petition_app.web.urls import absolute

blueprint = Blueprint("paper", __name__, url_prefix="/paper")

# Translators: the screen for signatures that were given on paper
add_tab(Tab("admin.paper.petition", _l("On paper"), "paper.enter", position=70))
audit.name_acts(
    {
        "paper.entered": _l("entered signatures on paper"),
        "paper.counted": _l("let a line on paper count"),
        "paper.discounted": _l("took a line on paper out of the count"),
        "paper.removed": _l("removed a batch of signatures on paper"),
    }
)

LARGEST_SCAN = 10 * 2**20
# With the form around it.
MOST_BYTES = LARGEST_SCAN + 2**18


@blueprint.get("/<slug:slug>")
@allowed("paper.enter")
def petition(slug: str) -> ResponseReturnValue:
    """Both numbers, the sheet, and the batches that were entered."""
    petition = load_petition(slug)
    return render_template(
        "admin/paper/petition.html",
        petition=petition,
        text=petition.text_for(current.member().locale),
        online=confirmed_count(petition.id),
        paper=paper_count(petition.id),
        batches=entry.batches_of(petition.id),
    )


@blueprint.get("/<slug:slug>/sheet")
@allowed("paper.enter")
def sheet(slug: str) -> ResponseReturnValue:
    """The sheet, in one of the petition's languages, to be printed by the browser."""
    petition = load_petition(slug)
    wanted = request.args.get("text", "")
    text = petition.text_for(wanted if wanted in petition.locales else petition.default_locale)
    address = absolute("public.petition", slug=petition.slug, locale=page_locale(text.locale))
    with use_locale(page_locale(text.locale)):
        return render_template(
            "admin/paper/sheet.html",
            petition=petition,
            text=text,
            recipients=petition.recipients_for(text.locale),
            address=address,
            code=_code(f"{address}?via=paper"),
            consent=wordings()["processing"],
            lines=entry.LINES,
        )


@blueprint.get("/<slug:slug>/batches/new")
@allowed("paper.enter")
def form(slug: str) -> ResponseReturnValue:
    """The empty form."""
    return _form_page(load_petition(slug), blank_sheet())


@blueprint.post("/<slug:slug>/batches/new")
@allowed("paper.enter", most_bytes=MOST_BYTES)
def enter(slug: str) -> ResponseReturnValue:
    """Keep what was typed, and tell who has signed already."""
    petition = load_petition(slug)
    sheet = read_sheet(request.form, usual_country(petition.default_locale))
    scan = _scan(sheet)
    if sheet.errors:
        return _form_page(petition, sheet), 422
    by, at, petition_id = current.member().name, now(), petition.id
    with writing() as session:
        batch = entry.add_batch(session, petition_id, sheet.label, sheet.lines, by, at)
        if scan:
            batch.scan_id = keeping.keep(session, petition_id, f"{slug}-scan-{at:%Y%m%d-%H%M%S}", scan, by, at).id
        audit.record(session, "paper.entered", batch, lines=len(sheet.lines), counted=batch.counted)
    entry.changed(petition_id)
    notice(
        ngettext(
            "%(num)s line of %(total)s counts.",
            "%(num)s lines of %(total)s count.",
            batch.counted,
            total=len(sheet.lines),
        )
    )
    return redirect(url_for(".batch", batch_id=batch.id), 303)


@blueprint.get("/batches/<int:batch_id>")
@allowed("paper.enter")
def batch(batch_id: int) -> ResponseReturnValue:
    """A batch with its lines, and what is told of each."""
    batch = _load(batch_id)
    petition = db.session.get_one(Petition, batch.petition_id)
    return render_template(
        "admin/paper/batch.html",
        batch=batch,
        petition=petition,
        text=petition.text_for(current.member().locale),
        scan=db.session.get(StoredFile, batch.scan_id) if batch.scan_id else None,
    )


@blueprint.post("/lines/<int:line_id>")
@allowed("paper.enter")
def count(line_id: int) -> ResponseReturnValue:
    """Let a line count, or not."""
    is_counted = request.form.get("count") == "yes"
    try:
        with writing() as session:
            line = entry.count_line(session, _id(line_id), is_counted)
            batch = session.get_one(PaperBatch, line.batch_id)
            audit.record(session, "paper.counted" if is_counted else "paper.discounted", batch, line=line.line)
            batch_id, petition_id = line.batch_id, line.petition_id
    except NoResultFound:
        abort(404)
    entry.changed(petition_id)
    return redirect(url_for(".batch", batch_id=batch_id, _anchor=f"line-{line_id}"), 303)


@blueprint.get("/batches/<int:batch_id>/removal")
@allowed("paper.enter")
def removal(batch_id: int) -> ResponseReturnValue:
    """What comes of removing it."""
    return render_template("admin/paper/removal.html", batch=_load(batch_id))


@blueprint.post("/batches/<int:batch_id>/removal")
@allowed("paper.enter")
def remove(batch_id: int) -> ResponseReturnValue:
    """Take a whole batch out, and its scan with it."""
    found = _load(batch_id)
    petition_id, scan_id = found.petition_id, found.scan_id
    slug = db.session.get_one(Petition, petition_id).slug
    with writing() as session:
        audit.record(session, "paper.removed", session.get_one(PaperBatch, batch_id), counted=found.counted)
        entry.remove_batch(session, batch_id)
    if scan_id is not None:
        orders.call_off(scan_id, now())
    entry.changed(petition_id)
    notice(_("The batch is gone. Its lines do not count any more."))
    return redirect(url_for(".petition", slug=slug), 303)


@blueprint.get("/batches/<int:batch_id>/scan")
@allowed("paper.enter")
def scan(batch_id: int) -> ResponseReturnValue:
    """The scan, to be looked at beside the lines."""
    found = _load(batch_id)
    file = db.session.get(StoredFile, found.scan_id) if found.scan_id else None
    if file is None or file.status != "ready":
        abort(404)
    return sending.send(file)


def _load(batch_id: int) -> PaperBatch:
    found = db.session.get(PaperBatch, _id(batch_id))
    if found is None:
        abort(404)
    return found


def _id(number: int) -> int:
    """As large as both databases' integers are."""
    return number if number < 2**31 else abort(404)


def _scan(sheet: Sheet) -> bytes:
    """The file that came along; "" for none. What it cannot be is told among the errors."""
    file = request.files.get("scan")
    if file is None or not file.filename:
        return b""
    data = file.stream.read(LARGEST_SCAN + 1)
    try:
        keeping.kind_of(data)
    except keeping.UnknownKind:
        sheet.errors["scan"] = _("This is neither a PDF nor a JPEG or PNG picture.")
    if len(data) > LARGEST_SCAN:
        sheet.errors["scan"] = _("The scan is larger than 10 MB. Scan it in grey, or in two parts.")
    return data


def _form_page(petition: Petition, sheet: Sheet) -> str:
    return render_template(
        "admin/paper/form.html", petition=petition, text=petition.text_for(current.member().locale), sheet=sheet
    )


def _code(address: str) -> Markup:
    import segno  # as in second_factor.py

    svg: Any = segno.make(address, error="m", micro=False).svg_inline(
        border=2, omitsize=True, svgclass="qr", lineclass=None
    )
    return Markup(svg)  # noqa: S704  # made of our own address
