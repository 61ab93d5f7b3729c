"""Before an update goes out: to how many, how long that takes, when; tried on oneself, scheduled, sent."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from babel import dates
from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from petition_app.admin import audit, current, passphrase
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
from petition_app.i18n.locales import own_name
from petition_app.mail import outbox
from petition_app.models import Petition, Update
from petition_app.models.base import now
from petition_app.transactions import writing
from petition_app.updates import mailing, recipients
from petition_app.updates.mailing import WrongState
from petition_app.web.changes import petition_changed
from petition_app.web.site import settings

# Mails a minute: what a small server of one's own bears, up to what a provider for mass mail does.
PACES = (30, 120, 600, 2400)
USUAL_PACE = 120
FARTHEST = timedelta(days=366)


@blueprint.get("/<slug:slug>/<int:update_id>/sending")
@allowed("updates.send")
def sending(slug: str, update_id: int) -> ResponseReturnValue:
    """Before it goes out: to how many, how long it takes, when."""
    petition, update = load(slug, update_id)
    if update.state != "draft":
        return _told_that_it_is_under_way(slug, update_id)
    return _before_it_goes_out(petition, update)


@blueprint.post("/<slug:slug>/<int:update_id>/sending")
@allowed("updates.send")
def send(slug: str, update_id: int) -> ResponseReturnValue:
    """Send it, or have it sent at a moment."""
    petition, update = load(slug, update_id)
    if update.state != "draft":
        return _told_that_it_is_under_way(slug, update_id)
    at = now()
    choice, problems = _choice(at)
    if not petition.is_public:
        problems["when"] = _("The petition is a draft. Open it first: an update stands on its page.")
    if petition.default_locale not in update.locales:
        name = own_name(petition.default_locale)
        problems["when"] = _("The update has no text in the petition’s own language yet: %(language)s.", language=name)
    if request.form.get("version") != str(update.version):
        problems["when"] = _("Somebody has changed the words since you looked. Please look at them again.")
    private_key = b""
    if not problems and choice["by_mail"] and passphrase.is_asked() and passphrase.typed():
        private_key, problem = passphrase.unlocked(passphrase.typed())
        problems |= {passphrase.FIELD: problem} if problem else {}
    if problems:
        return make_response(_before_it_goes_out(petition, update, problems), 409 if "when" in problems else 422)
    choice["private_key"] = private_key
    try:
        return _schedule(update, choice, at) if choice["moment"] else _send(update, choice, at)
    except WrongState:
        return _told_that_it_is_under_way(slug, update_id)


@blueprint.post("/<slug:slug>/<int:update_id>/test")
@allowed("updates.send")
def test(slug: str, update_id: int) -> ResponseReturnValue:
    """Send it to oneself, in one of its languages."""
    petition, update = load(slug, update_id)
    locale = request.form.get("text", "")
    if locale not in update.locales:
        locale = next((known for known in (petition.default_locale, *update.locales) if known in update.locales), "")
    if not locale:
        abort(404)
    email = current.member().email
    with writing() as session:
        outbox.enqueue_test_of_update(session, update_id, email, locale, now())
        audit.record(session, "update.tested", session.get_one(Update, update_id), text=locale)
    notice(_("A test is on its way to %(address)s.", address=email))
    return redirect(_where_from(slug, update_id), 303)


def _where_from(slug: str, update_id: int) -> str:
    is_last_page = request.form.get("from") == "sending"
    return url_for(".sending" if is_last_page else ".update", slug=slug, update_id=update_id)


def _told_that_it_is_under_way(slug: str, update_id: int) -> ResponseReturnValue:
    notice(_("Somebody was faster: this update is scheduled, under way or sent already."), kind=WARNING)
    return to(slug, update_id)


def _before_it_goes_out(petition: Petition, update: Update, problems: dict[str, str] | None = None) -> str:
    """The page with the exact number. Whoever confirms after it was made is not meant, so that the number holds."""
    at = now()
    people = recipients.count(petition.id, at)
    form = request.form
    return render_template(
        "admin/updates/sending.html",
        update=update,
        people=people,
        at=at,
        until=at.isoformat(),
        paces=[(pace, duration(people, pace)) for pace in PACES],
        zone=dates.get_timezone_name(settings().timezone, locale=get_locale()),
        entered={
            "by_mail": form.get("by_mail", "yes"),
            "per_minute": form.get("per_minute", str(USUAL_PACE)),
            "when": form.get("when", "now"),
            "day": form.get("day", ""),
            "time": form.get("time", ""),
        },
        problems=problems or {},
        asks_passphrase=passphrase.is_asked(),
        previews=previews_of(words_of(petition, update)),
        email=current.member().email,
        **desk(petition),
    )


def _choice(at: datetime) -> tuple[dict[str, Any], dict[str, str]]:
    """What was chosen, and what is wrong with it, by field."""
    form, problems = request.form, dict[str, str]()
    pace = form.get("per_minute", str(USUAL_PACE))
    if pace not in map(str, PACES):
        problems["per_minute"] = _("Please choose one of these.")
    moment = None
    if form.get("when") == "later":
        moment = _moment(form.get("day", ""), form.get("time", ""))
        if moment is None:
            problems["day"] = _("Please enter a day and a time, like 2026-03-31 and 18:30.")
        elif moment <= at:
            problems["day"] = _("This moment has passed. Choose a later one, or send it now.")
        elif moment > at + FARTHEST:
            problems["day"] = _("This is more than a year away. Please choose an earlier moment.")
    choice = {
        "by_mail": form.get("by_mail") != "no",
        "per_minute": int(pace) if not problems else USUAL_PACE,
        "moment": moment,
        "until": _until(form.get("until", ""), at),
    }
    return choice, problems


def _moment(day: str, clock: str) -> datetime | None:
    """A day and a time as the form's fields give them, in the site's time zone."""
    try:
        typed = datetime.combine(date.fromisoformat(day.strip()), time.fromisoformat(clock.strip()))
        return typed.replace(tzinfo=settings().timezone, fold=0).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _until(text: str, at: datetime) -> datetime:
    """When the number that was shown was counted; now, where the form does not say."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return at
    if moment.tzinfo is None:
        return at
    return min(max(moment, at - timedelta(days=1)), at)


def _schedule(update: Update, choice: dict[str, Any], at: datetime) -> ResponseReturnValue:
    slug, update_id = update.petition.slug, update.id
    with writing() as session:
        changed = mailing.held(session, update_id, "draft")
        changed.by_mail, changed.per_minute = choice["by_mail"], choice["per_minute"]
        changed.schedule(choice["moment"])
        workers = _hand_key(session, update_id, choice, at)
        audit.record(session, "update.scheduled", changed, moment=choice["moment"], by_mail=changed.by_mail)
    tell_without_worker(workers)
    notice(_("The update is scheduled. Until then you can call it off."))
    return to(slug, update_id)


def _send(update: Update, choice: dict[str, Any], at: datetime) -> ResponseReturnValue:
    slug, update_id, petition_id = update.petition.slug, update.id, update.petition_id
    people = recipients.count(petition_id, choice["until"]) if choice["by_mail"] else 0
    with writing() as session:
        changed = mailing.held(session, update_id, "draft")
        changed.by_mail, changed.per_minute = choice["by_mail"], choice["per_minute"]
        mailing.send(session, update_id, at, until=choice["until"], foreseen=people)
        workers = _hand_key(session, update_id, choice, at)
        audit.record(session, "update.published", changed, by_mail=changed.by_mail, foreseen=people)
    petition_changed.send(petition_id=petition_id)
    tell_without_worker(workers)
    if choice["by_mail"]:
        mailing.advance(update_id, at)
        said = ngettext(
            "The update is on the page, and goes out to %(num)s person.",
            "The update is on the page, and goes out to %(num)s people.",
            people,
        )
        notice(said)
    else:
        notice(_("The update is on the page."))
    return to(slug, update_id)


def _hand_key(session: Session, update_id: int, choice: dict[str, Any], at: datetime) -> int:
    """How many workers have the key; -1 where none was to be handed over."""
    if not choice["private_key"]:
        return -1
    return mailing.hand_key(session, update_id, choice["private_key"], at)
