"""The course of an update: how far it is, stopped, resumed, called off, taken off the page and put back."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition_app.admin import audit, passphrase
from petition_app.admin.access import allowed
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.updates.screen import (
    blueprint,
    desk,
    duration,
    load,
    previews_of,
    tell_without_worker,
    to,
    words_of,
)
from petition_app.mail import outbox
from petition_app.models import Petition, Update
from petition_app.models.base import now
from petition_app.sealing import handing_over
from petition_app.transactions import writing
from petition_app.updates import mailing
from petition_app.updates.mailing import WrongState
from petition_app.web.changes import petition_changed
from petition_app.web.htmx import wants_fragment


@blueprint.get("/<slug:slug>/<int:update_id>")
@allowed("updates.write")
def update(slug: str, update_id: int) -> ResponseReturnValue:
    """An update: how it looks, how far it is, what can be done."""
    return _update_page(*load(slug, update_id))


@blueprint.get("/<slug:slug>/<int:update_id>/progress")
@allowed("updates.write")
def progress(slug: str, update_id: int) -> ResponseReturnValue:
    """How far it is: the part of the page that asks again while it is under way."""
    petition, update = load(slug, update_id)
    return render_template("admin/updates/_progress.html", update=update, petition=petition, **_progress_of(update))


@blueprint.post("/<slug:slug>/<int:update_id>/calling-off")
@allowed("updates.send")
def call_off(slug: str, update_id: int) -> ResponseReturnValue:
    """Make a scheduled one a draft again."""
    return _do(slug, update_id, "update.called_off", _call_off, _("The update is a draft again."))


@blueprint.post("/<slug:slug>/<int:update_id>/stop")
@allowed("updates.send")
def stop(slug: str, update_id: int) -> ResponseReturnValue:
    """Send no more of it."""
    done = _("The mailing is stopped. What has gone is gone; the others wait.")
    return _do(slug, update_id, "update.stopped", mailing.stop, done)


@blueprint.post("/<slug:slug>/<int:update_id>/resumption")
@allowed("updates.send")
def resume(slug: str, update_id: int) -> ResponseReturnValue:
    """Go on where it was stopped."""
    done = _("The mailing goes on. Nobody gets it twice.")
    if passphrase.is_asked():
        done = _("The mailing goes on as soon as you have entered the passphrase. Nobody gets it twice.")
    return _do(slug, update_id, "update.resumed", lambda session, key: mailing.resume(session, key, now()), done)


@blueprint.post("/<slug:slug>/<int:update_id>/passphrase")
@allowed("updates.send")
def open_addresses(slug: str, update_id: int) -> ResponseReturnValue:
    """Let the mailing go on, whose worker has no key (any more) to the sealed addresses."""
    petition, update = load(slug, update_id)
    private_key, problem = passphrase.unlocked(passphrase.typed())
    if problem:
        return make_response(_update_page(petition, update, problem), 422)
    at = now()
    try:
        with writing() as session:
            workers = mailing.hand_key(session, update_id, private_key, at)
            audit.record(session, "update.opened", session.get_one(Update, update_id))
    except WrongState:
        notice(_("Nothing was done: the update has changed since you looked. This is how it stands."), kind=WARNING)
        return to(slug, update_id)
    tell_without_worker(workers)
    if workers:
        notice(_("The mailing goes on. Nobody gets it twice."))
    return to(slug, update_id)


@blueprint.post("/<slug:slug>/<int:update_id>/off")
@allowed("updates.send")
def take_off(slug: str, update_id: int) -> ResponseReturnValue:
    """Take it off the page."""
    back = url_for(".put_back", slug=slug, update_id=update_id)
    done = _("The update is off the page. What has gone by mail is gone.")
    return _do(slug, update_id, "update.taken_off", _take_off, done, undo=back)


@blueprint.post("/<slug:slug>/<int:update_id>/on")
@allowed("updates.send")
def put_back(slug: str, update_id: int) -> ResponseReturnValue:
    """Show it on the page again."""
    return _do(slug, update_id, "update.put_back", _put_back, _("The update is on the page again."))


def _update_page(petition: Petition, update: Update, passphrase_problem: str = "") -> str:
    return render_template(
        "admin/updates/update.html",
        update=update,
        previews=previews_of(words_of(petition, update)),
        passphrase_problem=passphrase_problem,
        **_progress_of(update),
        **desk(petition),
    )


def _progress_of(update: Update) -> dict[str, Any]:
    """How far the mailing is. What was neither sent nor refused was not wanted any more."""
    waiting = outbox.waiting_count(update.id) if update.by_mail else 0
    left = max(0, update.foreseen - update.queued) + waiting
    waits_for_key = mailing.waits_for_key(update, now())
    # A field to type into is not taken away by what asks again.
    is_under_way = update.state in ("scheduled", "sending") and not waits_for_key
    return {
        "waits_for_key": waits_for_key,
        "waiting": waiting,
        "unwanted": max(0, update.queued - waiting - update.sent - update.bounced),
        "left": left,
        "remaining": duration(left, update.per_minute) if update.state == "sending" and left and is_under_way else "",
        "is_under_way": is_under_way,
        "is_fragment": wants_fragment(),
    }


def _do(slug: str, update_id: int, act: str, verb: Any, done: str, *, undo: str = "") -> ResponseReturnValue:
    """One of the small acts: in a transaction with its line in the log, or told that somebody was faster."""
    petition, _update = load(slug, update_id)
    petition_id = petition.id
    try:
        with writing() as session:
            audit.record(session, act, verb(session, update_id))
    except WrongState:
        notice(_("Nothing was done: the update has changed since you looked. This is how it stands."), kind=WARNING)
        return to(slug, update_id)
    petition_changed.send(petition_id=petition_id)
    notice(done, undo=undo)
    return to(slug, update_id)


def _call_off(session: Session, update_id: int) -> Update:
    update = mailing.held(session, update_id, "scheduled")
    update.call_off()
    handing_over.take_back(session, ("update", update_id))
    return update


def _take_off(session: Session, update_id: int) -> Update:
    update = mailing.held(session, update_id, "sent", "stopped")
    if not update.is_on_page:
        raise WrongState(update.state)
    update.take_off(session, now())
    return update


def _put_back(session: Session, update_id: int) -> Update:
    update = mailing.held(session, update_id, "sent", "stopped")
    if update.is_on_page or update.published_at is None:
        raise WrongState(update.state)
    update.put_back(session)
    return update
