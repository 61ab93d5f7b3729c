"""Updates: written in each language side by side, looked at, tried on oneself, and sent to those who asked for news."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from babel import dates
from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from petition_app.admin import audit, current, passphrase
from petition_app.admin.access import allowed, may
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.tasks import Task, asks_for
from petition_app.admin.typed import number_of
from petition_app.extensions import db
from petition_app.i18n.locales import own_name
from petition_app.mail import outbox
from petition_app.models import Member, Petition, Update
from petition_app.models.base import now
from petition_app.petitions import markdown
from petition_app.sealing import handing_over
from petition_app.signing.cleaning import clean_line, clean_text, has_controls
from petition_app.transactions import writing
from petition_app.updates import mailing, recipients
from petition_app.updates import writing as words_of_updates
from petition_app.updates.mailing import WrongState
from petition_app.updates.writing import LONGEST_BODY, LONGEST_TITLE, Words, WrittenMeanwhile
from petition_app.web.changes import petition_changed
from petition_app.web.htmx import wants_fragment
from petition_app.web.site import settings

blueprint = Blueprint("updates", __name__, url_prefix="/updates")

# Mails a minute: what a small server of one's own bears, up to what a provider for mass mail does.
PACES = (30, 120, 600, 2400)
USUAL_PACE = 120
FARTHEST = timedelta(days=366)

# Translators: the screen where news of a petition is written and sent
add_tab(Tab("admin.updates.petition", _l("Updates"), "updates.write", position=25))
audit.name_acts(
    {
        "update.written": _l("wrote an update"),
        "update.rewritten": _l("changed the words of an update"),
        "update.discarded": _l("discarded the draft of an update"),
        "update.tested": _l("sent an update to himself or herself as a test"),
        "update.published": _l("published an update"),
        "update.scheduled": _l("scheduled an update"),
        "update.called_off": _l("called off a scheduled update"),
        "update.stopped": _l("stopped the mailing of an update"),
        "update.resumed": _l("resumed the mailing of an update"),
        "update.opened": _l("gave the passphrase for the mailing of an update"),
        "update.taken_off": _l("took an update off the page"),
        "update.put_back": _l("put an update back on the page"),
    }
)


@asks_for
def waiting_mailings(member: Member) -> Iterator[Task]:
    """Mailings that stand still until somebody gives the passphrase."""
    if not may(member.role, "updates.send") or not passphrase.is_asked():
        return
    for update in db.session.scalars(select(Update).where(Update.state == "sending").order_by(Update.id)):
        if mailing.waits_for_key(update, now()):
            yield Task(
                _(
                    "The mailing of an update of “%(title)s” waits for the passphrase of the sealed addresses.",
                    title=update.petition.text_for(member.locale).title,
                ),
                url_for("admin.updates.update", slug=update.petition.slug, update_id=update.id),
                _("Enter the passphrase"),
            )


@blueprint.get("/<slug:slug>")
@allowed("updates.write")
def petition(slug: str) -> ResponseReturnValue:
    """All updates of a petition, the newest first."""
    petition = load_petition(slug)
    found = select(Update).where(Update.petition_id == petition.id).order_by(Update.id.desc())
    updates = db.session.scalars(found.options(selectinload(Update.texts))).all()
    return render_template("admin/updates/petition.html", updates=updates, **_desk(petition))


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
    return _to(slug, update_id)


@blueprint.post("/<slug:slug>/preview")
@allowed("updates.write")
def preview(slug: str) -> ResponseReturnValue:
    """How the words will look, while they are typed."""
    petition = load_petition(slug)
    return render_template("admin/updates/_preview.html", previews=_previews(_typed(petition)))


@blueprint.get("/<slug:slug>/<int:update_id>/text")
@allowed("updates.write")
def text(slug: str, update_id: int) -> ResponseReturnValue:
    """The words of an update, to be changed."""
    petition, update = _load(slug, update_id)
    if not update.may_be_edited:
        notice(_("The words cannot be changed now. Call the update off, or let it go out first."), kind=WARNING)
        return _to(slug, update_id)
    return _editor(petition, update, _words(petition, update))


@blueprint.post("/<slug:slug>/<int:update_id>/text")
@allowed("updates.write")
def rewrite(slug: str, update_id: int) -> ResponseReturnValue:
    """Save other words, unless somebody else has meanwhile."""
    petition, update = _load(slug, update_id)
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
        petition, update = _load(slug, update_id)
        return make_response(_editor(petition, update, words, theirs=_words(petition, update)), 409)
    except WrongState:
        notice(_("The words cannot be changed now. Call the update off, or let it go out first."), kind=WARNING)
        return _to(slug, update_id)
    if is_on_page:
        petition_changed.send(petition_id=petition_id)
        notice(_("The page shows the new words. What has gone by mail stays as it was."))
    else:
        notice(_("The draft is saved. Nobody but the team sees it."))
    return _to(slug, update_id)


@blueprint.get("/<slug:slug>/<int:update_id>")
@allowed("updates.write")
def update(slug: str, update_id: int) -> ResponseReturnValue:
    """An update: how it looks, how far it is, what can be done."""
    return _update_page(*_load(slug, update_id))


@blueprint.get("/<slug:slug>/<int:update_id>/progress")
@allowed("updates.write")
def progress(slug: str, update_id: int) -> ResponseReturnValue:
    """How far it is: the part of the page that asks again while it is under way."""
    petition, update = _load(slug, update_id)
    return render_template("admin/updates/_progress.html", update=update, petition=petition, **_progress_of(update))


@blueprint.get("/<slug:slug>/<int:update_id>/sending")
@allowed("updates.send")
def sending(slug: str, update_id: int) -> ResponseReturnValue:
    """Before it goes out: to how many, how long it takes, when."""
    petition, update = _load(slug, update_id)
    if update.state != "draft":
        return _told_that_it_is_under_way(slug, update_id)
    return _before_it_goes_out(petition, update)


@blueprint.post("/<slug:slug>/<int:update_id>/sending")
@allowed("updates.send")
def send(slug: str, update_id: int) -> ResponseReturnValue:
    """Send it, or have it sent at a moment."""
    petition, update = _load(slug, update_id)
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
    petition, update = _load(slug, update_id)
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
    petition, update = _load(slug, update_id)
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
        return _to(slug, update_id)
    _tell_without_worker(workers)
    if workers:
        notice(_("The mailing goes on. Nobody gets it twice."))
    return _to(slug, update_id)


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


@blueprint.get("/<slug:slug>/<int:update_id>/removal")
@allowed("updates.write")
def removal(slug: str, update_id: int) -> ResponseReturnValue:
    """Whether a draft is meant to go."""
    petition, update = _load(slug, update_id)
    return render_template("admin/updates/removal.html", update=update, **_desk(petition))


@blueprint.post("/<slug:slug>/<int:update_id>/removal")
@allowed("updates.write")
def discard(slug: str, update_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    _load(slug, update_id)
    try:
        with writing() as session:
            update = mailing.held(session, update_id, "draft")
            audit.record(session, "update.discarded", update)
            session.delete(update)
    except WrongState:
        notice(_("Only a draft can be discarded."), kind=WARNING)
        return _to(slug, update_id)
    notice(_("The draft is gone."))
    return redirect(url_for(".petition", slug=slug), 303)


def _update_page(petition: Petition, update: Update, passphrase_problem: str = "") -> str:
    return render_template(
        "admin/updates/update.html",
        update=update,
        previews=_previews(_words(petition, update)),
        passphrase_problem=passphrase_problem,
        **_progress_of(update),
        **_desk(petition),
    )


def _load(slug: str, update_id: int) -> tuple[Petition, Update]:
    petition = load_petition(slug)
    update = db.session.get(Update, update_id) if update_id < 2**31 else None
    if update is None or update.petition_id != petition.id:
        abort(404)
    return petition, update


def _desk(petition: Petition) -> dict[str, Any]:
    return {"petition": petition, "text": petition.text_for(current.member().locale)}


def _to(slug: str, update_id: int) -> ResponseReturnValue:
    return redirect(url_for(".update", slug=slug, update_id=update_id), 303)


def _where_from(slug: str, update_id: int) -> str:
    is_last_page = request.form.get("from") == "sending"
    return url_for(".sending" if is_last_page else ".update", slug=slug, update_id=update_id)


def _told_that_it_is_under_way(slug: str, update_id: int) -> ResponseReturnValue:
    notice(_("Somebody was faster: this update is scheduled, under way or sent already."), kind=WARNING)
    return _to(slug, update_id)


# The editor.


def _typed(petition: Petition, update: Update | None = None) -> list[Words]:
    """What the form says, in order, in each language of the petition and of the update."""
    return [
        Words(
            locale,
            clean_line(request.form.get(f"title-{locale}")),
            clean_text(request.form.get(f"body-{locale}")),
        )
        for locale in _locales(petition, update)
    ]


def _words(petition: Petition, update: Update) -> list[Words]:
    found = {text.locale: text for text in update.texts}
    return [
        Words(locale, found[locale].title, found[locale].body) if locale in found else Words(locale, "", "")
        for locale in _locales(petition, update)
    ]


def _locales(petition: Petition, update: Update | None) -> list[str]:
    """Its default first; one that the petition has no text in any more is still the update's."""
    return list(dict.fromkeys([*petition.locales, *(update.locales if update is not None else [])]))


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


def _previews(words: Sequence[Words]) -> list[dict[str, Any]]:
    """How each language looks; those that are empty are left out."""
    return [
        {"locale": said.locale, "title": said.title, "body": markdown.render(said.body[:LONGEST_BODY])}
        for said in words
        if not said.is_empty
    ]


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
        previews=_previews(words),
        longest_title=LONGEST_TITLE,
        longest_body=LONGEST_BODY,
        **_desk(petition),
    )


# Before it goes out, and what happens then.


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
        paces=[(pace, _duration(people, pace)) for pace in PACES],
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
        previews=_previews(_words(petition, update)),
        email=current.member().email,
        **_desk(petition),
    )


def _duration(people: int, per_minute: int) -> str:
    """About how long that takes, in the largest unit that says enough."""
    seconds = max(60, people * 60 // per_minute)
    return dates.format_timedelta(timedelta(seconds=seconds), granularity="minute", threshold=1.5, locale=get_locale())


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
    _tell_without_worker(workers)
    notice(_("The update is scheduled. Until then you can call it off."))
    return _to(slug, update_id)


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
    _tell_without_worker(workers)
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
    return _to(slug, update_id)


def _hand_key(session: Session, update_id: int, choice: dict[str, Any], at: datetime) -> int:
    """How many workers have the key; -1 where none was to be handed over."""
    if not choice["private_key"]:
        return -1
    return mailing.hand_key(session, update_id, choice["private_key"], at)


def _tell_without_worker(workers: int) -> None:
    if workers == 0:
        notice(passphrase.nobody_there(), kind=WARNING)


def _do(slug: str, update_id: int, act: str, verb: Any, done: str, *, undo: str = "") -> ResponseReturnValue:
    """One of the small acts: in a transaction with its line in the log, or told that somebody was faster."""
    petition, _update = _load(slug, update_id)
    petition_id = petition.id
    try:
        with writing() as session:
            audit.record(session, act, verb(session, update_id))
    except WrongState:
        notice(_("Nothing was done: the update has changed since you looked. This is how it stands."), kind=WARNING)
        return _to(slug, update_id)
    petition_changed.send(petition_id=petition_id)
    notice(done, undo=undo)
    return _to(slug, update_id)


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
        "remaining": _duration(left, update.per_minute) if update.state == "sending" and left and is_under_way else "",
        "is_under_way": is_under_way,
        "is_fragment": wants_fragment(),
    }
