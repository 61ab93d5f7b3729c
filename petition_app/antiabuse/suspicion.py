"""Whether a signature that its signer confirms is held for a look, by what is known of the petition's traffic.

What is known is kept in memory for some seconds and read again where it has changed: nothing is asked of the database
while a signature is written. Each thing weighs something, and none is proof: together they only make it wait.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Connection, bindparam, or_, select

from petition_app.antiabuse.networks import keyed_mark
from petition_app.antiabuse.signs import ASKED, FAST, SCRIPT, STRONG, WEAK, WORKED
from petition_app.extensions import db
from petition_app.models import Cluster, FraudWatch
from petition_app.models.base import now

# From here on it is held.
ENOUGH = 2
# How long a process believes what it has read, in seconds.
BELIEVED = 5.0
# What nobody has decided on weighs nothing once nothing of it has come for so long: networks change hands.
STANDS_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Known:
    """What is known of a petition's traffic: the clusters that stand, by kind and mark, and whether work is asked."""

    version: int = -1
    asks_work_until: datetime | None = None
    standing: Mapping[tuple[str, str], tuple[int, str]] = ()  # type: ignore[assignment]  # the level and the status

    def asks_work(self, at: datetime) -> bool:
        return self.asks_work_until is not None and at < self.asks_work_until


class Memory:
    """What this process knows of each petition, and when it was read."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, Known]] = {}

    def of(self, petition_id: int, on: Connection | None = None) -> Known:
        """What is known now, read on this connection, or else by the session, if it is time to."""
        read_at, known = self._known.get(petition_id, (float("-inf"), Known(standing={})))
        if time.monotonic() - read_at < BELIEVED:
            return known
        connection = on or db.session.connection()
        row = connection.execute(_WATCH, {"petition": petition_id}).first()
        if row is not None and row.version != known.version:
            known = Known(row.version, row.asks_work_until, _standing(connection, petition_id))
        elif row is not None and row.asks_work_until != known.asks_work_until:
            known = Known(row.version, row.asks_work_until, known.standing)
        self._known[petition_id] = time.monotonic(), known
        return known

    def forget(self) -> None:
        """Read everything anew: something was decided here."""
        self._known = {}


_WATCH = select(FraudWatch.version, FraudWatch.asks_work_until).where(FraudWatch.petition_id == bindparam("petition"))
_STANDING = select(Cluster.kind, Cluster.mark, Cluster.level, Cluster.status).where(
    Cluster.petition_id == bindparam("petition"),
    Cluster.mark.is_not(None),
    or_(Cluster.last_at > bindparam("since"), Cluster.status != "found"),
)


def _standing(connection: Connection, petition_id: int) -> dict[tuple[str, str], tuple[int, str]]:
    named = {"petition": petition_id, "since": now() - STANDS_FOR}
    rows = connection.execute(_STANDING, named)
    return {(row.kind, row.mark): (row.level, row.status) for row in rows}


def memory() -> Memory:
    found: Memory = current_app.extensions["suspicion"]
    return found


def name_mark(key: str | None, secret: str) -> str:
    return keyed_mark("name", key or "", secret)


def reason_to_hold(known: Known, signature: Any, secret: str) -> str:
    """Why a signature (or a row with its columns) is held when it is confirmed, in short; "" for nearly all."""
    signs = set(signature.signs)
    network = _weight(known, "network", signature.network)
    domain = _weight(known, "domain", signature.domain_mark)
    names = _weight(known, "names", name_mark(signature.name_key, secret)) if known.standing else 0
    told = {letter: _weight_of_sign(known, letter) for letter in sorted(signs & (STRONG | WEAK))}
    if network < ENOUGH * 2 and _is_vouched_for(signs):
        network = max(0, network - 1)
    shirked = 1 if ASKED in signs and WORKED not in signs else 0
    if network + domain + names + shirked + sum(told.values()) < ENOUGH:
        return ""
    weights = zip("NDS", (network, domain, names), strict=True)
    marks = [f"{letter}{weight}" for letter, weight in weights if weight]
    return " ".join([*marks, *(letter for letter, weight in told.items() if weight), *([ASKED] if shirked else [])])


def _is_vouched_for(signs: set[str]) -> bool:
    """Whether a browser did what it was asked for: then a neighbourhood says less of whoever sits in it."""
    return WORKED in signs if ASKED in signs else SCRIPT in signs and FAST not in signs


def _weight(known: Known, kind: str, mark: str | None) -> int:
    level, status = known.standing.get((kind, mark or ""), (0, "found"))
    if status in ("released", "releasing"):
        return 0
    return ENOUGH * 2 if status == "quarantined" else level


def _weight_of_sign(known: Known, letter: str) -> int:
    _level, status = known.standing.get(("sign", letter), (0, "found"))
    if status in ("released", "releasing"):
        return 0
    return ENOUGH if letter in STRONG or status == "quarantined" else 1
