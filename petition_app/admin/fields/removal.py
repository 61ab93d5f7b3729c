"""A field that is asked no longer, and what becomes of the answers to it."""

from __future__ import annotations

import time
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from petition_app.admin import audit
from petition_app.admin.access import allowed
from petition_app.admin.fields.screen import CHANGED, blueprint, desk, label_of, load, revision_seen, to_tab, told
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import notice
from petition_app.models import Petition, PetitionField
from petition_app.models.base import now
from petition_app.petitions import fields
from petition_app.petitions.fields import FormChanged
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed

# How long the page that takes answers away works on it itself; the worker does the rest.
SECONDS_AT_ONCE = 2.0


@blueprint.get("/<slug:slug>/fields/<int:field_id>/removal")
@allowed("petitions.edit")
def removal(slug: str, field_id: int) -> ResponseReturnValue:
    """What comes of it, and the choice of what becomes of the answers."""
    petition = load_petition(slug)
    return _removal_page(petition, load(petition, field_id))


@blueprint.post("/<slug:slug>/fields/<int:field_id>/removal")
@allowed("petitions.edit")
def remove(slug: str, field_id: int) -> ResponseReturnValue:
    """Ask for it no longer; the answers stay with their signatures, or go."""
    petition = load_petition(slug)
    row = load(petition, field_id)
    answers = fields.answers_to(field_id)
    fate = request.form.get("answers", "")
    if answers and fate not in ("keep", "erase"):
        return _removal_page(petition, row, error=_("Please choose what becomes of the answers.")), 422
    forgets = fate == "erase" or not answers
    try:
        with writing() as session:
            held = fields.hold(session, petition.id, revision_seen())
            removed = session.get_one(PetitionField, field_id)
            removed.remove(now(), forgets_answers=forgets)
            kept = 0 if forgets else answers
            audit.record(session, "form.field_removed", removed, answers_kept=kept, **told(held, removed))
    except FormChanged:
        return _removal_page(petition, row, error=CHANGED), 409
    petition_changed.send(petition_id=petition.id)
    if forgets and answers:
        _forget(field_id)
    notice(_removed_sentence(answers, forgets))
    return to_tab(slug)


@blueprint.get("/<slug:slug>/fields/<int:field_id>/answers/erasure")
@allowed("petitions.edit")
def erasure(slug: str, field_id: int) -> ResponseReturnValue:
    """The question before the answers to a field that is asked no longer are erased."""
    petition = load_petition(slug)
    row = load(petition, field_id, is_asked=False)
    return render_template(
        "admin/fields/erasure.html", **desk(petition), field=row, label=label_of(row), answers=fields.answers_to(row.id)
    )


@blueprint.post("/<slug:slug>/fields/<int:field_id>/answers/erasure")
@allowed("petitions.edit")
def erase(slug: str, field_id: int) -> ResponseReturnValue:
    """Erase them; the signatures stay."""
    petition = load_petition(slug)
    load(petition, field_id, is_asked=False)
    answers = fields.answers_to(field_id)
    with writing() as session:
        row = session.get_one(PetitionField, field_id)
        row.forgets_answers = True
        audit.record(session, "form.answers_erased", row, answers=answers, petition=petition.slug)
    _forget(field_id)
    notice(_removed_sentence(answers, True))
    return to_tab(slug)


def _removal_page(petition: Petition, row: PetitionField, error: Any = "") -> str:
    return render_template(
        "admin/fields/removal.html",
        **desk(petition),
        field=row,
        label=label_of(row),
        answers=fields.answers_to(row.id),
        error=error,
    )


def _forget(field_id: int) -> None:
    """The first seconds of the work; what is left, the worker takes away."""
    ends = time.monotonic() + SECONDS_AT_ONCE
    while fields.forget_answers([field_id]) and time.monotonic() < ends:
        pass


def _removed_sentence(answers: int, forgets: bool) -> str:
    if not answers:
        # Translators: a question of the association to those who sign
        return str(_("It is no longer asked. Nobody had answered it."))
    if forgets:
        said = ngettext(
            "%(num)s answer is erased. The signature stays.",
            "%(num)s answers are erased. The signatures stay.",
            answers,
        )
    else:
        # Translators: a question of the association to those who sign
        said = ngettext(
            "It is no longer asked. %(num)s answer stays, as long as its signature.",
            "It is no longer asked. %(num)s answers stay, each as long as its signature.",
            answers,
        )
    return str(said)
