"""The signatures that were entered in the last day, and what stands out among them. It knows no database and no clock.

A sign that is strong by itself (antiabuse/signs.py) is evidence against the network that it came from. Evidence
spreads: a domain that signs from several such networks is suspected, and what it signs is evidence against other
networks. A class, an office, a carrier's customers are many behind one network too, but there is no evidence among
them: that many are together is never enough.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from petition_app.antiabuse.signs import ASKED, SCRIPT, STRONG, TAGGED, WEAK, WORKED

WINDOW = timedelta(hours=24)
# Whatever happens in a day, no more of it is kept in memory than the newest so many.
MOST = 40_000
# Of the last half hour, so many and so many in a hundred are odd: the traffic looks wrong.
RECENT, FEWEST_ODD, SHARE_ODD = timedelta(minutes=30), 5, 5
MOMENT = timedelta(minutes=10)
ROUNDS = 3
# So many entries with a name or a domain are looked at.
FEWEST = 5
# Among so many, entries follow one another so evenly that no crowd does.
FEWEST_EVEN, EVENNESS = 12, 0.2

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry: where it came from, as marks, and its signs."""

    id: int
    at: datetime
    network: str | None
    domain: str | None
    name: str
    signs: str

    @property
    def is_evidence(self) -> bool:
        return not STRONG.isdisjoint(self.signs)

    @property
    def has_no_script(self) -> bool:
        return SCRIPT not in self.signs

    @property
    def has_shirked(self) -> bool:
        return ASKED in self.signs and WORKED not in self.signs

    def shares(self) -> Iterator[Key]:
        """What it has in common with others, whether that means something or not."""
        if self.network is not None:
            yield "network", self.network
        if self.domain is not None:
            yield "domain", self.domain
        yield "names", self.name
        yield from (("sign", letter) for letter in self.signs if letter in STRONG or letter in WEAK)


@dataclass
class Group:
    """The entries that have one thing in common."""

    entries: dict[int, Seen] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)  # a domain's networks, a network's domains
    no_script: int = 0
    evidence: int = 0

    def add(self, seen: Seen, other: str | None) -> None:
        self.entries[seen.id] = seen
        self.no_script += seen.has_no_script
        self.evidence += seen.is_evidence
        if other is not None:
            self.others[other] += 1

    def take_out(self, seen: Seen, other: str | None) -> None:
        del self.entries[seen.id]
        self.no_script -= seen.has_no_script
        self.evidence -= seen.is_evidence
        if other is not None:
            self.others[other] -= 1
            if not self.others[other]:
                del self.others[other]


@dataclass(frozen=True)
class Found:
    """A cluster: what its entries have in common, how much it weighs, and why it was found, with numbers."""

    kind: str
    mark: str
    level: int
    reasons: dict[str, int]
    entries: Collection[Seen]


class Traffic:
    """What was entered for one petition in the last day."""

    def __init__(self) -> None:
        self._order: deque[Seen] = deque()
        self._newest: dict[int, Seen] = {}
        self._groups: dict[str, dict[str, Group]] = defaultdict(lambda: defaultdict(Group))
        # Names and domains of which there are enough to look at.
        self._many: dict[str, set[str]] = {"names": set(), "domain": set()}
        # Those with a large provider's plain address tell what is usual: how many, and for how many no script ran.
        self._ordinary = self._ordinary_without = 0

    def __len__(self) -> int:
        return len(self._newest)

    def add(self, seen: Seen) -> bool:
        """Take an entry in; False for one that is there already. What was entered anew takes the place of the old."""
        old = self._newest.get(seen.id)
        if old == seen:
            return False
        if old is not None:
            self._take_out(old)
        self._order.append(seen)
        self._newest[seen.id] = seen
        for kind, mark in seen.shares():
            group = self._groups[kind][mark]
            group.add(seen, _other(kind, seen))
            if kind in self._many and len(group.entries) >= FEWEST:
                self._many[kind].add(mark)
        self._count_ordinary(seen, +1)
        return True

    def forget(self, before: datetime) -> None:
        """Drop what is older, and what is too much."""
        while self._order and (self._order[0].at < before or len(self._order) > MOST):
            seen = self._order.popleft()
            if self._newest.get(seen.id) is seen:
                self._take_out(seen)

    def _take_out(self, seen: Seen) -> None:
        del self._newest[seen.id]
        for kind, mark in seen.shares():
            group = self._groups[kind][mark]
            group.take_out(seen, _other(kind, seen))
            if kind in self._many and len(group.entries) < FEWEST:
                self._many[kind].discard(mark)
            if not group.entries:
                del self._groups[kind][mark]
        self._count_ordinary(seen, -1)

    def _count_ordinary(self, seen: Seen, one: int) -> None:
        if _is_ordinary(seen):
            self._ordinary += one
            self._ordinary_without += one * seen.has_no_script

    def entries(self, key: Key) -> Collection[Seen]:
        kind, mark = key
        group = self._groups[kind].get(mark)
        return group.entries.values() if group is not None else ()

    def may_matter(self, seen: Seen) -> bool:
        """Whether something may stand out by an entry: by most nothing can, and nothing is looked at then."""
        if seen.has_no_script or not (STRONG | WEAK).isdisjoint(seen.signs):
            return True
        group = self._groups["network"].get(seen.network or "")
        return group is not None and group.evidence > 0

    def found(self, at: datetime) -> list[Found]:
        """All that stands out, as of now."""
        evidence, domains = self._evidence()
        networks = list(self._networks(evidence))
        suspected = {found.mark for found in networks if found.level >= 2}
        return [
            *domains,
            *networks,
            *self._names(suspected),
            *self._signs(),
            *self._moments(at, suspected, {found.mark for found in domains}),
        ]

    def looks_wrong(self, at: datetime, found: Iterable[Found]) -> bool:
        """Whether so much of what came in the last half hour is odd that the page should ask for some work."""
        suspected = {(each.kind, each.mark) for each in found if each.level >= 2}
        odd = recent = 0
        for seen in reversed(self._order):
            if seen.at <= at - RECENT:
                break
            recent += 1
            marks = (("network", seen.network), ("domain", seen.domain))
            odd += seen.is_evidence or any(mark in suspected for mark in marks)
        return odd >= FEWEST_ODD and odd * 100 >= recent * SHARE_ODD

    def _evidence(self) -> tuple[dict[str, Counter[str]], list[Found]]:
        """The evidence against each network, by the domains that it came with; and the domains that are suspected."""
        evidence: dict[str, Counter[str]] = defaultdict(Counter)
        for letter in STRONG:
            for seen in self.entries(("sign", letter)):
                if seen.network is not None:
                    evidence[seen.network][seen.domain or ""] += 1
        suspected: dict[str, Found] = {}
        usual_without, usual_guilty = self._usual(evidence)
        for _round in range(ROUNDS):
            fresh = [
                found
                for mark in sorted(self._many["domain"] - set(suspected))
                if (found := _domain(mark, self._groups["domain"][mark], evidence, usual_without, usual_guilty))
            ]
            for found in fresh:
                suspected[found.mark] = found
                if found.level >= 2:
                    for network, count in self._groups["domain"][found.mark].others.items():
                        evidence[network][found.mark] = count
            if not fresh:
                break
        return evidence, list(suspected.values())

    def _usual(self, evidence: dict[str, Counter[str]]) -> tuple[float, float]:
        """Of ordinary entries, the share for which the page's script did not run, and that from suspect networks."""
        guilty = sum(_is_ordinary(s) for network in evidence for s in self.entries(("network", network)))
        return (self._ordinary_without + 1) / (self._ordinary + 1), (guilty + 1) / (self._ordinary + 1)

    def _networks(self, evidence: dict[str, Counter[str]]) -> Iterator[Found]:
        for mark, against in evidence.items():
            group = self._groups["network"][mark]
            odd, size = min(against.total(), len(group.entries)), len(group.entries)
            if odd < 2 or odd * 5 < size:
                continue
            reasons = {"evidence": odd} | _even(group)
            yield Found("network", mark, 2 if odd >= 3 or odd * 2 >= size else 1, reasons, group.entries.values())

    def _names(self, suspected: set[str]) -> Iterator[Found]:
        """A name that comes again and again, mostly from where there is evidence or without the page's script."""
        for mark in sorted(self._many["names"]):
            group = self._groups["names"][mark]
            if len(group.others) < 4:
                continue
            odd = [s for s in group.entries.values() if s.network in suspected or s.is_evidence or s.has_no_script]
            if len(odd) * 10 >= len(group.entries) * 6:
                reasons = {"same_name": len(group.entries)}
                yield Found("names", mark, 1, reasons, group.entries.values())

    def _signs(self) -> Iterator[Found]:
        for letter in STRONG | WEAK - {TAGGED}:
            if entries := self.entries(("sign", letter)):
                yield Found("sign", letter, 0, {}, entries)

    def _moments(self, at: datetime, networks: set[str], domains: set[str]) -> Iterator[Found]:
        """Ten minutes in which much more was odd than in others: the odd ones of them."""
        odd: dict[int, list[Seen]] = defaultdict(list)
        every: Counter[int] = Counter()
        for seen in reversed(self._order):
            if seen.at <= at - 2 * RECENT:  # the moments before have been looked at
                break
            moment = int(seen.at.timestamp() // MOMENT.total_seconds())
            every[moment] += 1
            if seen.is_evidence or seen.has_shirked or seen.network in networks or seen.domain in domains:
                odd[moment].append(seen)
        usual = max(1.0, len(self._newest) * MOMENT / WINDOW)
        for moment, entries in odd.items():
            if len(entries) >= max(20, 2 * usual) and len(entries) * 2 >= every[moment]:
                yield Found("moment", str(moment), 0, {"in_ten_minutes": every[moment]}, entries)


def _is_ordinary(seen: Seen) -> bool:
    return seen.domain is None and TAGGED not in seen.signs


def moment_of(mark: str) -> datetime:
    """When the ten minutes of a moment's mark begin."""
    return datetime.fromtimestamp(int(mark) * MOMENT.total_seconds(), UTC)


def _other(kind: str, seen: Seen) -> str | None:
    if kind == "network":
        return seen.domain or ""
    return seen.network


def _domain(
    mark: str, group: Group, evidence: dict[str, Counter[str]], usual_without: float, usual_guilty: float
) -> Found | None:
    """Whether a domain is suspected: it signs from several networks that others have brought evidence against, or
    nearly always without the page's script where most have it. Either way from several networks: an office has one."""
    size, networks = len(group.entries), len(group.others)
    guilty = [n for n in group.others if n in evidence and evidence[n].total() > evidence[n][mark]]
    from_guilty = sum(group.others[network] for network in guilty)
    reasons: dict[str, int] = {}
    if len(guilty) >= 3 and from_guilty >= size * max(0.25, min(0.75, 5 * usual_guilty)):
        reasons["guilty_networks"] = len(guilty)
    if networks >= 4 and size >= 6 and group.no_script >= size * max(0.6, 3 * usual_without):
        reasons["no_script"] = group.no_script
    if networks >= 4 and (reasons or guilty):
        reasons |= _even(group)
    if not reasons:
        return None
    return Found("domain", mark, 2, {"networks": networks, **reasons}, group.entries.values())


def _even(group: Group) -> dict[str, int]:
    """That the newest of a group followed one another as by a clock, so many seconds apart; {} where they did not."""
    if len(group.entries) < FEWEST_EVEN:
        return {}
    times = sorted(seen.at for seen in group.entries.values())[-3 * FEWEST_EVEN :]
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    spread = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    return {"evenly": round(mean)} if mean >= 1 and spread < mean * EVENNESS else {}
