"""How often one network may sign: counted in the database, so that all workers and nodes count together.

The count goes up in the transaction that writes the signature; refused and invalid attempts write nothing. No
address is kept: the row's key is a keyed hash of limit, window and network.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

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


def refuse_beyond(limits: Sequence[Limit], network: str, at: datetime, secret: str) -> None:
    """Raise TooMany when a limit is reached already. Reads only."""
    keys = {limit.key(network, at, secret): limit for limit in limits}
    counts = db.session.execute(select(RateCount.key, RateCount.count).where(RateCount.key.in_(keys)))
    for key, count in counts:
        _hold(keys[key], count + 1, at)


def count_once(session: Session, limits: Sequence[Limit], network: str, at: datetime, secret: str) -> None:
    """Count one more in the caller's write transaction; raise TooMany, and so undo it, when that is too many."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for limit in limits:
        row = insert(RateCount).values(key=limit.key(network, at, secret), count=1, expires_at=limit.ends(at))
        counted = row.on_conflict_do_update(index_elements=["key"], set_={"count": RateCount.count + 1})
        _hold(limit, session.execute(counted.returning(RateCount.count)).scalar_one(), at)


def forget_expired(session: Session, at: datetime) -> None:
    """Delete the counts whose window is over."""
    session.execute(delete(RateCount).where(RateCount.expires_at < at - timedelta(minutes=1)))


def _hold(limit: Limit, count: int, at: datetime) -> None:
    if count > limit.most:
        raise TooMany(max(1, int((limit.ends(at) - at).total_seconds()) + 1))
