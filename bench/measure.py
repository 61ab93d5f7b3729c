"""What a measurement is: runs of ours and of its ceiling in turn, their medians, and whether the target is met."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


class Failed(Exception):
    """A measurement that means nothing: an answer was not what it should be, or a tool is missing."""


@dataclass
class Figure:
    """One line of the table. A `ratio` is compared with the target; without a ceiling, the value itself is."""

    name: str
    unit: str
    value: float
    ceiling_name: str
    ceiling: float | None
    target: float
    better: Literal["higher", "lower"]
    runs: list[float] = field(default_factory=list)
    ceiling_runs: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)  # of the machine (a minute's mean), before each run
    note: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.value / self.ceiling if self.ceiling else None

    @property
    def met(self) -> bool:
        compared = self.value if self.ratio is None else self.ratio
        return compared >= self.target if self.better == "higher" else compared <= self.target

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def side_by_side(
    name: str,
    ours: Callable[[], float],
    ceiling: Callable[[], float] | None,
    *,
    runs: int,
    target: float,
    unit: str = "answers/s",
    ceiling_name: str = "",
    better: Literal["higher", "lower"] = "higher",
    note: str = "",
    more: dict[str, Any] | None = None,
) -> Figure:
    """Measure both in turn, `runs` times, and take the medians."""
    loads, values, ceilings = [], [], []
    for _ in range(runs):
        loads.append(round(os.getloadavg()[0], 2))
        values.append(ours())
        if ceiling is not None:
            ceilings.append(ceiling())
    return Figure(
        name,
        unit,
        statistics.median(values),
        ceiling_name,
        statistics.median(ceilings) if ceilings else None,
        target,
        better,
        values,
        ceilings,
        loads,
        note,
        more or {},
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share (0 to 1) of them does not exceed."""
    if not values:
        raise Failed("nothing was measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(len(ordered) * share * 1000) // 1000) - 1))]
