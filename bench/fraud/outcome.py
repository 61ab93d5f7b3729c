"""What became of everybody: who counts, who is held, who is lost; and what the desk can do about the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from bench.fraud.driving import Course
from petition_app.extensions import db
from petition_app.fraud import decisions
from petition_app.models import Cluster, Petition, Signature
from petition_app.models.counter import confirmed_count


@dataclass
class Side:
    """One side's numbers, and the same by kind."""

    visits: int = 0
    confirmed: int = 0
    held: int = 0
    lost: int = 0
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def share_held(self) -> float:
        return self.held / self.confirmed if self.confirmed else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "visits": self.visits,
            "confirmed": self.confirmed,
            "held": self.held,
            "share_held": round(self.share_held, 5),
            "lost": self.lost,
            "kinds": {kind: dict(sorted(counts.items())) for kind, counts in sorted(self.kinds.items())},
            "reasons": dict(self.reasons.most_common()),
        }


def sides(course: Course) -> tuple[Side, Side]:
    """The honest people's numbers and the bots'. A signature is counted once, however often its form was sent.

    Lost is who was refused, or pressed the button and neither counts nor is held.
    """
    stands = {row.id: row for row in db.session.execute(select(Signature.id, Signature.status, Signature.held_for))}
    db.session.rollback()
    both, seen = (Side(), Side()), set()
    for number, visit in enumerate(course.visits):
        side = both[visit.is_bot]
        kind = side.kinds.setdefault(visit.kind, Counter())
        side.visits += 1
        kind["visits"] += 1
        signature_id = course.signatures.get(number)
        side.lost += number in course.refused
        if number not in course.confirmed or signature_id in seen:
            continue
        seen.add(signature_id)
        row = stands.get(signature_id or 0)
        side.confirmed += 1
        kind["confirmed"] += 1
        if row is None or row.status not in ("confirmed", "pending") or (row.status == "pending" and not row.held_for):
            side.lost += 1
        elif row.held_for:
            side.held += 1
            kind["held"] += 1
            side.reasons[row.held_for] += 1
    return both


def released(course: Course, at: datetime) -> tuple[int, int]:
    """Let every honest one count that is held, one by one as the desk does; of how many, how many count then."""
    honest = [id_ for number, id_ in course.signatures.items() if not course.visits[number].is_bot]
    held = set(db.session.scalars(select(Signature.id).where(Signature.held_for != "", Signature.status == "pending")))
    db.session.rollback()
    wanted = sorted({id_ for id_ in honest if id_ in held})
    return len(wanted), sum(decisions.release_one(id_, at) for id_ in wanted)


def clusters() -> dict[str, int]:
    """How many clusters of each kind the desk shows."""
    found = select(Cluster.kind, func.count()).group_by(Cluster.kind)
    counted = {row[0]: row[1] for row in db.session.execute(found)}
    db.session.rollback()
    return counted


def count_is_exact() -> bool:
    """Whether the counter says what the rows say."""
    petition_id = db.session.scalars(select(Petition.id)).one()
    rows = db.session.scalar(select(func.count()).where(Signature.status == "confirmed"))
    same = confirmed_count(petition_id) == rows
    db.session.rollback()
    return same
