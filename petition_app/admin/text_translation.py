"""A petition's texts in another language, side by side with the main one, part by part; and as translators' files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.i18n.isolating import from_field, in_field, room
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions.difference import Paragraph, difference
from petition_app.texts.entries import UnreadableFile
from petition_app.texts.exchange import (
    FORMATS,
    LARGEST_FILE,
    Imported,
    OtherPetition,
    bundle_of,
    file_name,
    import_bundle,
    read_file,
)
from petition_app.texts.parts import Part, seen_name
from petition_app.texts.reading import parts_of
from petition_app.texts.writing import Kept, Written, cleaned, keep, problem_of
from petition_app.transactions import writing
from petition_app.web.site import settings

blueprint = Blueprint("text_translation", __name__, url_prefix="/petitions")

# Translators: the tab where a petition’s texts are put into other languages
add_tab(Tab("admin.text_translation.form", _l("Translation"), "texts.translate", position=12))
audit.name_acts({"text.imported": _l("took in a file with a petition’s translation")})

MOST_BYTES = LARGEST_FILE + 2**16


@dataclass(frozen=True)
class Row:
    """A part on the page: what is typed in it, and what is to be said about it."""

    part: Part
    typed: str
    problem: str = ""
    theirs: Part | None = None

    @property
    def seen(self) -> str:
        return seen_name(self.part.target)

    @property
    def changes(self) -> list[Paragraph]:
        """What the source says otherwise than when it was translated."""
        return difference(self.part.before, self.part.source) if self.part.before else []


@dataclass(frozen=True)
class Desk:
    """Which petition is put into which language."""

    petition: Petition
    locale: str
    locales: list[str]
    only_open: bool

    @cached_property
    def parts(self) -> list[Part]:
        return parts_of(self.petition, self.locale) if self.locale else []

    def url(self, endpoint: str = ".form", **values: Any) -> str:
        show = "open" if self.only_open else None
        return url_for(endpoint, **{"slug": self.petition.slug, "text": self.locale, "show": show, **values})


@blueprint.get("/<slug:slug>/translation")
@allowed("texts.translate")
def form(slug: str) -> ResponseReturnValue:
    """Each part beside its translation."""
    desk = _desk(slug)
    return _page(desk, [Row(part, part.target) for part in desk.parts])


@blueprint.post("/<slug:slug>/translation")
@allowed("texts.translate")
def save(slug: str) -> ResponseReturnValue:
    """Keep what was typed; what somebody else has written meanwhile is shown beside it."""
    desk = _desk(slug)
    words, problems = _typed(desk)
    kept = keep(desk.petition.id, desk.locale, words, current.member().name, now())
    if problems or kept.theirs:
        return make_response(
            _page(desk, _rows_again(desk.petition, desk.locale, kept, problems), kept), 409 if kept.theirs else 422
        )
    notice(_kept_words(kept))
    return redirect(desk.url(), 303)


@blueprint.post("/<slug:slug>/translation/part")
@allowed("texts.translate")
def save_part(slug: str) -> ResponseReturnValue:
    """Keep the part that was just left, and say so beside it; nothing else of the page moves."""
    desk = _desk(slug)
    words, problems = _typed(desk)
    kept = keep(desk.petition.id, desk.locale, words, current.member().name, now())
    rows = _rows_again(desk.petition, desk.locale, kept, problems)
    names = {one.key for one in words} | problems.keys()
    shown = [row for row in rows if row.part.key in names]
    return render_template("admin/text_translation/_state.html", desk=desk, rows=shown, alone=True)


@blueprint.get("/<slug:slug>/translation/file")
@allowed("texts.translate")
def export(slug: str) -> ResponseReturnValue:
    """The parts and their translations as a file for a translator's own program."""
    desk, form = _desk(slug), request.args.get("format", "po")
    if form not in FORMATS or not desk.locale:
        abort(404)
    response = Response(FORMATS[form].write(bundle_of(desk.petition, desk.locale)))
    response.headers["Content-Type"] = FORMATS[form].content_type
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(desk.petition, desk.locale, form)}"'
    return response


@blueprint.post("/<slug:slug>/translation/file")
@allowed("texts.translate", most_bytes=MOST_BYTES)
def take_in(slug: str) -> ResponseReturnValue:
    """Keep what a translator's file says. Readers do not see it before it is put online."""
    desk, sent = _desk(slug), request.files.get("file")
    data = sent.read(LARGEST_FILE + 1) if sent is not None and sent.filename else b""
    try:
        if not data:
            raise UnreadableFile(_("Please choose a file."))
        bundle = read_file(data)
    except UnreadableFile as error:
        return _file_refused(desk, _("The file could not be read. %(problem)s", problem=error))
    told = bundle.locale.replace("_", "-").lower()
    if told and told != desk.locale.lower() and not told.startswith(f"{desk.locale.lower()}-"):
        said = _("This file is for another language: %(language)s.", language=bundle.locale)
        return _file_refused(desk, said)
    try:
        came = import_bundle(
            desk.petition, desk.locale, bundle, current.member().name, now(), overwrites="overwrite" in request.form
        )
    except OtherPetition as other:
        return _file_refused(desk, _("This file was made for another petition: %(name)s.", name=str(other)[:80] or "–"))
    with writing() as session:
        petition = session.get_one(Petition, desk.petition.id)
        audit.record(session, "text.imported", petition, text=desk.locale, parts=len(came.kept.changed))
    _tell(came)
    return redirect(desk.url(), 303)


def _file_refused(desk: Desk, problem: str) -> ResponseReturnValue:
    page = _page(desk, [Row(part, part.target) for part in desk.parts], file_problem=problem)
    return make_response(page, 422)


def _tell(came: Imported) -> None:
    notice(_kept_words(came.kept))
    left = len(came.kept.theirs)
    if left:
        notice(
            ngettext(
                "%(num)s part was written anew here since the file was made. It stays as it is here.",
                "%(num)s parts were written anew here since the file was made. They stay as they are here.",
                left,
            ),
            kind=WARNING,
        )
    lost = len(came.kept.unknown) + len(came.problems)
    if lost:
        notice(
            ngettext(
                "%(num)s part of the file could not be used: it belongs to no text of this petition, or is too long.",
                "%(num)s parts of the file could not be used: they belong to no text of this petition, or are too "
                "long.",
                lost,
            ),
            kind=WARNING,
        )


def _kept_words(kept: Kept) -> str:
    if not kept.changed:
        return str(_("Nothing has changed."))
    return str(
        ngettext(
            "%(num)s part is kept. Readers see it once it is put online.",
            "%(num)s parts are kept. Readers see them once they are put online.",
            len(kept.changed),
        )
    )


def _desk(slug: str) -> Desk:
    """The petition, and the language that the address names. 404 for one that nobody could read it in."""
    petition = load_petition(slug)
    offered = [*petition.locales, *(code for code in settings().locales if code not in petition.locales)]
    locales = [code for code in offered if code != petition.default_locale]
    locale = request.args.get("text") or next(iter(locales), "")
    if locale and locale not in locales:
        abort(404)
    return Desk(petition, locale, locales, request.args.get("show") == "open")


def _typed(desk: Desk) -> tuple[list[Written], dict[str, str]]:
    """What the form says of the parts that it shows, and what is wrong with any of it."""
    parts = {part.key: part for part in desk.parts}
    words, problems = [], {}
    for name in request.form:
        if not name.startswith("t-"):
            continue
        key = name.removeprefix("t-")
        typed, part = from_field(request.form[name], desk.locale), parts.get(key)
        target = cleaned(typed, part) if part is not None else typed.strip()
        if part is not None and (problem := problem_of(target, part)):
            problems[key] = problem
        elif len(key) <= 80:
            seen = request.form.get(f"s-{key}", "none")
            words.append(Written(key, target, seen, f"h-{key}" in request.form))
    return words, problems


def _rows_again(petition: Petition, locale: str, kept: Kept, problems: dict[str, str]) -> list[Row]:
    """The parts as they are now; where what was typed is not kept, it stays in its field."""
    rows = []
    for part in parts_of(petition, locale):
        is_theirs = part.key in kept.theirs
        sent = from_field(request.form.get(f"t-{part.key}", ""), locale)
        typed = sent if is_theirs or part.key in problems else part.target
        rows.append(Row(part, typed, problems.get(part.key, ""), part if is_theirs else None))
    return rows


def _page(desk: Desk, rows: list[Row], kept: Kept | None = None, file_problem: str = "") -> str:
    counted = [row.part for row in rows]
    shown = [row for row in rows if row.part.state != "done" or row.problem or row.theirs or not desk.only_open]
    return render_template(
        "admin/text_translation/form.html",
        petition=desk.petition,
        text=desk.petition.text_for(current.member().locale),
        desk=desk,
        rows=shown,
        kept=kept,
        done=sum(part.state == "done" for part in counted),
        total=len(counted),
        missing=sum(part.state == "missing" for part in counted),
        changed=sum(part.state == "changed" for part in counted),
        waiting=sum(bool(part.target) and not part.is_online for part in counted),
        file_problem=file_problem,
        in_field=in_field,
        room=room,
    )
