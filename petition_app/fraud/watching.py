"""The job that looks at what was entered, a few seconds behind the signers: it finds clusters and files what belongs.

A worker keeps the last day's entries in memory and reads what is new, by the index of the moments in which they were
entered. What it finds is written down: the servers read it before they let a confirmation count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import bindparam, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from petition_app.antiabuse.networks import KEPT_FOR
from petition_app.antiabuse.suspicion import name_mark
from petition_app.extensions import db
from petition_app.fraud.traffic import WINDOW, Found, Key, Seen, Traffic, moment_of
from petition_app.models import Cluster, ClusterSignature, FraudWatch, Petition, Signature
from petition_app.transactions import writing
from petition_app.web.site import settings

# What was entered is committed seconds later: so much is read again each time.
BEHIND = timedelta(seconds=20)
BATCH = 5_000
FILED_AT_ONCE = 500
# How long the page goes on asking for work after the traffic has looked wrong.
ASKS_FOR = timedelta(hours=1)

Renew = Callable[[], object]
_UNSYNCHRONIZED = {"synchronize_session": False}


class Watcher:
    """What this process remembers: each petition's traffic, up to which moment, and what it has filed."""

    def __init__(self) -> None:
        self.traffic: dict[int, Traffic] = {}
        self.read_until: dict[int, datetime] = {}
        self.known: dict[int, Known] = {}


@dataclass
class Known:
    """A petition's clusters as they were read last: each one's key and level, as of a version of the watch."""

    version: int
    clusters: dict[Key, tuple[int, int]]


def watch_all(at: datetime, renew: Renew = lambda: None) -> None:
    """Look at what is new of each petition that takes signatures."""
    petitions = db.session.scalars(select(Petition.id).where(Petition.status == "open").order_by(Petition.id)).all()
    db.session.rollback()
    for petition_id in petitions:
        watch(petition_id, at, renew)
        renew()


def watch(petition_id: int, at: datetime, renew: Renew = lambda: None) -> None:
    """Look at what is new of one petition."""
    watcher: Watcher = current_app.extensions["fraud"]
    traffic = watcher.traffic.setdefault(petition_id, Traffic())
    traffic.forget(at - WINDOW)
    fresh = _read(watcher, petition_id, traffic, at, renew)
    if not fresh:
        return
    known = watcher.known[petition_id] = _known(petition_id, watcher.known.get(petition_id))
    if any(traffic.may_matter(seen) or any(key in known.clusters for key in seen.shares()) for seen in fresh):
        _write(known, petition_id, traffic, fresh, traffic.found(at), at)


def _read(watcher: Watcher, petition_id: int, traffic: Traffic, at: datetime, renew: Renew) -> list[Seen]:
    since = max(watcher.read_until.get(petition_id, at - WINDOW), at - WINDOW) - BEHIND
    secret, fresh, place = settings().secret_key, [], (since, 0)
    while True:
        rows = db.session.execute(_ENTERED, {"petition": petition_id, "at": place[0], "id": place[1]}).all()
        db.session.rollback()
        for row in rows:
            seen = Seen(
                row.id, row.created_at, row.network, row.domain_mark, name_mark(row.name_key, secret), row.signs
            )
            if traffic.add(seen):
                fresh.append(seen)
        if len(rows) < BATCH:
            watcher.read_until[petition_id] = at
            return fresh
        place = rows[-1].created_at, rows[-1].id
        renew()


_ENTERED = (
    select(
        Signature.id,
        Signature.created_at,
        Signature.network,
        Signature.domain_mark,
        Signature.name_key,
        Signature.signs,
    )
    .where(
        Signature.petition_id == bindparam("petition"),
        tuple_(Signature.created_at, Signature.id) > tuple_(bindparam("at"), bindparam("id")),
        Signature.network.is_not(None),
    )
    .order_by(Signature.created_at, Signature.id)
    .limit(BATCH)
)


def _write(
    known: Known, petition_id: int, traffic: Traffic, fresh: Sequence[Seen], found: Sequence[Found], at: datetime
) -> None:
    """Write down what was found anew or weighs more, and file what belongs to what is known."""
    old = known.clusters
    news = [each for each in found if each.level > old.get((each.kind, each.mark), (0, -1))[1]]
    labels = [_label(each) for each in news]
    db.session.rollback()
    belong = [(key, seen) for seen in fresh for key in seen.shares() if key in old]
    new = {seen.id for seen in fresh}
    moments = [each for each in found if each.kind == "moment"]
    belong += [((each.kind, each.mark), seen) for each in moments for seen in each.entries if seen.id in new]
    belong += [((each.kind, each.mark), seen) for each in news for seen in each.entries]
    asks_until = at + ASKS_FOR if traffic.looks_wrong(at, found) else None
    if news or asks_until is not None:
        with writing() as session:
            for each, label in zip(news, labels, strict=True):
                old[each.kind, each.mark] = _put(session, petition_id, each, label, at), each.level
            known.version = _tell(session, petition_id, asks_until, is_news=bool(news))
    pairs = list({(old[key][0], seen.id): (old[key][0], seen) for key, seen in belong}.values())
    for start in range(0, len(pairs), FILED_AT_ONCE):
        with writing() as session:
            _file(session, pairs[start : start + FILED_AT_ONCE])


def _known(petition_id: int, before: Known | None) -> Known:
    """The clusters, read anew where somebody else has changed them."""
    version = db.session.scalar(select(FraudWatch.version).where(FraudWatch.petition_id == petition_id)) or 0
    if before is not None and before.version == version:
        return before
    rows = db.session.execute(_KNOWN, {"petition": petition_id})
    return Known(version, {(row.kind, row.mark): (row.id, row.level) for row in rows})


_KNOWN = select(Cluster.id, Cluster.kind, Cluster.mark, Cluster.level).where(
    Cluster.petition_id == bindparam("petition"), Cluster.mark.is_not(None)
)


def _label(found: Found) -> str:
    """What a person reads of it: a moment, or a domain, as one of the addresses that are not sealed yet has it."""
    if found.kind == "moment":
        return moment_of(found.mark).isoformat()
    if found.kind != "domain":
        return ""
    some = select(Signature.mailbox).where(Signature.id.in_([seen.id for seen in list(found.entries)[-20:]]))
    domains = [mailbox.rpartition("@")[2] for mailbox in db.session.scalars(some) if mailbox and "@" in mailbox]
    return domains[0][:255] if domains else ""


def _put(session: Session, petition_id: int, found: Found, label: str, at: datetime) -> int:
    """Write a cluster down, or that it weighs more by now; its key."""
    row = session.scalar(
        select(Cluster).where(
            Cluster.petition_id == petition_id, Cluster.kind == found.kind, Cluster.mark == found.mark
        )
    )
    if row is None:
        row = Cluster(petition_id=petition_id, kind=found.kind, mark=found.mark, label=label, found_at=at)
        row.first_at = min(seen.at for seen in found.entries)
        row.last_at = max(seen.at for seen in found.entries)
        session.add(row)
    row.level, row.reasons = max(row.level or 0, found.level), found.reasons
    session.flush()
    return row.id


def _tell(session: Session, petition_id: int, asks_until: datetime | None, *, is_news: bool) -> int:
    """Have the servers read what changed; the watch's version by then."""
    watched = session.get(FraudWatch, petition_id, with_for_update=True)
    if watched is None:
        watched = FraudWatch(petition_id=petition_id, version=0)
        session.add(watched)
    watched.asks_work_until = asks_until or watched.asks_work_until
    watched.version += is_news
    return watched.version


def tell_servers(session: Session, petition_id: int) -> None:
    """The same after a decision, in its transaction."""
    _tell(session, petition_id, None, is_news=True)


def _file(session: Session, pairs: Iterable[tuple[int, Seen]]) -> None:
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    kept = set(session.scalars(select(Signature.id).where(Signature.id.in_({seen.id for _cluster, seen in pairs}))))
    rows = [{"cluster_id": cluster, "signature_id": seen.id} for cluster, seen in pairs if seen.id in kept]
    if rows:
        session.connection().execute(dialect.insert(ClusterSignature.__table__).on_conflict_do_nothing(), rows)
    newest: dict[int, datetime] = {}
    for cluster, seen in pairs:
        newest[cluster] = max(seen.at, newest.get(cluster, seen.at))
    for cluster, moment in sorted(newest.items()):
        later = update(Cluster).where(Cluster.id == cluster, Cluster.last_at < moment).values(last_at=moment)
        session.execute(later, execution_options=_UNSYNCHRONIZED)


def count_clusters(at: datetime, renew: Renew = lambda: None) -> None:
    """Bring the numbers of the clusters that are alive up to date."""
    alive = select(Cluster.id).where(Cluster.last_at > at - 2 * WINDOW)
    decided = select(Cluster.id).where(Cluster.decided_at > at - 2 * WINDOW)
    ids = sorted({*db.session.scalars(alive), *db.session.scalars(decided)})
    db.session.rollback()
    for start in range(0, len(ids), 100):
        refresh(ids[start : start + 100])
        renew()


def refresh(cluster_ids: Sequence[int]) -> None:
    """Count how the signatures of some clusters stand, and write what has changed."""
    stands = _stand(cluster_ids)
    db.session.rollback()
    with writing() as session:
        for cluster in session.scalars(select(Cluster).where(Cluster.id.in_(cluster_ids)).order_by(Cluster.id)):
            numbers = stands.get(cluster.id, {})
            for name in ("counting", "held", "unconfirmed", "out"):
                if getattr(cluster, name) != numbers.get(name, 0):
                    setattr(cluster, name, numbers.get(name, 0))


def _stand(cluster_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    is_held = Signature.held_at.is_not(None).label("is_held")
    counted = (
        select(ClusterSignature.cluster_id, Signature.status, is_held, func.count().label("count"))
        .join(Signature, Signature.id == ClusterSignature.signature_id)
        .where(ClusterSignature.cluster_id.in_(cluster_ids))
        .group_by(ClusterSignature.cluster_id, Signature.status, is_held)
    )
    found: dict[int, dict[str, int]] = {}
    for cluster_id, status, held, count in db.session.execute(counted):
        name = {"confirmed": "counting", "pending": "held" if held else "unconfirmed"}.get(status, "out")
        numbers = found.setdefault(cluster_id, {})
        numbers[name] = numbers.get(name, 0) + count
    return found


def forget_marks(at: datetime) -> None:
    """Forget by what clusters were found, 30 days after the last of theirs came. Decision and numbers stay."""
    old = update(Cluster).where(Cluster.mark.is_not(None), Cluster.last_at < at - KEPT_FOR).values(mark=None, label="")
    with writing() as session:
        session.execute(old, execution_options=_UNSYNCHRONIZED)
