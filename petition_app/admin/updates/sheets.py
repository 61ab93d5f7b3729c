"""The sheets of an update: written in each language side by side, looked at, changed, thrown away."""

from __future__ import annotations

from collections.abc import Sequence

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.typed import number_of
from petition_app.admin.updates.screen import blueprint, desk, load, locales_of, previews_of, to, words_of
from petition_app.extensions import db
from petition_app.models import Member, Petition, Update
from petition_app.models.base import now
from petition_app.signing.cleaning import clean_line, clean_text, has_controls
from petition_app.transactions import writing
from petition_app.updates import mailing
from petition_app.updates import writing as words_of_updates
from petition_app.updates.mailing import WrongState
from petition_app.updates.writing import LONGEST_BODY, LONGEST_TITLE, Words, WrittenMeanwhile
from petition_app.web.changes import petition_changed


@blueprint.get("/<slug:slug>")
@allowed("updates.write")
def petition(slug: str) -> ResponseReturnValue:
    """All updates of a petition, the newest first."""
    petition = load_petition(slug)
    found = select(Update).where(Update.petition_id == petition.id).order_by(Update.id.desc())
    updates = db.session.scalars(found.options(selectinload(Update.texts))).all()
    return render_template("admin/updates/petition.html", updates=updates, **desk(petition))


@blueprint.get("/<slug:slug>/new")
@allowed("updates.write")
def new(slug: str) -> ResponseReturnValue:
    """An empty sheet in each of the petition's languages."""
    petition = load_petition(slug)
    return _editor(petition, None, [Words(locale, "", "") for locale in petition.locales])


@blueprint.post("/<slug:slug>/new")
@allowed("updates.write")
def create(slug: str) -> ResponseReturnValue:
    """Keep what was written as a draft."""
    petition = load_petition(slug)
    words = _typed(petition)
    if "preview" in request.form:
        return _editor(petition, None, words)
    if problems := _problems(words):
        return make_response(_editor(petition, None, words, problems), 422)
    member_id = current.member().id
    with writing() as session:
        by = session.get_one(Member, member_id)
        update = words_of_updates.create(session, session.get_one(Petition, petition.id), words, by, now())
        audit.record(session, "update.written", update)
        update_id = update.id
    notice(_("The draft is saved. Nobody but the team sees it."))
    return to(slug, update_id)


@blueprint.post("/<slug:slug>/preview")
@allowed("updates.write")
def preview(slug: str) -> ResponseReturnValue:
    """How the words will look, while they are typed."""
    petition = load_petition(slug)
    return render_template("admin/updates/_preview.html", previews=previews_of(_typed(petition)))


@blueprint.get("/<slug:slug>/<int:update_id>/text")
@allowed("updates.write")
def text(slug: str, update_id: int) -> ResponseReturnValue:
    """The words of an update, to be changed."""
    petition, update = load(slug, update_id)
    if not update.may_be_edited:
        notice(_("The words cannot be changed now. Call the update off, or let it go out first."), kind=WARNING)
        return to(slug, update_id)
    return _editor(petition, update, words_of(petition, update))


@blueprint.post("/<slug:slug>/<int:update_id>/text")
@allowed("updates.write")
def rewrite(slug: str, update_id: int) -> ResponseReturnValue:
    """Save other words, unless somebody else has meanwhile."""
    petition, update = load(slug, update_id)
    words, version = _typed(petition, update), request.form.get("version", "")
    if "preview" in request.form:
        return _editor(petition, update, words, version=version)
    if problems := _problems(words):
        return make_response(_editor(petition, update, words, problems, version=version), 422)
    member_id = current.member().id
    try:
        with writing() as session:
            by = session.get_one(Member, member_id)
            known = number_of(version)
            changed = words_of_updates.rewrite(session, update_id, known, words, by, now())
            audit.record(session, "update.rewritten", changed)
            is_on_page, petition_id = changed.is_on_page, changed.petition_id
    except WrittenMeanwhile:
        petition, update = load(slug, update_id)
        return make_response(_editor(petition, update, words, theirs=words_of(petition, update)), 409)
    except WrongState:
        notice(_("The words cannot be changed now. Call the update off, or let it go out first."), kind=WARNING)
        return to(slug, update_id)
    if is_on_page:
        petition_changed.send(petition_id=petition_id)
        notice(_("The page shows the new words. What has gone by mail stays as it was."))
    else:
        notice(_("The draft is saved. Nobody but the team sees it."))
    return to(slug, update_id)


@blueprint.get("/<slug:slug>/<int:update_id>/removal")
@allowed("updates.write")
def removal(slug: str, update_id: int) -> ResponseReturnValue:
    """Whether a draft is meant to go."""
    petition, update = load(slug, update_id)
    return render_template("admin/updates/removal.html", update=update, **desk(petition))


@blueprint.post("/<slug:slug>/<int:update_id>/removal")
@allowed("updates.write")
def discard(slug: str, update_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    load(slug, update_id)
    try:
        with writing() as session:
            update = mailing.held(session, update_id, "draft")
            audit.record(session, "update.discarded", update)
            session.delete(update)
    except WrongState:
        notice(_("Only a draft can be discarded."), kind=WARNING)
        return to(slug, update_id)
    notice(_("The draft is gone."))
    return redirect(url_for(".petition", slug=slug), 303)


def _typed(petition: Petition, update: Update | None = None) -> list[Words]:
    """What the form says, in order, in each language of the petition and of the update."""
    return [
        Words(
            locale,
            clean_line(request.form.get(f"title-{locale}")),
            clean_text(request.form.get(f"body-{locale}")),
        )
        for locale in locales_of(petition, update)
    ]


def _problems(words: Sequence[Words]) -> dict[str, str]:
    """What is wrong, by field."""
    problems: dict[str, str] = {}
    for said in words:
        for name, value, most in (("title", said.title, LONGEST_TITLE), ("body", said.body, LONGEST_BODY)):
            if has_controls(value.replace("\t", " ")) or (name == "title" and "\n" in value):
                problem = _("There is a character here that cannot be shown. Please type the text again.")
            elif len(value) > most:
                problem = _("This is longer than %(most)s characters. Please shorten it.", most=most)
            elif not value and not said.is_empty:
                problem = _("Please fill this in, or leave the whole language empty.")
            else:
                continue
            problems[f"{name}-{said.locale}"] = problem
    if not problems and all(said.is_empty for said in words):
        problems[f"title-{words[0].locale}"] = _("Please write something in one language at least.")
    return problems


def _editor(
    petition: Petition,
    update: Update | None,
    words: Sequence[Words],
    problems: dict[str, str] | None = None,
    *,
    version: str = "",
    theirs: Sequence[Words] = (),
) -> str:
    """The sheet, with what was typed. `theirs` are the words that somebody else has saved meanwhile."""
    return render_template(
        "admin/updates/editor.html",
        update=update,
        words=words,
        problems=problems or {},
        version=version or (update.version if update is not None else ""),
        theirs=[said for said in theirs if not said.is_empty],
        previews=previews_of(words),
        longest_title=LONGEST_TITLE,
        longest_body=LONGEST_BODY,
        **desk(petition),
    )
