"""Files of signatures: what for, in which form, and how far each is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from petition_app.admin import audit, current, passphrase
from petition_app.admin.access import allowed
from petition_app.admin.loading import load_petition
from petition_app.admin.made_files import load_file, remove_file, send_file
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.exports.formats import FORMATS
from petition_app.exports.making import Export, order_of
from petition_app.exports.uses import USES, NotAColumn
from petition_app.extensions import db
from petition_app.files import orders, sending
from petition_app.files.making import part_key
from petition_app.models import Petition, StoredFile
from petition_app.models.base import now
from petition_app.sealing import handing_over
from petition_app.transactions import writing

blueprint = Blueprint("exports", __name__, url_prefix="/exports")

# Translators: the screen where signatures are made into files
add_tab(Tab("admin.exports.petition", _l("Files of signatures"), "exports.make", position=60))
audit.name_acts(
    {
        "export.ordered": _l("ordered a file of signatures"),
        "export.fetched": _l("fetched a file of signatures"),
        "export.removed": _l("removed a file of signatures"),
    }
)

# So many may wait for a petition: each is as large as all its signatures.
MOST_WAITING = 4

FORMAT_NAMES = {
    "csv": _l("CSV (UTF-8)"),
    "csv-bom": _l("CSV for Excel (UTF-8 with a mark)"),
    "xlsx": _l("Excel workbook (.xlsx)"),
    "ods": _l("LibreOffice sheet (.ods)"),
    "jsonl": _l("JSON Lines, for programs"),
}


@blueprint.get("/<slug:slug>")
@allowed("exports.make")
def petition(slug: str) -> ResponseReturnValue:
    """The form of one use, and the files there are."""
    return _page(load_petition(slug), request.args.get("use", "check"))


@blueprint.post("/<slug:slug>")
@allowed("exports.make")
def order(slug: str) -> ResponseReturnValue:
    """Have a file made."""
    petition = load_petition(slug)
    wanted = Export(
        request.form.get("use", ""),
        request.form.get("format", ""),
        tuple(request.form.getlist("columns")),
        "with_left" in request.form,
    )
    if wanted.use not in USES or wanted.format not in FORMATS:
        return _page(petition, "check", error=_("Choose what the file is for, and a format.")), 422
    if not wanted.columns:
        return _page(petition, wanted.use, wanted, _("Choose at least one column.")), 422
    if sum(file.is_waiting for file in orders.files_of(petition.id, "export")) >= MOST_WAITING:
        notice(_("Some files are still being made. Please wait for them before you order another."), kind=WARNING)
        return redirect(url_for(".petition", slug=slug, use=wanted.use), 303)
    try:
        placed = order_of(petition, wanted, current.member().locale, current.member().name, now())
    except NotAColumn:
        return _page(petition, wanted.use, error=_("A file for this use cannot have that column.")), 422
    private_key, problem = passphrase.unlocked(passphrase.typed()) if placed.sealed_key is not None else (b"", "")
    if problem:
        return _page(petition, wanted.use, wanted, passphrase_problem=problem), 422
    workers = 1
    with writing() as session:
        file = orders.add(session, placed, now())
        if private_key:
            workers = handing_over.hand_over(session, ("file", file.id), private_key, now())
        audit.record(session, "export.ordered", file, use=wanted.use, format=wanted.format, columns=wanted.columns)
    if not workers:
        notice(passphrase.nobody_there(), kind=WARNING)
    notice(_("The file is being made. It appears below; you may leave this page meanwhile."))
    return redirect(url_for(".petition", slug=slug, use=wanted.use, _anchor="files"), 303)


@blueprint.get("/<slug:slug>/files")
@allowed("exports.make")
def files(slug: str) -> ResponseReturnValue:
    """How far the files are: the part of the page that asks again while one is being made."""
    petition = load_petition(slug)
    return render_template("admin/_files.html", files=orders.files_of(petition.id, "export"), **_file_routes(petition))


@blueprint.get("/file/<int:file_id>")
@allowed("exports.make")
def fetch(file_id: int) -> ResponseReturnValue:
    """The file itself, or the rest of it."""
    file = _load(file_id)
    if file.status != "ready":
        abort(404)
    if file.is_sealed:
        return redirect(url_for(".passphrase_form", file_id=file_id), 303)
    return send_file(file_id, "export.fetched")


@blueprint.get("/file/<int:file_id>/passphrase")
@allowed("exports.make")
def passphrase_form(file_id: int) -> ResponseReturnValue:
    """What a file of sealed addresses asks for, before it is made and before it is fetched."""
    return _passphrase_page(_load_sealed(file_id))


@blueprint.post("/file/<int:file_id>/passphrase")
@allowed("exports.make")
def open_file(file_id: int) -> ResponseReturnValue:
    """Fetch it; or let the worker go on with it, that has no key any more."""
    file = _load_sealed(file_id)
    private_key, problem = passphrase.unlocked(passphrase.typed())
    if problem:
        return make_response(_passphrase_page(file, problem), 422)
    if file.status == "ready":
        with writing() as session:
            audit.record(session, "export.fetched", session.get_one(StoredFile, file_id))
        return sending.send(_load(file_id), part_key(file, private_key))
    with writing() as session:
        workers = handing_over.hand_over(session, ("file", file_id), private_key, now())
    if not workers:
        notice(passphrase.nobody_there(), kind=WARNING)
    slug = db.session.get_one(Petition, file.petition_id).slug
    return redirect(url_for(".petition", slug=slug, use=file.options["use"], _anchor="files"), 303)


def _load_sealed(file_id: int) -> StoredFile:
    file = _load(file_id)
    if not file.is_sealed or not (file.is_waiting or file.status == "ready"):
        abort(404)
    return file


def _passphrase_page(file: StoredFile, problem: str = "") -> str:
    petition = db.session.get_one(Petition, file.petition_id)
    return render_template(
        "admin/exports/passphrase.html",
        petition=petition,
        text=petition.text_for(current.member().locale),
        file=file,
        problem=problem,
    )


@blueprint.post("/file/<int:file_id>/removal")
@allowed("exports.make")
def remove(file_id: int) -> ResponseReturnValue:
    """Call it off, or take it away before its time."""
    slug = remove_file(_load(file_id), "export.removed")
    return redirect(url_for(".petition", slug=slug, _anchor="files"), 303)


def _load(file_id: int) -> StoredFile:
    return load_file(file_id, "export")


def _page(
    petition: Petition, use: str, wanted: Export | None = None, error: str = "", passphrase_problem: str = ""
) -> str:
    if use not in USES:
        abort(404)
    return render_template(
        "admin/exports/petition.html",
        petition=petition,
        text=petition.text_for(current.member().locale),
        uses=[each for each in USES.values() if each.name != "answers" or petition.form_revision],
        use=USES[use],
        columns=USES[use].columns_of(petition),
        formats=FORMAT_NAMES,
        wanted=wanted,
        error=error,
        asks_passphrase="email" in USES[use].columns and passphrase.is_asked(),
        problem=passphrase_problem,
        files=orders.files_of(petition.id, "export"),
        **_file_routes(petition),
    )


def _file_routes(petition: Petition) -> dict[str, Any]:
    return {
        "live": url_for(".files", slug=petition.slug),
        "fetch": "admin.exports.fetch",
        "remove": "admin.exports.remove",
        "open": "admin.exports.passphrase_form",
        "waits_for_key": lambda file: file.is_sealed and not handing_over.is_held(("file", file.id), now()),
        "use_labels": {name: use.label for name, use in USES.items()},
    }
