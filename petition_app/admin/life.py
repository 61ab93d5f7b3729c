"""A petition opens, closes, is archived or deleted: each on a page that tells what comes of it, with a way back."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.petitions import checks_of
from petition_app.i18n.locales import selected_locale
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.models.counter import confirmed_count
from petition_app.petitions import life
from petition_app.petitions.life import MissingIdentity, NotADraft, Signed
from petition_app.petitions.versions import has_signatures
from petition_app.transactions import writing

blueprint = Blueprint("life", __name__, url_prefix="/petitions")

audit.name_acts(
    {
        "petition.opened": _l("opened a petition"),
        "petition.closed": _l("closed a petition"),
        "petition.archived": _l("archived a petition"),
        "petition.unarchived": _l("took a petition out of the archive"),
        "petition.taken_offline": _l("made a petition a draft again"),
        "petition.deleted": _l("deleted a draft"),
    }
)


@blueprint.get("/<slug:slug>/opening")
@allowed("petitions.open")
def opening(slug: str) -> ResponseReturnValue:
    """What it means to put it online, and what it still lacks."""
    return _page("opening", load_petition(slug))


@blueprint.post("/<slug:slug>/opening")
@allowed("petitions.open")
def open_(slug: str) -> ResponseReturnValue:
    petition = load_petition(slug)
    if petition.status == "open":
        return _already(petition)
    was, was_signed = petition.status, has_signatures(petition.id)
    if any(check.is_needed and not check.is_done for check in checks_of(petition)):
        return make_response(_page("opening", petition), 422)
    try:
        life.open_petition(slug, now())
    except MissingIdentity:
        return make_response(_page("opening", load_petition(slug)), 422)
    _record("petition.opened", slug)
    undo = {"draft": "" if was_signed else url_for(".take_offline", slug=slug), "closed": url_for(".close", slug=slug)}
    notice(_("The petition is online."), undo=undo.get(was, ""))
    return _to_petition(slug)


@blueprint.post("/<slug:slug>/offline")
@allowed("petitions.open")
def take_offline(slug: str) -> ResponseReturnValue:
    """Take back an opening, while nobody has signed."""
    load_petition(slug)
    try:
        life.take_offline(slug)
    except Signed:
        notice(_("Somebody has signed already, so it cannot be a draft again. You can close it."), kind=WARNING)
        return _to_petition(slug)
    _record("petition.taken_offline", slug)
    notice(_("The petition is a draft again. Nobody else sees it."))
    return _to_petition(slug)


@blueprint.get("/<slug:slug>/closing")
@allowed("petitions.close")
def closing(slug: str) -> ResponseReturnValue:
    """What it means to close it."""
    return _page("closing", load_petition(slug))


@blueprint.post("/<slug:slug>/closing")
@allowed("petitions.close")
def close(slug: str) -> ResponseReturnValue:
    petition = load_petition(slug)
    if petition.status != "open":
        return _already(petition)
    life.close_petition(slug, now())
    _record("petition.closed", slug)
    notice(_("The petition is closed."), undo=url_for(".open_", slug=slug))
    return _to_petition(slug)


@blueprint.get("/<slug:slug>/archiving")
@allowed("petitions.archive")
def archiving(slug: str) -> ResponseReturnValue:
    """What it means to archive it."""
    return _page("archiving", load_petition(slug))


@blueprint.post("/<slug:slug>/archiving")
@allowed("petitions.archive")
def archive(slug: str) -> ResponseReturnValue:
    petition = load_petition(slug)
    if petition.status != "closed":
        return _already(petition)
    life.archive_petition(slug, now())
    _record("petition.archived", slug)
    notice(_("The petition is archived."), undo=url_for(".unarchive", slug=slug))
    return _to_petition(slug)


@blueprint.get("/<slug:slug>/unarchiving")
@allowed("petitions.archive")
def unarchiving(slug: str) -> ResponseReturnValue:
    """What it means to take it out of the archive."""
    return _page("unarchiving", load_petition(slug))


@blueprint.post("/<slug:slug>/unarchiving")
@allowed("petitions.archive")
def unarchive(slug: str) -> ResponseReturnValue:
    petition = load_petition(slug)
    if petition.status != "archived":
        return _already(petition)
    life.take_out_of_archive(slug)
    _record("petition.unarchived", slug)
    notice(_("The petition is listed again, among those that are closed."), undo=url_for(".archive", slug=slug))
    return _to_petition(slug)


@blueprint.get("/<slug:slug>/deletion")
@allowed("petitions.archive")
def deletion(slug: str) -> ResponseReturnValue:
    """What it means to delete a draft."""
    return _page("deletion", load_petition(slug))


@blueprint.post("/<slug:slug>/deletion")
@allowed("petitions.archive")
def delete(slug: str) -> ResponseReturnValue:
    petition = load_petition(slug)
    label = petition.text_for(selected_locale()).title
    _record("petition.deleted", slug)
    try:
        life.delete_draft(slug)
    except (Signed, NotADraft):
        notice(_("Only a draft that nobody has signed can be deleted."), kind=WARNING)
        return _to_petition(slug)
    notice(_("The draft “%(title)s” is deleted.", title=label))
    return redirect(url_for("admin.dashboard.index"), 303)


def _page(name: str, petition: Petition) -> str:
    return render_template(
        f"admin/life/{name}.html",
        petition=petition,
        text=petition.text_for(selected_locale()),
        confirmed=confirmed_count(petition.id),
        is_signed=has_signatures(petition.id),
        checks=checks_of(petition),
    )


def _already(petition: Petition) -> ResponseReturnValue:
    """Somebody else was quicker, or the page was old: how it stands is said, and nothing is done."""
    states = {
        "draft": _("The petition is a draft: nothing was done."),
        "open": _("The petition is open: nothing was done."),
        "closed": _("The petition is closed: nothing was done."),
        "archived": _("The petition is archived: nothing was done."),
    }
    notice(states[petition.status], kind=WARNING)
    return _to_petition(petition.slug)


def _record(action: str, slug: str) -> None:
    with writing() as session:
        audit.record(session, action, session.scalar(select(Petition).where(Petition.slug == slug)))


def _to_petition(slug: str) -> ResponseReturnValue:
    return redirect(url_for("admin.petitions.petition", slug=slug), 303)
