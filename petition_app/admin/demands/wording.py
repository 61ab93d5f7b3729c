"""The demands themselves: written in each of the petition's languages, and put in order."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.demands.screen import blueprint, outdated
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import notice
from petition_app.admin.typed import ROW_ACTS, moved, number_of
from petition_app.i18n.locales import own_name
from petition_app.models import Petition
from petition_app.models.base import now
from petition_app.petitions import demands
from petition_app.petitions.demands import LONGEST_DEMAND, MOST_DEMANDS, Outdated, Row, demands_of, found_in_texts
from petition_app.signing.cleaning import clean_line, has_controls
from petition_app.transactions import writing
from petition_app.web.htmx import wants_fragment


@blueprint.get("/<slug:slug>/demands")
@allowed("petitions.edit")
def form(slug: str) -> ResponseReturnValue:
    """The demands in each of the petition's languages, to be written and put in order."""
    petition = load_petition(slug)
    rows = [Row(demand.id, demand.texts) for demand in demands_of(petition)]
    if not rows and "found" in request.args:
        rows = found_in_texts(petition)
    return _form_page(petition, rows, petition.revision)


@blueprint.post("/<slug:slug>/demands")
@allowed("petitions.edit")
def save(slug: str) -> ResponseReturnValue:
    """Keep them; or add, move or remove one, on the page only."""
    petition, rows = load_petition(slug), _typed_rows(load_petition(slug))
    revision = number_of(request.form.get("revision"))
    act, _colon, place = request.form.get("act", "").partition(":")
    if act in ROW_ACTS:
        return _with_rows(petition, moved(rows, act, place, Row(0, {})), revision)
    rows = [row for row in rows if any(row.texts.values())]
    if problems := _problems(petition, rows):
        return make_response(_form_page(petition, rows, revision, problems), 422)
    try:
        removed = demands.save_demands(petition.id, rows, revision, now())
    except Outdated:
        return make_response(_form_page(petition, rows, load_petition(slug).revision, [outdated()]), 409)
    _record("demands.saved", petition.id)
    undo = url_for(".put_back", slug=slug, ids=",".join(map(str, removed))) if removed else ""
    notice(_("The demands are saved."), undo=undo)
    return redirect(url_for(".index", slug=slug), 303)


@blueprint.post("/<slug:slug>/demands/return")
@allowed("petitions.edit")
def put_back(slug: str) -> ResponseReturnValue:
    """Put back the demands that were left out just now."""
    petition = load_petition(slug)
    ids = [number_of(part) for part in request.args.get("ids", "").split(",")[:MOST_DEMANDS]]
    demands.put_back(petition.id, [number for number in ids if number > 0])
    _record("demands.put_back", petition.id)
    notice(_("The demands are back, at the end of the list."))
    return redirect(url_for(".index", slug=slug), 303)


def _typed_rows(petition: Petition) -> list[Row]:
    ids = request.form.getlist("demand")[: MOST_DEMANDS + 1]
    columns = {locale: request.form.getlist(f"text-{locale}") for locale in petition.locales}
    return [
        Row(
            max(0, number_of(ids[place])),
            {locale: clean_line(texts[place]) for locale, texts in columns.items() if place < len(texts)},
        )
        for place in range(len(ids))
    ]


def _problems(petition: Petition, rows: list[Row]) -> list[str]:
    problems = []
    if len(rows) > MOST_DEMANDS:
        # Translators: the number is always 50
        problems.append(_("At most %(most)s demands fit.", most=MOST_DEMANDS))
    texts = [text for row in rows for text in row.texts.values()]
    if any(len(text) > LONGEST_DEMAND for text in texts):
        problems.append(_("A demand is longer than %(most)s characters. Please shorten it.", most=LONGEST_DEMAND))
    if any(has_controls(text) for text in texts):
        problems.append(_("There is a character here that cannot be shown. Please type the text again."))
    if any(not row.texts.get(petition.default_locale) for row in rows):
        language = own_name(petition.default_locale)
        problems.append(
            _("Each demand needs its words in the petition’s main language: %(language)s.", language=language)
        )
    return problems


def _record(action: str, petition_id: int) -> None:
    with writing() as session:
        audit.record(session, action, session.get_one(Petition, petition_id))


def _with_rows(petition: Petition, rows: list[Row], revision: int) -> ResponseReturnValue:
    if wants_fragment():
        return render_template("admin/demands/_rows.html", petition=petition, rows=rows)
    return _form_page(petition, rows, revision)


def _form_page(petition: Petition, rows: list[Row], revision: int, problems: list[str] | None = None) -> str:
    return render_template(
        "admin/demands/form.html",
        petition=petition,
        text=petition.text_for(petition.default_locale),
        rows=rows or [Row(0, {})],
        revision=revision,
        problems=problems or [],
    )
