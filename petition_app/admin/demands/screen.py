"""The tab of a petition with what it demands, what became of that, and what its recipients answer."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from petition_app.admin import audit, current
from petition_app.admin.access import allowed, may
from petition_app.admin.loading import load_petition
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.tasks import Task, asks_for
from petition_app.extensions import db
from petition_app.models import Member, Petition, RecipientAnswer
from petition_app.outcomes.answers import waiting_of
from petition_app.outcomes.words import VERDICT_WORDS
from petition_app.petitions.demands import demands_of, found_in_texts

blueprint = Blueprint("demands", __name__, url_prefix="/petitions")

# Translators: the tab of a petition with what it demands and what became of that
add_tab(Tab("admin.demands.index", _l("Outcome"), "petitions.edit", position=30, waiting=waiting_of))
audit.name_acts(
    {
        "demands.saved": _l("changed a petition’s demands"),
        "demands.put_back": _l("put demands back"),
        "outcome.decided": _l("wrote down what became of a demand"),
        "outcome.taken_back": _l("took back what became of a demand"),
        "answer.asked": _l("made a private link for a recipient"),
        "answer.approved": _l("put a recipient’s answer online"),
        "answer.taken_off": _l("took a recipient’s answer off the page"),
        "answer.returned": _l("sent a recipient’s answer back"),
        "answer.withdrawn": _l("ended a recipient’s private link"),
    }
)


@asks_for
def waiting_answers(member: Member) -> Iterable[Task]:
    """The petitions with an answer that nobody has looked at."""
    if not may(member.role, "petitions.edit"):
        return
    given = select(RecipientAnswer.petition_id).where(RecipientAnswer.status == "given").distinct()
    for petition in db.session.scalars(select(Petition).where(Petition.id.in_(given)).order_by(Petition.id)):
        title = petition.text_for(member.locale).title
        yield Task(
            _("A recipient has answered “%(title)s”. Nobody sees it before you approve it.", title=title),
            url_for("admin.demands.index", slug=petition.slug),
            _("Read the answer"),
        )


@blueprint.get("/<slug:slug>/outcome")
@allowed("petitions.edit")
def index(slug: str) -> ResponseReturnValue:
    """The demands with their outcomes, and the recipients' answers."""
    petition = load_petition(slug)
    asked = select(RecipientAnswer).where(RecipientAnswer.petition_id == petition.id)
    return render_template(
        "admin/demands/index.html",
        petition=petition,
        text=petition.text_for(current.member().locale),
        demands=demands_of(petition),
        answers=db.session.scalars(asked.order_by(RecipientAnswer.id.desc())).all(),
        words=VERDICT_WORDS,
        can_import=not petition.has_demands and bool(found_in_texts(petition)),
    )


def outdated() -> str:
    """What is said where two have written at once."""
    return str(_("Somebody has changed this petition since you opened this page. Compare, then save again."))
