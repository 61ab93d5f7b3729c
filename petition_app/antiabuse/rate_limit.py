"""How often one network may sign: counted for all workers and nodes together, in the database or in Redis.

In the database the count goes up in the transaction that writes the signature; refused and invalid attempts write
nothing. In Redis it goes up at the same place: where the transaction fails afterwards, for a full disk, one attempt
has been counted for nothing. Where Redis does not answer, the database counts, from zero in each window: a network may
then sign twice as often at most, and nobody is refused who should not be. No address is kept: the key is a keyed hash
of limit, window and network.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from petition_app.antiabuse import redis_counts
from petition_app.antiabuse.redis_counts import Slot
from petition_app.extensions import db
from petition_app.models import RateCount


@dataclass(frozen=True)
class Limit:
    """At most `most` times in each window of `seconds` (windows begin at multiples of it since 1970)."""

    name: str
    most: int
    seconds: int

    def key(self, network: str, at: datetime, secret: str) -> str:
        window = int(at.timestamp()) // self.seconds
        return hmac.new(secret.encode(), f"rate|{self.name}|{window}|{network}".encode(), hashlib.sha256).hexdigest()

    def ends(self, at: datetime) -> datetime:
        return datetime.fromtimestamp((int(at.timestamp()) // self.seconds + 1) * self.seconds, UTC)


# A stall at a market, a school or a whole town may stand behind one address: enough for a busy queue of people.
SIGNING = (Limit("signing-burst", 30, 600), Limit("signing-day", 400, 86_400))


class TooMany(Exception):
    """The limit is reached; `retry_after` is how many seconds are left until it is open again."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"retry after {retry_after} s")


def network_of(address: str) -> str:
    """Whom an address stands for: itself in IPv4, the /64 network in IPv6 (one household has a whole one)."""
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _counting(insert: Any) -> Any:
    row = insert(RateCount.__table__).values(key=bindparam("key"), count=1, expires_at=bindparam("expires_at"))
    counted = row.on_conflict_do_update(index_elements=["key"], set_={"count": RateCount.__table__.c.count + 1})
    return counted.returning(RateCount.__table__.c.count)


# Built once: it takes longer to build a statement than the database takes to run it.
_COUNTS = select(RateCount.key, RateCount.count).where(RateCount.key.in_(bindparam("keys", expanding=True)))
_COUNT = {"postgresql": _counting(postgresql.insert), "sqlite": _counting(sqlite.insert)}


def refuse_beyond(limits: Sequence[Limit], network: str, at: datetime, secret: str) -> None:
    """Raise TooMany when a limit is reached already. Reads only."""
    keys = {limit.key(network, at, secret): limit for limit in limits}
    for key, count in _counts(list(keys)):
        _hold(keys[key], count + 1, at)


def _counts(keys: list[str]) -> Iterable[tuple[str, int]]:
    redis = redis_counts.counts()
    found = redis.read(keys) if redis else None
    if found is not None:
        return zip(keys, found, strict=True)
    return [(key, count) for key, count in db.session.connection().execute(_COUNTS, {"keys": keys})]


def count_once(session: Session, limits: Sequence[Limit], network: str, at: datetime, secret: str) -> None:
    """Count one more in the caller's write transaction; raise TooMany, and so undo it, when that is too many."""
    slots = [Slot(limit.key(network, at, secret), limit.most, limit.ends(at)) for limit in limits]
    redis = redis_counts.counts()
    counted = redis.count(slots) if redis else None
    if counted is None:
        counted = _count_rows(session, slots)
    for limit, count in zip(limits, counted, strict=True):
        _hold(limit, count, at)


def _count_rows(session: Session, slots: Sequence[Slot]) -> list[int]:
    connection = session.connection()
    statement = _COUNT[connection.dialect.name]
    return [connection.execute(statement, {"key": s.key, "expires_at": s.ends}).scalar_one() for s in slots]


def forget_expired(session: Session, at: datetime) -> None:
    """Delete the counts whose window is over."""
    session.execute(delete(RateCount).where(RateCount.expires_at < at - timedelta(minutes=1)))


def _hold(limit: Limit, count: int, at: datetime) -> None:
    if count > limit.most:
        raise TooMany(max(1, int((limit.ends(at) - at).total_seconds()) + 1))
