"""A petition's picture, with its description in each language; and the logos of those who carry it."""

from __future__ import annotations

from typing import Any

from babel.lists import format_list
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import notice
from petition_app.i18n.locales import own_name
from petition_app.models import Petition, StoredPicture
from petition_app.pictures.reading import INSTALL, NotAPicture, is_installed, read_picture
from petition_app.pictures.storage import Sizes, sizes_of, store_sizes
from petition_app.signing.cleaning import clean_line, has_controls
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed

blueprint = Blueprint("petition_pictures", __name__, url_prefix="/petitions")

audit.name_acts(
    {
        "petition.picture_changed": _l("changed a petition’s picture"),
        "petition.picture_removed": _l("took a petition’s picture away"),
        "petition.logo_changed": _l("changed an organisation’s logo"),
    }
)

# A picture that is too large is told so by its own sentence, up to this.
MOST_BYTES = 8 * 2**20
LARGEST_PICTURE, LARGEST_LOGO = 6 * 2**20, 2 * 2**20
WIDTHS, LOGO_WIDTHS = (480, 960, 1440, 1920), (96, 192)
LONGEST_ALT = 300


@blueprint.get("/<slug:slug>/pictures")
@allowed("petitions.edit")
def form(slug: str) -> ResponseReturnValue:
    """What there is, and a form for each."""
    petition = load_petition(slug)
    alts = petition.picture["alts"] if petition.picture else {}
    return _page(petition, alts)


@blueprint.post("/<slug:slug>/pictures")
@allowed("petitions.edit", most_bytes=MOST_BYTES)
def save(slug: str) -> ResponseReturnValue:
    """Keep the picture that was sent, or other descriptions of the one that is there; or take it away."""
    petition = load_petition(slug)
    if request.form.get("act") == "remove":
        _keep(petition.id, None, {})
        notice(_("The picture is taken away."))
        return redirect(url_for(".form", slug=slug), 303)
    alts = {code: clean_line(request.form.get(f"alt-{code}")) for code in petition.locales}
    sizes, problems = _read(request.files.get("picture"), LARGEST_PICTURE, WIDTHS)
    if sizes is None and not problems and petition.picture is None:
        problems.append(_("Please choose a picture."))
    problems += _problems_of(alts)
    if problems:
        return make_response(_page(petition, alts, problems), 422)
    _keep(petition.id, sizes, alts)
    notice(_("The picture is on the petition’s page."))
    return redirect(url_for(".form", slug=slug), 303)


@blueprint.post("/<slug:slug>/pictures/logos/<int:place>")
@allowed("petitions.edit", most_bytes=MOST_BYTES)
def save_logo(slug: str, place: int) -> ResponseReturnValue:
    """Keep an organisation's logo, or take it away."""
    petition = load_petition(slug)
    carriers = list(petition.carriers or ())
    if place >= len(carriers) or carriers[place]["name"] != request.form.get("name"):
        notice(_("The organisations have changed in the meantime. Please look again."))
        return redirect(url_for(".form", slug=slug), 303)
    sizes: Sizes | None = None
    problems: list[str] = []
    if request.form.get("act") != "remove":
        sizes, problems = _read(request.files.get("logo"), LARGEST_LOGO, LOGO_WIDTHS)
        if sizes is None and not problems:
            problems.append(_("Please choose a picture."))
    if problems:
        alts = petition.picture["alts"] if petition.picture else {}
        return make_response(_page(petition, alts, problems), 422)
    _keep_logo(petition.id, carriers[place]["name"], sizes)
    notice(_("The logo is saved."))
    return redirect(url_for(".form", slug=slug), 303)


def _read(sent: FileStorage | None, most_bytes: int, widths: tuple[int, ...]) -> tuple[Sizes | None, list[str]]:
    """The picture that was sent in all its widths, None where none was; and what is wrong with it."""
    if sent is None or not sent.filename:
        return None, []
    data = sent.read(most_bytes + 1)
    try:
        return sizes_of(read_picture(data, most_bytes=most_bytes), widths), []
    except NotAPicture as error:
        return None, [str(error)]


def _problems_of(alts: dict[str, str]) -> list[str]:
    problems = []
    missing = [own_name(code) for code, alt in alts.items() if not alt]
    if missing:
        names = format_list(missing, locale=get_locale())
        problems.append(
            _("Please describe the picture in %(languages)s, for those who do not see it.", languages=names)
        )
    if any(len(alt) > LONGEST_ALT for alt in alts.values()):
        problems.append(_("A description is longer than %(most)s characters. Please shorten it.", most=LONGEST_ALT))
    if any(has_controls(alt) for alt in alts.values()):
        problems.append(_("There is a character here that cannot be shown. Please type the text again."))
    return problems


def _keep(petition_id: int, sizes: Sizes | None, alts: dict[str, str]) -> None:
    """Put a picture in the place of the one before, which is deleted when the next one comes; or only describe it."""
    with writing() as session:
        petition = session.get_one(Petition, petition_id, with_for_update=True)
        before = petition.picture
        if sizes is None and alts and before:
            petition.picture = {**before, "alts": alts}
        elif sizes is None:
            _delete(session, [before["id"], before.get("former")] if before else [])
            petition.picture = None
        else:
            _delete(session, [before.get("former")] if before else [])
            petition.picture = {**_shown(session, sizes), "alts": alts, "former": before["id"] if before else None}
        audit.record(session, "petition.picture_changed" if petition.picture else "petition.picture_removed", petition)
    petition_changed.send(petition_id=petition_id)


def _keep_logo(petition_id: int, name: str, sizes: Sizes | None) -> None:
    with writing() as session:
        petition = session.get_one(Petition, petition_id, with_for_update=True)
        kept = []
        for carrier in petition.carriers or ():
            if carrier["name"] == name:
                _delete(session, [carrier["logo"]["id"]] if "logo" in carrier else [])
                carrier = {"name": name, "url": carrier["url"]} | ({"logo": _shown(session, sizes)} if sizes else {})
            kept.append(carrier)
        petition.carriers = kept
        audit.record(session, "petition.logo_changed", petition, organisation=name)
    petition_changed.send(petition_id=petition_id)


def _shown(session: Session, sizes: Sizes) -> dict[str, Any]:
    stored = store_sizes(session, sizes)
    return {"id": stored.id, "files": stored.files}


def _delete(session: Session, ids: list[int | None]) -> None:
    gone = [number for number in ids if number is not None]
    session.execute(
        delete(StoredPicture).where(StoredPicture.id.in_(gone)), execution_options={"synchronize_session": False}
    )


def _page(petition: Petition, alts: dict[str, str], problems: list[str] | None = None) -> str:
    return render_template(
        "admin/petition_pictures/form.html",
        petition=petition,
        text=petition.text_for(petition.default_locale),
        alts=alts,
        problems=problems or [],
        install="" if is_installed() else INSTALL,
        longest=LONGEST_ALT,
    )
