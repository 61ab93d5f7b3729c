"""How busy this process is: the share of the time in which it had work to do."""

from __future__ import annotations

import time
from pathlib import Path

# For each thread: nanoseconds on a processor, nanoseconds of waiting for one, and how often (Linux's sched-stats).
_THREADS = Path("/proc/self/task")


class Busyness:
    """Asked every so often, it tells the share of the time since the last question, from 0 to 1.

    Waiting for a processor counts as work that is there: a process among others on a machine that is at its end has
    as much to do as one that has the machine for itself. Where the system does not tell, only the work done counts.
    """

    def __init__(self) -> None:
        self._worked, self._at = _work(), time.monotonic()

    def __call__(self) -> float:
        worked, at = _work(), time.monotonic()
        share = (worked - self._worked) / max(at - self._at, 1e-6)
        self._worked, self._at = worked, at
        return min(1.0, max(0.0, share))


def _work() -> float:
    """Seconds of work that this process has had so far, done or waiting for a processor."""
    try:
        stats = [(thread / "schedstat").read_text("ascii").split() for thread in _THREADS.iterdir()]
        return sum(int(ran) + int(waited) for ran, waited, _slices in stats) / 1e9
    except (OSError, ValueError):
        return time.process_time()
