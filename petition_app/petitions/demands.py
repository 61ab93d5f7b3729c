"""What a petition demands, one by one, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.models import Demand, Petition
from petition_app.petitions.markdown import numbered_items
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed

MOST_DEMANDS, LONGEST_DEMAND, LONGEST_SENTENCE = 50, 500, 500


class Outdated(Exception):
    """Somebody else has changed it since it was read."""


@dataclass(frozen=True)
class Row:
    """A demand as the editor shows it: `id` is 0 for a new one."""

    id: int
    texts: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """What became of a demand, as it is entered; `file` names a stored file, or is None."""

    verdict: str
    on: date
    sentences: dict[str, str]
    link: str
    file: dict[str, Any] | None


_OF_PETITION = (
    select(Demand)
    .where(Demand.petition_id == bindparam("petition"), Demand.removed_at.is_(None))
    .order_by(Demand.position, Demand.id)
)


def demands_of(petition: Petition) -> Sequence[Demand]:
    """The demands in order; no question where there are none."""
    if not petition.has_demands:
        return []
    return db.session.scalars(_OF_PETITION, {"petition": petition.id}).all()


def load_demand(petition: Petition, demand_id: int) -> Demand | None:
    """The demand of this petition, if it is there."""
    found = db.session.get(Demand, demand_id) if demand_id < 2**31 else None
    return found if found is not None and found.petition_id == petition.id and found.removed_at is None else None


def found_in_texts(petition: Petition) -> list[Row]:
    """What the texts number, language by language: the first with the first, the second with the second."""
    by_locale = {}
    for locale in petition.locales:
        text = petition.newest_text(locale)
        items = numbered_items(text.body) if text is not None else []
        # The signs at an item's end belong to the list that it is taken out of.
        by_locale[locale] = [item.rstrip(" ;,.\u00a0\u202f") for item in items]
    number = max(map(len, by_locale.values()), default=0)
    rows = [
        {locale: items[place] for locale, items in by_locale.items() if place < len(items)} for place in range(number)
    ]
    return [Row(0, {locale: text[:LONGEST_DEMAND] for locale, text in row.items()}) for row in rows][:MOST_DEMANDS]


def save_demands(petition_id: int, rows: Sequence[Row], revision: int, at: datetime) -> list[int]:
    """Keep these demands, in this order; answers with the ids of those that are left out. Raises Outdated, LookupError.

    What is left out stays with its outcomes, and can be put back (`put_back`).
    """
    with writing() as session:
        petition = session.get(Petition, petition_id, with_for_update=True)
        if petition is None:
            raise LookupError(petition_id)
        if petition.revision != revision:
            raise Outdated
        known = {demand.id: demand for demand in session.scalars(_OF_PETITION, {"petition": petition_id})}
        for position, row in enumerate(rows):
            demand = known.pop(row.id, None)
            if demand is None:
                demand = Demand(petition_id=petition_id, outcomes=[])
                session.add(demand)
            demand.position, demand.texts = position, dict(row.texts)
        for left in known.values():
            left.removed_at = at
        petition.revision += 1
        petition.has_demands = bool(rows)
        removed = sorted(known)
    petition_changed.send(petition_id=petition_id)
    return removed


def put_back(petition_id: int, ids: Sequence[int]) -> None:
    """Put back what was left out, at the end of the list."""
    with writing() as session:
        petition = session.get_one(Petition, petition_id, with_for_update=True)
        wanted = select(Demand).where(Demand.id.in_(ids), Demand.petition_id == petition_id).order_by(Demand.position)
        for demand in session.scalars(wanted.where(Demand.removed_at.is_not(None))):
            demand.removed_at, demand.position = None, MOST_DEMANDS + demand.position
            petition.has_demands = True
        petition.revision += 1
    petition_changed.send(petition_id=petition_id)


def decide(session: Session, demand_id: int, outcome: Outcome, revision: int | None = None) -> Demand:
    """Write down what became of a demand, in the caller's transaction. Raises Outdated where it is another one now."""
    demand = session.get_one(Demand, demand_id, with_for_update=True)
    if revision is not None and demand.revision != revision:
        raise Outdated
    demand.decide(outcome.verdict, outcome.on, outcome.sentences, outcome.link, outcome.file)
    return demand


def take_back(session: Session, demand_id: int, revision: int) -> Demand:
    """Take the newest outcome back, in the caller's transaction. Raises Outdated."""
    demand = session.get_one(Demand, demand_id, with_for_update=True)
    if demand.revision != revision:
        raise Outdated
    demand.take_back()
    return demand
