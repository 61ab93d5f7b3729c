"""What the views of the updates share: where they stand, what is loaded, how acts are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from babel import dates
from flask import Blueprint, abort, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from petition_app.admin import audit, current, passphrase
from petition_app.admin.access import may
from petition_app.admin.loading import load_petition
from petition_app.admin.notices import WARNING, notice
from petition_app.admin.tabs import Tab, add_tab
from petition_app.admin.tasks import Task, asks_for
from petition_app.extensions import db
from petition_app.models import Member, Petition, Update
from petition_app.models.base import now
from petition_app.petitions import markdown
from petition_app.updates import mailing
from petition_app.updates.writing import LONGEST_BODY, Words

blueprint = Blueprint("updates", __name__, url_prefix="/updates")

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


def load(slug: str, update_id: int) -> tuple[Petition, Update]:
    """A petition and an update of it; else 404."""
    petition = load_petition(slug)
    update = db.session.get(Update, update_id) if update_id < 2**31 else None
    if update is None or update.petition_id != petition.id:
        abort(404)
    return petition, update


def desk(petition: Petition) -> dict[str, Any]:
    """What every page of the tab shows."""
    return {"petition": petition, "text": petition.text_for(current.member().locale)}


def to(slug: str, update_id: int) -> ResponseReturnValue:
    """Back to the update's own page."""
    return redirect(url_for(".update", slug=slug, update_id=update_id), 303)


def words_of(petition: Petition, update: Update) -> list[Words]:
    """What an update says in each language that it can be written in; empty where it says nothing yet."""
    found = {text.locale: text for text in update.texts}
    return [
        Words(locale, found[locale].title, found[locale].body) if locale in found else Words(locale, "", "")
        for locale in locales_of(petition, update)
    ]


def locales_of(petition: Petition, update: Update | None) -> list[str]:
    """Its default first; one that the petition has no text in any more is still the update's."""
    return list(dict.fromkeys([*petition.locales, *(update.locales if update is not None else [])]))


def previews_of(words: Sequence[Words]) -> list[dict[str, Any]]:
    """How each language looks; those that are empty are left out."""
    return [
        {"locale": said.locale, "title": said.title, "body": markdown.render(said.body[:LONGEST_BODY])}
        for said in words
        if not said.is_empty
    ]


def duration(people: int, per_minute: int) -> str:
    """About how long that takes, in the largest unit that says enough."""
    seconds = max(60, people * 60 // per_minute)
    return dates.format_timedelta(timedelta(seconds=seconds), granularity="minute", threshold=1.5, locale=get_locale())


def tell_without_worker(workers: int) -> None:
    """Say so where no worker is there to take the key."""
    if workers == 0:
        notice(passphrase.nobody_there(), kind=WARNING)
