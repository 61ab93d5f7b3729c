"""How much of everything: one place for the sizes of the small run and of the full one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """The size of each scenario. Times are in seconds."""

    kills_on_sqlite: tuple[int, int, int]  # of the server, of the worker, of both
    kills_on_postgresql: tuple[int, int, int]
    migrations_killed: int
    load: float  # how long people sign while a fault lasts
    lock: float  # how long another process holds the database
    failovers: int
    fuzz: int
    idle_connections: int
    slow_connections: int
    readers: int
    crowd: float  # how long a crowd is there


SMALL = Scale(
    kills_on_sqlite=(1, 1, 1),
    kills_on_postgresql=(0, 1, 1),
    migrations_killed=1,
    load=0.5,
    lock=1.5,
    failovers=1,
    fuzz=1200,
    idle_connections=1500,
    slow_connections=200,
    readers=100,
    crowd=1.0,
)
FULL = Scale(
    kills_on_sqlite=(20, 20, 20),
    kills_on_postgresql=(14, 13, 13),
    migrations_killed=6,
    load=4.0,
    lock=10.0,
    failovers=2,
    fuzz=20_000,
    idle_connections=10_000,
    slow_connections=2_500,
    readers=1000,
    crowd=10.0,
)
