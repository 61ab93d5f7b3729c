"""The job that counts: a little at a time, behind those who sign, never in their way.

It goes through the confirmed signatures in the order of confirmation and adds them up. Whoever leaves, or corrects a
postal code, is still in the sum then: every day all is counted anew beside the old tallies, which stay until the new
ones have caught up.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, literal_column, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from petition_app.antiabuse.providers import provider_of
from petition_app.extensions import db
from petition_app.models import OutboxMessage, Petition, Signature, Tally, TallyState
from petition_app.models.counter import confirmed_count
from petition_app.models.tally import REPLACED
from petition_app.statistics.departements import departement_of
from petition_app.transactions import writing
from petition_app.web.site import settings

# A confirmation is committed seconds after the moment that it bears; what is older than this has come.
BEHIND = timedelta(seconds=45)
ANEW_AFTER = timedelta(days=1)
BATCH = 5_000
# How long the worker may be at it in one go (seconds): mails wait meanwhile.
BUDGET = 1.0
# The youngest of those who have not confirmed, and no more of them.
MOST_PENDING = 200_000

Renew = Callable[[], None]
Counts = Counter[tuple[str, str]]
_UNSYNCHRONIZED = {"synchronize_session": False}


def _nothing() -> None:
    """What is renewed by those who count by hand, without a lease."""


def count_signatures(at: datetime, renew: Renew = _nothing, budget: float = BUDGET) -> bool:
    """Go on with the tallies of every petition; False where the time was over before all had caught up."""
    end = time.monotonic() + budget
    petitions = db.session.scalars(select(Petition.id).where(Petition.status != "draft").order_by(Petition.id)).all()
    db.session.rollback()
    have_caught_up = True
    for petition_id in petitions:  # each gets a batch, however long another takes
        have_caught_up = _count(petition_id, at, end, renew) and have_caught_up
    return have_caught_up


def _count(petition_id: int, at: datetime, end: float, renew: Renew) -> bool:
    for state in _to_advance(petition_id, at):
        while _advance(state, at - BEHIND):
            renew()
            if time.monotonic() > end:
                return False
    return True


def _to_advance(petition_id: int, at: datetime) -> list[TallyState]:
    """The tallies that are shown, and those that are to take their place, begun when it is time."""
    states = _states(petition_id)
    newest = states[-1] if states else None
    if newest is None or (newest.is_complete and _is_old(newest, at)):
        states.append(_begin(petition_id, newest.generation + 1 if newest else REPLACED + 1, at))
    return states


def _is_old(state: TallyState, at: datetime) -> bool:
    """A day has passed, and the number that is counted is not the number that there is any more, or may not be."""
    if at - state.begun_at < ANEW_AFTER:
        return False
    petition = db.session.get_one(Petition, state.petition_id)
    if petition.signers_forgotten_at is not None:
        return False  # what was counted of them stays: nothing of it could be counted again
    return petition.status == "open" or confirmed_count(petition.id) != state.counted


def _states(petition_id: int) -> list[TallyState]:
    found = select(TallyState).where(TallyState.petition_id == petition_id).order_by(TallyState.generation)
    return list(db.session.scalars(found))


def _begin(petition_id: int, generation: int, at: datetime) -> TallyState:
    with writing() as session:
        state = TallyState(petition_id=petition_id, generation=generation, begun_at=at)
        session.add(state)
    return state


def _advance(state: TallyState, until: datetime) -> bool:
    """Count the next batch; False where there is none, and the tallies have caught up."""
    place = state.place_id
    rows = _next(state, until)
    counts = _counted(rows)
    last = rows[-1] if rows else None
    is_caught_up = len(rows) < BATCH
    values: dict[str, Any] = {"counted": TallyState.counted + len(rows)}
    if last is not None:
        values |= {"place_at": last.confirmed_at, "place_id": last.id}
    values["counted_until"] = until if is_caught_up else last.confirmed_at if last else until
    if is_caught_up:
        values["is_complete"] = True
    same_place = (
        TallyState.petition_id == state.petition_id,
        TallyState.generation == state.generation,
        TallyState.place_id == place,
    )
    with writing() as session:
        moved = update(TallyState).where(*same_place).values(values).returning(TallyState.generation)
        if session.execute(moved, execution_options=_UNSYNCHRONIZED).first():
            add(session, state.petition_id, state.generation, counts)
            if is_caught_up:
                _drop_older(session, state)
    db.session.expire(state)
    return not is_caught_up


def _next(state: TallyState, until: datetime) -> Sequence[Any]:
    found = select(
        Signature.id,
        Signature.confirmed_at,
        Signature.country,
        Signature.postal_code,
        Signature.locale,
        Signature.email,
        Signature.mail_domain,
    ).where(
        Signature.petition_id == state.petition_id,
        Signature.status == literal_column("'confirmed'"),
        Signature.confirmed_at <= until,
    )
    if state.place_at is not None:
        found = found.where(tuple_(Signature.confirmed_at, Signature.id) > tuple_(state.place_at, state.place_id))
    rows = db.session.execute(found.order_by(Signature.confirmed_at, Signature.id).limit(BATCH)).all()
    db.session.rollback()
    return rows


def _counted(rows: Iterable[Any]) -> Counts:
    zone = settings().timezone
    counts: Counts = Counter()
    for row in rows:
        counts["hour", f"{row.confirmed_at.astimezone(zone):%Y-%m-%dT%H}"] += 1
        counts["country", row.country] += 1
        counts["language", row.locale] += 1
        counts["provider", provider_of(row.email or row.mail_domain)] += 1
        if departement := departement_of(row.postal_code, row.country):
            counts["departement", departement] += 1
    return counts


def _drop_older(session: Session, state: TallyState) -> None:
    for model in (Tally, TallyState):
        older = delete(model).where(
            model.petition_id == state.petition_id, model.generation < state.generation, model.generation > REPLACED
        )
        session.execute(older, execution_options=_UNSYNCHRONIZED)


def add(session: Session, petition_id: int, generation: int, counts: Counts) -> None:
    """Add to tallies, in the caller's write transaction; in one order always, so that two that add only wait."""
    rows = [
        {"petition_id": petition_id, "generation": generation, "kind": kind, "key": key, "count": count}
        for (kind, key), count in sorted(counts.items())
    ]
    if not rows:
        return
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Tally)
    keys = [column.name for column in Tally.__table__.primary_key]
    session.connection().execute(
        row.on_conflict_do_update(index_elements=keys, set_={"count": Tally.count + row.excluded.count}), rows
    )


def count_unconfirmed(at: datetime, renew: Renew = _nothing) -> None:
    """How many of the last week have not confirmed, by provider, and of how many the mail came back."""
    found: dict[int, Counts] = {}
    for petition_id, address in _failed():
        found.setdefault(petition_id, Counter())["bounced", provider_of(address)] += 1
    for petition_id, address in _pending(at, renew):
        found.setdefault(petition_id, Counter())["pending", provider_of(address)] += 1
    with writing() as session:
        for petition_id in session.scalars(select(Petition.id)):
            replaced = delete(Tally).where(Tally.petition_id == petition_id, Tally.generation == REPLACED)
            session.execute(replaced, execution_options=_UNSYNCHRONIZED)
        for petition_id, counts in found.items():
            add(session, petition_id, REPLACED, counts)


def _failed() -> Iterable[Any]:
    """Of whom the confirmation could not be delivered; its record is kept for a week."""
    failed = select(OutboxMessage.signature_id).where(
        OutboxMessage.status == literal_column("'failed'"), OutboxMessage.kind == "confirmation"
    )
    ids = list(db.session.scalars(failed.order_by(OutboxMessage.id).limit(MOST_PENDING)))
    for start in range(0, len(ids), BATCH):
        some = Signature.id.in_(ids[start : start + BATCH])
        yield from db.session.execute(
            select(Signature.petition_id, Signature.email).where(some, Signature.status == "pending")
        )
    db.session.rollback()


def _pending(at: datetime, renew: Renew) -> Iterable[tuple[int, str | None]]:
    since, until, left = at - timedelta(days=7), at, MOST_PENDING
    while left > 0:
        rows = db.session.execute(_PENDING, {"since": since, "until": until, "most": BATCH}).all()
        db.session.rollback()
        is_last = len(rows) < BATCH
        if not is_last:  # the next batch begins with the moment in which this one was cut off
            rows = [row for row in rows if row.created_at > rows[-1].created_at] or rows
        yield from ((row.petition_id, row.email) for row in rows)
        if is_last:
            return
        until, left = rows[-1].created_at, left - len(rows)
        renew()


_PENDING = (
    select(Signature.petition_id, Signature.email, Signature.created_at)
    .where(
        Signature.status == literal_column("'pending'"),
        Signature.held_at.is_(None),
        Signature.created_at >= bindparam("since"),
        Signature.created_at < bindparam("until"),
    )
    .order_by(Signature.created_at.desc())
    .limit(bindparam("most"))
)
