"""What waits for a look, what is on the page, what was taken off it: one by one, or those that are ticked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import Optional

from petition_app.admin import audit, current
from petition_app.admin.access import allowed
from petition_app.admin.comments.screen import blueprint
from petition_app.admin.forms import AdminForm, LineField, a_line
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.typed import keys_of
from petition_app.comments import charter, moderation
from petition_app.comments.listing import comments_before
from petition_app.comments.moderation import Ruling
from petition_app.extensions import db
from petition_app.models import Comment, CommentDecision, Petition
from petition_app.models.base import now
from petition_app.sealing import state as sealing
from petition_app.transactions import writing
from petition_app.web.keyset import cursor_of, place_of

PAGE = 25

# At most so many are decided together: as many as a page shows.
MOST_AT_ONCE = 100

# How long the last act is offered to be taken back.
UNDO_OFFERED = timedelta(hours=1)

# Those that can be listed petition by petition.
STATES = ("published", "hidden")

# What held a comment back, for whoever looks at it.
CHECKS = {
    # Translators: why a comment waits for a look; behind it stands what was found
    "link": _l("Leads elsewhere"),
    "shouting": _l("Shouts"),
    "repetition": _l("Says the same again and again"),
    "listed": _l("A word of your list"),
    "again": _l("Others have written the same"),
}


class RulingForm(AdminForm):
    """Why comments are hidden: it stands once on the page, for one comment and for many."""

    point = SelectField(_l("Reason"), [Optional()])
    words = LineField(_l("In your own words"), [Optional(), a_line(300)])
    tells_signer = BooleanField(_l("Tell the signer by mail"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.point.choices = [SelectChoice("", _("Choose a reason")), *charter.SHORT.items()]


@blueprint.get("")
@allowed("comments.moderate")
def index() -> ResponseReturnValue:
    """What waits, who has waited longest first."""
    return _queue_page(RulingForm(formdata=None), [])


@blueprint.get("/<state>")
@allowed("comments.moderate")
def listing(state: str) -> ResponseReturnValue:
    """What is on the page, or was taken off it, petition by petition."""
    return _listing_page(state, RulingForm(formdata=None), []) if state in STATES else abort(404)


@blueprint.post("/decision")
@allowed("comments.moderate")
def decide() -> ResponseReturnValue:
    """Show or hide: one comment by its own button, or those that are ticked."""
    verdict, ids, form, state = _pressed(), _chosen(), RulingForm(), request.form.get("state", "")
    if not ids:
        notice(_("Tick at least one comment first."), kind=WARNING)
        return redirect(_back(state), 303)
    if verdict == "hidden" and not (form.point.data or form.words.data):
        form.point.errors = [_("Say why: choose a reason, or write one.")]
        return _again(state, form, ids)
    if not form.validate():
        return _again(state, form, ids)
    ruling = Ruling("shown") if verdict == "shown" else _ruling_of(form)
    with writing() as session:
        act = moderation.decide(session, ids, ruling, now(), current.member().id)
        for comment in act.comments:
            audit.record(session, f"comment.{verdict}", comment, **_details(ruling))
        number = len(act.comments)
    moderation.pages_changed(act)
    _tell(verdict, number, act.key)
    return redirect(_back(state), 303)


@blueprint.post("/acts/<act>/undo")
@allowed("comments.moderate")
def undo(act: str) -> ResponseReturnValue:
    """Take back what one has decided in one act."""
    with writing() as session:
        undone = moderation.undo(session, act, now(), current.member().id)
        for comment in undone.comments:
            audit.record(session, "comment.decision_undone", comment)
        number = len(undone.comments)
    moderation.pages_changed(undone)
    if number:
        notice(
            ngettext(
                "%(num)s comment stands as it stood before.",
                "%(num)s comments stand as they stood before.",
                number,
            )
        )
    else:
        notice(_("There is nothing left to take back: it has changed since."), kind=WARNING)
    return redirect(url_for("admin.comments.index"), 303)


@dataclass(frozen=True)
class Shown:
    """A page of comments, with what is known of each."""

    items: Sequence[Comment]
    flags: dict[int, dict[str, int]]
    first: str
    older: str


def _queue_page(form: RulingForm, ticked: Sequence[int]) -> str:
    place = place_of(request.args.get("after", ""))
    found = moderation.queue_after(place, PAGE + 1)
    last = found[PAGE - 1] if len(found) > PAGE else None
    more = cursor_of(last.queued_at, last.id) if last and last.queued_at else ""
    shown = Shown(
        items=found[:PAGE],
        flags=moderation.flags_of(found[:PAGE]),
        first=url_for("admin.comments.index") if place else "",
        older=url_for("admin.comments.index", after=more) if more else "",
    )
    return _page("", shown, form, ticked)


def _listing_page(state: str, form: RulingForm, ticked: Sequence[int]) -> str:
    petitions = _petitions()
    petition = next((p for p in petitions if p.slug == request.values.get("petition")), next(iter(petitions), None))
    if petition is None:
        return _page(state, Shown([], {}, "", ""), form, ticked)
    here: dict[str, Any] = {"state": state, "petition": petition.slug}
    before = request.args.get("before", "")
    items, more = _published(petition, before) if state == "published" else _hidden(petition, before)
    older = url_for("admin.comments.listing", before=more, **here) if more else ""
    first = url_for("admin.comments.listing", **here) if before else ""
    shown = Shown(items, moderation.flags_of(items), first, older)
    return _page(state, shown, form, ticked, petitions=petitions, petition=petition)


def _published(petition: Petition, before: str) -> tuple[Sequence[Comment], str]:
    """A page of them, and from where the next one goes on."""
    found = comments_before(petition.id, place_of(before), PAGE)
    with_signers = select(Comment).where(Comment.id.in_([item.id for item in found.items]))
    by_id = {comment.id: comment for comment in db.session.scalars(with_signers.options(joinedload(Comment.signature)))}
    return [by_id[item.id] for item in found.items if item.id in by_id], found.next


def _hidden(petition: Petition, before: str) -> tuple[Sequence[Comment], str]:
    start = int(before) if before.isdecimal() and len(before) < 10 else None
    found = moderation.hidden_comments(petition.id, start, PAGE + 1)
    return found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else ""


def _page(state: str, shown: Shown, form: RulingForm, ticked: Sequence[int], **values: object) -> str:
    return render_template(
        "admin/comments/index.html",
        state=state,
        shown=shown,
        form=form,
        ticked=set(ticked),
        checks=CHECKS,
        points=charter.SHORT,
        last_act=_last_act(),
        waiting=moderation.queue_length(),
        seals=sealing.current() is not None,
        **values,
    )


def _last_act() -> Sequence[CommentDecision]:
    return moderation.last_act(current.member().id, now() - UNDO_OFFERED)


def _petitions() -> Sequence[Petition]:
    found = select(Petition).where(Petition.comments != "off").order_by(Petition.id.desc())
    return db.session.scalars(found.options(selectinload(Petition.texts))).all()


def _pressed() -> str:
    """The button: each says by its name what to do, by its value with which comment."""
    return "shown" if "show" in request.form else "hidden" if "hide" in request.form else abort(400)


def _chosen() -> list[int]:
    own = request.form.get("show") or request.form.get("hide") or ""
    sent = [own] if own != "ticked" else request.form.getlist("id")
    return keys_of(sent[:MOST_AT_ONCE])


def _ruling_of(form: RulingForm) -> Ruling:
    tells_signer = bool(form.tells_signer.data) and sealing.current() is None
    return Ruling("hidden", form.point.data or "", form.words.data or "", tells_signer)


def _details(ruling: Ruling) -> dict[str, Any]:
    said: dict[str, Any] = {"point": ruling.point, "words": ruling.words, "told": ruling.tells_signer}
    return {name: value for name, value in said.items() if value}


def _tell(verdict: str, number: int, act: str) -> None:
    if not number:
        notice(_("Nothing was changed: the comment went with its signature."), kind=WARNING)
        return
    if verdict == "shown":
        sentence = ngettext("%(num)s comment is on the page.", "%(num)s comments are on the page.", number)
    else:
        sentence = ngettext("%(num)s comment is hidden.", "%(num)s comments are hidden.", number)
    notice(sentence, undo=url_for("admin.comments.undo", act=act))


def _back(state: str) -> str:
    if state in STATES:
        return url_for("admin.comments.listing", state=state, petition=request.form.get("petition") or None)
    return url_for("admin.comments.index")


def _again(state: str, form: RulingForm, ids: Sequence[int]) -> ResponseReturnValue:
    """The same page, with what was typed and ticked."""
    page = _listing_page(state, form, ids) if state in STATES else _queue_page(form, ids)
    return make_response(page, 422)
