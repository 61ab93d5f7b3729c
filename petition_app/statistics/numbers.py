"""The numbers of a petition as they were counted last. Nothing is counted here: a few hundred sums are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from petition_app.antiabuse.providers import OTHERS
from petition_app.extensions import db
from petition_app.models import Tally, TallyState, VisitCount
from petition_app.models.tally import REPLACED
from petition_app.web.site import settings
from petition_app.web.visits import CDN

HOURS, DAYS = 48, 90
# Sources with fewer views stand together, below.
SOURCES_SHOWN = 25


@dataclass(frozen=True)
class Line:
    """One line of a ranked table; `share` is of the whole, from 0 to 1."""

    key: str
    count: int
    share: float


@dataclass(frozen=True)
class ProviderLine:
    """The mailboxes of one provider: what counts, what may still be confirmed, and what came back."""

    name: str
    confirmed: int
    pending: int
    bounced: int

    @property
    def share_bounced(self) -> float:
        """Of all who gave an address there in the end."""
        whole = self.confirmed + self.pending + self.bounced
        return self.bounced / whole if whole else 0.0


@dataclass(frozen=True)
class SourceLine:
    """Where readers came from: a host, a share link's name, or nothing that is known."""

    source: str
    views: int
    signed: int


@dataclass(frozen=True)
class Visits:
    """Since `since`. `is_partial` where a CDN was seen, which answers readers of whom nothing is known here."""

    since: date | None
    views: int
    signed: int
    is_partial: bool
    sources: list[SourceLine]

    @property
    def conversion(self) -> float | None:
        """How many of the views led to a sent form, from 0 to 1; None where that cannot be said."""
        return None if self.is_partial or not self.views else min(1.0, self.signed / self.views)


@dataclass(frozen=True)
class Numbers:
    """As of `counted_until`; not `is_complete` while those who signed before have not all been counted."""

    counted_until: datetime | None
    is_complete: bool
    counted: int
    hours: list[tuple[datetime, int]]
    days: list[tuple[date, int]]
    countries: list[Line]
    departements: list[Line]
    languages: list[Line]
    providers: list[ProviderLine]
    visits: Visits

    @property
    def pending(self) -> int:
        return sum(line.pending for line in self.providers)

    @property
    def bounced(self) -> int:
        return sum(line.bounced for line in self.providers)


def numbers_of(petition_id: int, at: datetime) -> Numbers:
    """Everything that the page of numbers shows."""
    state = _shown_state(petition_id)
    tallies = _tallies(petition_id, state.generation if state else None)
    by_hour = tallies.get("hour", {})
    return Numbers(
        counted_until=state.counted_until if state else None,
        is_complete=state is not None and state.is_complete,
        counted=state.counted if state else 0,
        hours=_last_hours(by_hour, at),
        days=_last_days(by_hour, at),
        countries=ranked(tallies.get("country", {})),
        departements=ranked(tallies.get("departement", {})),
        languages=ranked(tallies.get("language", {})),
        providers=_providers(tallies),
        visits=_visits(petition_id, at),
    )


def _shown_state(petition_id: int) -> TallyState | None:
    """The oldest generation that has caught up, else the one that is on its way."""
    found = select(TallyState).where(TallyState.petition_id == petition_id)
    states = db.session.scalars(found.order_by(TallyState.generation)).all()
    return next((state for state in states if state.is_complete), states[0] if states else None)


def _tallies(petition_id: int, generation: int | None) -> dict[str, dict[str, int]]:
    generations = [REPLACED] if generation is None else [REPLACED, generation]
    found = select(Tally.kind, Tally.key, Tally.count).where(
        Tally.petition_id == petition_id, Tally.generation.in_(generations)
    )
    tallies: dict[str, dict[str, int]] = {}
    for kind, key, count in db.session.execute(found):
        tallies.setdefault(kind, {})[key] = count
    return tallies


def ranked(counts: Mapping[str, int]) -> list[Line]:
    """The largest first; those of one size by their names."""
    whole = sum(counts.values())
    listed = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Line(key, count, count / whole) for key, count in listed if count > 0]


def _last_hours(by_hour: Mapping[str, int], at: datetime) -> list[tuple[datetime, int]]:
    zone = settings().timezone
    last = at.replace(minute=0, second=0, microsecond=0)
    moments = [last - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    return [(moment, by_hour.get(f"{moment.astimezone(zone):%Y-%m-%dT%H}", 0)) for moment in moments]


def _last_days(by_hour: Mapping[str, int], at: datetime) -> list[tuple[date, int]]:
    """From the first day with a signature on, ninety at most; those without any stand there too."""
    days: Counter[date] = Counter()
    for hour, count in by_hour.items():
        days[date.fromisoformat(hour[:10])] += count
    if not days:
        return []
    today = at.astimezone(settings().timezone).date()
    first = max(min(days), today - timedelta(days=DAYS - 1))
    return [(day, days[day]) for day in (first + timedelta(days=n) for n in range((today - first).days + 1))]


def _providers(tallies: Mapping[str, Mapping[str, int]]) -> list[ProviderLine]:
    confirmed, waiting, bounced = (tallies.get(kind, {}) for kind in ("provider", "pending", "bounced"))
    lines = [
        ProviderLine(
            name, confirmed.get(name, 0), max(0, waiting.get(name, 0) - bounced.get(name, 0)), bounced.get(name, 0)
        )
        for name in {*confirmed, *waiting, *bounced}
    ]
    return sorted(lines, key=lambda line: (line.name == OTHERS, -line.confirmed, line.name))


def _visits(petition_id: int, at: datetime) -> Visits:
    since = at.astimezone(settings().timezone).date() - timedelta(days=DAYS - 1)
    found = (
        select(VisitCount.source, func.sum(VisitCount.views), func.sum(VisitCount.signed), func.min(VisitCount.day))
        .where(VisitCount.petition_id == petition_id, VisitCount.day >= since)
        .group_by(VisitCount.source)
    )
    rows = db.session.execute(found).all()
    lines = sorted(
        (SourceLine(source, int(views), int(signed)) for source, views, signed, _first in rows if source != CDN),
        key=lambda line: (-line.views, -line.signed, line.source),
    )
    return Visits(
        since=min((row[3] for row in rows), default=None),
        views=sum(int(row[1]) for row in rows),
        signed=sum(int(row[2]) for row in rows),
        is_partial=any(row[0] == CDN for row in rows),
        sources=lines[:SOURCES_SHOWN],
    )
