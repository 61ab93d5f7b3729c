"""How often one address and one network may sign: counted for all workers and nodes, in the database or in Redis.

Beyond what is free, each further signature is slowed, not refused: its mail goes out some seconds after the one before,
so that a class or an office that signs together has it all the same. Only a flood is refused.

In the database the count goes up in the transaction that writes the signature; refused and invalid attempts write
nothing. In Redis it goes up at the same place: where the transaction fails afterwards, for a full disk, one attempt
has been counted for nothing. Where Redis does not answer, the database counts, from zero in each window: a network may
then sign twice as often at most, and nobody is refused who should not be. No address is kept: the key is a keyed hash
of limit, window and network, by a key that is in no backup (networks.py).
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from petition_app.antiabuse import redis_counts
from petition_app.antiabuse.redis_counts import Slot
from petition_app.extensions import db
from petition_app.models import RateCount
from petition_app.models.base import UTCDateTime


@dataclass(frozen=True)
class Limit:
    """At most `most` times in each window of `seconds` (windows begin at multiples of it since 1970).

    Where `free` is said, what goes beyond it is spread over time: `pace` seconds after one another.
    """

    name: str
    most: int
    seconds: int
    free: int | None = None
    pace: int = 0

    def slowed_by(self, count: int) -> int:
        """How many seconds the last of so many waits."""
        return max(0, count - self.free) * self.pace if self.free is not None else 0

    def key(self, network: str, at: datetime, secret: str) -> str:
        window = int(at.timestamp()) // self.seconds
        return hmac.new(secret.encode(), f"rate|{self.name}|{window}|{network}".encode(), hashlib.sha256).hexdigest()

    def ends(self, at: datetime) -> datetime:
        return datetime.fromtimestamp((int(at.timestamp()) // self.seconds + 1) * self.seconds, UTC)


# A stall at a market, a school or a whole town may stand behind one address, a carrier's customers behind a few: enough
# for a busy queue of people, then slower, and an end only where no queue of people is.
SIGNING = (
    Limit("signing-burst", 300, 600, free=30, pace=4),
    Limit("signing-day", 3_000, 86_400, free=400, pace=6),
)
SIGNING_NETWORK = (
    Limit("signing-network-burst", 1_500, 600, free=150, pace=1),
    Limit("signing-network-day", 15_000, 86_400, free=2_000, pace=1),
)
# However slow: a person waits for that mail.
LONGEST_SLOWING = 30 * 60


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


def wide_network_of(address: str) -> str:
    """The neighbourhood that an address belongs to: its /24 network in IPv4, its /48 in IPv6 (a customer has one)."""
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


Counted = tuple[Limit, str]


def signing_limits(address: str, network: str) -> list[Counted]:
    """What a signature is counted by: the limits, each with whom it is of."""
    return [*((limit, address) for limit in SIGNING), *((limit, network) for limit in SIGNING_NETWORK)]


@functools.cache
def _counting(dialect: str, rows: int) -> Any:
    """The statement that counts so many at once. It is built once: that takes longer than the database takes for it."""
    insert = (postgresql if dialect == "postgresql" else sqlite).insert
    values = [
        {"key": bindparam(f"key_{n}"), "count": 1, "expires_at": bindparam(f"ends_{n}", type_=UTCDateTime)}
        for n in range(rows)
    ]
    row = insert(RateCount.__table__).values(values)
    counted = row.on_conflict_do_update(index_elements=["key"], set_={"count": RateCount.__table__.c.count + 1})
    return counted.returning(RateCount.__table__.c.key, RateCount.__table__.c.count)


_COUNTS = select(RateCount.key, RateCount.count).where(RateCount.key.in_(bindparam("keys", expanding=True)))


def refuse_beyond(limits: Sequence[Limit], network: str, at: datetime, secret: str) -> None:
    """Raise TooMany when a limit is reached already. Reads only."""
    refuse_any([(limit, network) for limit in limits], at, secret)


def refuse_any(counted: Sequence[Counted], at: datetime, secret: str) -> None:
    """The same for limits that are of different people."""
    keys = {limit.key(who, at, secret): limit for limit, who in counted}
    for key, count in _counts(list(keys)):
        _hold(keys[key], count + 1, at)


def _counts(keys: list[str]) -> Iterable[tuple[str, int]]:
    redis = redis_counts.counts()
    found = redis.read(keys) if redis else None
    if found is not None:
        return zip(keys, found, strict=True)
    return [(key, count) for key, count in db.session.connection().execute(_COUNTS, {"keys": keys})]


def count_once(connection: Connection, limits: Sequence[Limit], network: str, at: datetime, secret: str) -> timedelta:
    """Count one more in the caller's write transaction; raise TooMany, and so undo it, when that is too many.

    Answers how long what is done may be slowed.
    """
    return count_each(connection, [(limit, network) for limit in limits], at, secret)


def count_each(connection: Connection, counted: Sequence[Counted], at: datetime, secret: str) -> timedelta:
    """The same for limits that are of different people, in one statement."""
    slots = [Slot(limit.key(who, at, secret), limit.most, limit.ends(at)) for limit, who in counted]
    redis = redis_counts.counts()
    counts = redis.count(slots) if redis else None
    if counts is None:
        counts = _count_rows(connection, slots)
    for (limit, _who), count in zip(counted, counts, strict=True):
        _hold(limit, count, at)
    slowed = max((limit.slowed_by(count) for (limit, _who), count in zip(counted, counts, strict=True)), default=0)
    return timedelta(seconds=min(slowed, LONGEST_SLOWING))


def _count_rows(connection: Connection, slots: Sequence[Slot]) -> list[int]:
    """The rows in one order always, so that two that count the same wait for one another and no more."""
    values: dict[str, Any] = {}
    for n, slot in enumerate(sorted(slots, key=lambda slot: slot.key)):
        values |= {f"key_{n}": slot.key, f"ends_{n}": slot.ends}
    counted = dict(connection.execute(_counting(connection.dialect.name, len(slots)), values).all())
    return [counted[slot.key] for slot in slots]


def forget_expired(session: Session, at: datetime) -> None:
    """Delete the counts whose window is over."""
    session.execute(delete(RateCount).where(RateCount.expires_at < at - timedelta(minutes=1)))


def _hold(limit: Limit, count: int, at: datetime) -> None:
    if count > limit.most:
        raise TooMany(max(1, int((limit.ends(at) - at).total_seconds()) + 1))
