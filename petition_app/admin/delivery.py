"""The delivery: the document for the recipients, ordered here and fetched here."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.loading import load_petition
from petition_app.admin.made_files import load_file, remove_file, send_file
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.delivery.making import LONGEST_NOTE, is_installed, order_of
from petition_app.exports.uses import USES
from petition_app.files import orders
from petition_app.models import Petition, StoredFile
from petition_app.models.base import now
from petition_app.models.counter import confirmed_count
from petition_app.models.paper import paper_count
from petition_app.signing.cleaning import clean_text, has_controls
from petition_app.transactions import writing

blueprint = Blueprint("delivery", __name__, url_prefix="/delivery")

# Translators: the screen where the document for the recipients is made
add_tab(Tab("admin.delivery.petition", _l("Delivery"), "delivery.make", position=80))
audit.name_acts(
    {
        "delivery.ordered": _l("ordered the document for the recipients"),
        "delivery.fetched": _l("fetched the document for the recipients"),
        "delivery.removed": _l("removed a document for the recipients"),
    }
)


@blueprint.get("/<slug:slug>")
@allowed("delivery.make")
def petition(slug: str) -> ResponseReturnValue:
    """What the document will hold, and those that were made."""
    return _page(load_petition(slug))


@blueprint.post("/<slug:slug>")
@allowed("delivery.make")
def order(slug: str) -> ResponseReturnValue:
    """Have the document made."""
    petition = load_petition(slug)
    locale, note = request.form.get("text", ""), clean_text(request.form.get("note"))
    if locale not in petition.locales:
        return _page(petition, note, _("Choose one of the petition’s languages.")), 422
    if len(note) > LONGEST_NOTE or has_controls(note):
        return _page(petition, note, _("Your words are too long, or hold a character that cannot be printed.")), 422
    if any(file.is_waiting for file in orders.files_of(petition.id, "delivery")):
        notice(_("A document is still being made. Please wait for it before you order another."), kind=WARNING)
        return redirect(url_for(".petition", slug=slug, _anchor="files"), 303)
    placed = order_of(petition, locale, note, current.member().name, now())
    with writing() as session:
        audit.record(session, "delivery.ordered", orders.add(session, placed, now()), text=locale)
    notice(_("The document is being made. It appears below; you may leave this page meanwhile."))
    return redirect(url_for(".petition", slug=slug, _anchor="files"), 303)


@blueprint.get("/<slug:slug>/files")
@allowed("delivery.make")
def files(slug: str) -> ResponseReturnValue:
    """How far the document is: the part of the page that asks again while one is being made."""
    petition = load_petition(slug)
    return render_template(
        "admin/_files.html", files=orders.files_of(petition.id, "delivery"), **_file_routes(petition)
    )


@blueprint.get("/file/<int:file_id>")
@allowed("delivery.make")
def fetch(file_id: int) -> ResponseReturnValue:
    """The document itself, or the rest of it."""
    if _load(file_id).status != "ready":
        abort(404)
    return send_file(file_id, "delivery.fetched")


@blueprint.post("/file/<int:file_id>/removal")
@allowed("delivery.make")
def remove(file_id: int) -> ResponseReturnValue:
    """Call it off, or take it away before its time."""
    slug = remove_file(_load(file_id), "delivery.removed")
    return redirect(url_for(".petition", slug=slug, _anchor="files"), 303)


def _load(file_id: int) -> StoredFile:
    return load_file(file_id, "delivery")


def _page(petition: Petition, note: str = "", error: str = "") -> str:
    return render_template(
        "admin/delivery/petition.html",
        petition=petition,
        text=petition.text_for(current.member().locale),
        recipients=petition.recipients_for(current.member().locale),
        online=confirmed_count(petition.id),
        paper=paper_count(petition.id),
        note=note,
        longest_note=LONGEST_NOTE,
        error=error,
        is_installed=is_installed(),
        files=orders.files_of(petition.id, "delivery"),
        **_file_routes(petition),
    )


def _file_routes(petition: Petition) -> dict[str, Any]:
    return {
        "live": url_for(".files", slug=petition.slug),
        "fetch": "admin.delivery.fetch",
        "remove": "admin.delivery.remove",
        "use_labels": {name: use.label for name, use in USES.items()},
    }
