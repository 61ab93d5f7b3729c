"""The number that the progress bar moves towards."""

from __future__ import annotations

import itertools


def next_goal(confirmed: int, fixed: int | None) -> int:
    """A fixed goal stays, reached or not; else the next of 100, 200, 500, 1 000, 2 000, 5 000 … that is not reached."""
    if fixed is not None:
        return fixed
    return next(step for step in _steps() if step > confirmed)


def _steps() -> itertools.chain[int]:
    return itertools.chain.from_iterable((10**n, 2 * 10**n, 5 * 10**n) for n in itertools.count(2))
