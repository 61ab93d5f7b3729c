"""The mailing of an update: put into the outbox a little at a time, at its pace, and stopped and resumed at will.

What is put there, and how far the walk through the recipients is, are written in one transaction: killed at any
moment, the next one goes on exactly there. There is never more of it in the outbox than goes out within seconds, so
that it can be stopped, and a million recipients are no million rows. The worker sends what is there (mail/outbox.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.models import Update
from petition_app.models.base import now
from petition_app.sealing import handing_over
from petition_app.sealing.state import current
from petition_app.transactions import writing
from petition_app.updates import recipients
from petition_app.web.changes import petition_changed
from petition_app.web.keyset import Place

# How far ahead the outbox is filled: longer than it takes until this is run again.
AHEAD = timedelta(seconds=20)
# What is put into the outbox at once: its transaction holds a signer up no longer than another signature does.
MOST_AT_ONCE = 200
# Where mails that are due have waited for so long, they go out more slowly than the pace: no more are added.
BEHIND_AFTER = timedelta(seconds=30)
LONGEST_TURN = 1.0


class WrongState(Exception):
    """The update is not in the state that this needs: somebody else was faster."""


def send(session: Session, update_id: int, at: datetime, *, until: datetime, foreseen: int) -> Update:
    """Publish an update and, where it goes by mail, begin to mail it to those who had confirmed by `until`.

    In the caller's transaction. Raises WrongState for one that is neither a draft nor scheduled.
    """
    update = held(session, update_id, "draft", "scheduled")
    update.publish(session, at)
    if update.by_mail:
        update.start(at, until, foreseen)
    else:
        update.finish(at)
    return update


def hand_key(session: Session, update_id: int, private_key: bytes, at: datetime) -> int:
    """Let the workers open sealed addresses for this mailing, in the caller's transaction; how many workers that are.

    What has waited for it has its days in the outbox from now on. Raises WrongState for one that is not on its way.
    """
    held(session, update_id, "scheduled", "sending")
    outbox.count_days_from(session, update_id, at)
    return handing_over.hand_over(session, ("update", update_id), private_key, at)


def waits_for_key(update: Update, at: datetime) -> bool:
    """Whether a mailing stands still because no worker has the key to the sealed addresses."""
    if not update.by_mail or update.state != "sending" or current() is None:
        return False
    return not handing_over.is_held(("update", update.id), at)


def stop(session: Session, update_id: int) -> Update:
    """Send no more from now on but what a worker has in hand. Raises WrongState for one that is not being sent."""
    update = held(session, update_id, "sending")
    update.stop()
    handing_over.take_back(session, ("update", update_id))
    outbox.hold(session, update_id)
    return update


def resume(session: Session, update_id: int, at: datetime) -> Update:
    """Go on where it was stopped. Raises WrongState for one that was not."""
    update = held(session, update_id, "stopped")
    update.resume(at)
    outbox.let_go(session, update_id, at)
    return update


def held(session: Session, update_id: int, *states: str) -> Update:
    """The update as it is now, held until the transaction ends. Raises WrongState where it is in none of these."""
    update: Update = session.get_one(Update, update_id, with_for_update=True, populate_existing=True)
    if states and update.state not in states:
        raise WrongState(update.state)
    return update


def advance_all(at: datetime, renew: Callable[[], object] = lambda: None) -> None:
    """Begin what is due, and go on with what is being sent."""
    under_way = db.session.execute(
        select(Update.id, Update.state, Update.scheduled_at).where(Update.state.in_(("scheduled", "sending")))
    ).all()
    db.session.rollback()
    for update in under_way:
        if update.state == "sending":
            advance(update.id, at)
        elif update.scheduled_at is not None and update.scheduled_at <= at:
            begin_scheduled(update.id, at)
        renew()


def begin_scheduled(update_id: int, at: datetime) -> None:
    """Send one whose moment has come, to those who have confirmed by now.

    They are counted first, for a second at a time, as the worker has other mails to send meanwhile.
    """
    update = db.session.get_one(Update, update_id)
    until, place, rest, counted = update.mailed_until or at, _place_of(update), None, 0
    if update.by_mail:
        counted, rest = recipients.count_on(update.petition_id, place, until, LONGEST_TURN)
    db.session.rollback()
    try:
        with writing() as session:
            update = held(session, update_id, "scheduled")
            if _place_of(update) != place:
                return
            update.count_on(until, counted, rest)
            if rest is None:
                send(session, update_id, at, until=until, foreseen=update.foreseen)
            petition_id = update.petition_id
    except WrongState:
        return  # called off, or begun by another, while it was counted
    if rest is None:
        petition_changed.send(petition_id=petition_id)
        advance(update_id, at)


def advance(update_id: int, at: datetime) -> None:
    """Fill the outbox for the next seconds, or end the mailing where all of it is done.

    For a second at most: where hardly anybody asked for news, the walk is long, and the worker has other mails.
    """
    ends = time.monotonic() + LONGEST_TURN
    if outbox.is_behind(update_id, at - BEHIND_AFTER):
        db.session.rollback()
        return
    while _step(update_id, at) and time.monotonic() < ends:
        pass


def _step(update_id: int, at: datetime) -> bool:
    """One window of the walk; whether there is more to do now."""
    update = db.session.get_one(Update, update_id)
    if update.state != "sending" or update.mailed_until is None:
        db.session.rollback()
        return False
    if update.is_walked:
        is_done = not outbox.waiting_count(update_id)
        db.session.rollback()
        if is_done:
            _finish(update_id)
        return False
    place = _place_of(update)
    room = _room(update, at)
    seen = recipients.window(update.petition_id, place, update.mailed_until) if room else None
    db.session.rollback()
    return seen is not None and _put_into_outbox(update_id, place, seen, room, at)


def _put_into_outbox(update_id: int, place: Place, seen: recipients.Window, room: int, at: datetime) -> bool:
    """As many of a window as there is room for; False where another was faster, or no room is left."""
    batch = seen.found[:room]
    is_all = len(batch) == len(seen.found)
    with writing() as session:
        update = held(session, update_id)
        if update.state != "sending" or _place_of(update) != place:
            return False
        first, pause = _next_due(update, at), timedelta(minutes=1) / update.per_minute
        put = outbox.enqueue_bulk(
            session, update_id, [addressee for _place, addressee in batch], at, lambda number: first + number * pause
        )
        update.walked_to, update.walked_to_id = seen.end if is_all else batch[-1][0]
        update.is_walked = is_all and seen.is_last
        update.paced_until = first + put * pause
        update.queued += put
    return True


def _finish(update_id: int) -> None:
    with writing() as session:
        update = held(session, update_id)
        if update.state == "sending" and update.is_walked:
            update.finish(now())
            handing_over.take_back(session, ("update", update_id))


def _place_of(update: Update) -> Place:
    return (update.walked_to, update.walked_to_id) if update.walked_to is not None else recipients.START


def _next_due(update: Update, at: datetime) -> datetime:
    """When the next mail may go: not before its turn, and not to catch up with what was missed."""
    return max(update.paced_until or at, at)


def _room(update: Update, at: datetime) -> int:
    """How many more mails are due within the next seconds, at this pace."""
    ahead = at + AHEAD - _next_due(update, at)
    return min(MOST_AT_ONCE, max(0, -(-ahead * update.per_minute // timedelta(minutes=1))))
