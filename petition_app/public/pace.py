"""How soon a page may ask again for the number: the server sets the pace of its readers.

Seconds while signatures pour in, a minute when it is quiet, and longer the busier the server is: the interval grows
before the server is at its end, so that a crowd of open pages costs no more than it can give.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from petition_app.public.load import Busyness

# Seconds between two questions, by how long ago (in seconds) something last happened. Steps, not a slope, so that a
# fragment whose numbers stand still stays the same and is answered with a 304.
STEPS = ((180, 3), (600, 5), (1200, 10), (2400, 20), (3600, 30))
SLOWEST = 60
# What a stretched interval is rounded up to, for the same reason.
LADDER = (3, 5, 10, 20, 30, 60, 120, 240, 480, 900)

# The share of a process's time from which on readers are slowed down, the one that is aimed at, and the one below
# which they are let nearer again. Between the first and the last nothing changes, so that the pace does not swing.
BUSY, AIM, CALM = 0.7, 0.5, 0.3
# How busy the process is, is looked at every so often (seconds) and taken as the mean over the time in which every
# reader asks once, for they come in waves; but no longer than this where it is too busy.
LOOK_EVERY = 1.0
LONGEST_LOOK = 30.0
# At most so much is changed at once, either way.
MOST_AT_ONCE = 2.0


def poll_interval(at: datetime, last_activity: datetime | None, stretch: float = 1.0) -> int:
    """Seconds until the next question: 3 while signatures come in, 60 after a quiet hour, `stretch` times that."""
    interval = SLOWEST
    if last_activity is not None:
        quiet = (at - last_activity).total_seconds()
        interval = next((seconds for limit, seconds in STEPS if quiet < limit), SLOWEST)
    return _on_ladder(interval * stretch)


def _on_ladder(wanted: float) -> int:
    return next((seconds for seconds in LADDER if seconds >= wanted), LADDER[-1])


class Pacer:
    """How many times longer than in calm readers wait; one for each process, asked at each live fragment it makes."""

    def __init__(self, busy: Callable[[], float], clock: Callable[[], float] = time.monotonic) -> None:
        """`busy` tells the share of the time (0 to 1) that was work since it was last asked; `clock` is in seconds."""
        self._busy, self._clock = busy, clock
        self._lock = threading.Lock()
        self._stretch = 1.0
        self._looked = self._since = clock()
        self._used = 0.0

    def stretch(self, interval: float) -> float:
        """The factor for now; `interval` is what readers wait at present without it (seconds)."""
        with self._lock:
            at = self._clock()
            if at - self._looked >= LOOK_EVERY:
                self._look(at, _on_ladder(interval * self._stretch))
            return self._stretch

    def _look(self, at: float, interval: float) -> None:
        busy, passed, self._looked = self._busy(), at - self._looked, at
        if at - passed < self._since:
            return  # readers still ask at the pace that was
        self._used += busy * passed
        seen = at - self._since
        mean = self._used / seen
        if mean > BUSY and seen >= min(interval, LONGEST_LOOK):
            self._change(min(mean / AIM, MOST_AT_ONCE), at, interval)
        elif seen >= 1.2 * interval:
            if mean < CALM and self._stretch > 1:
                self._change(max(mean / AIM, 1 / MOST_AT_ONCE), at, interval)
            else:
                self._since, self._used = at, 0.0

    def _change(self, factor: float, at: float, interval: float) -> None:
        """What is changed shows once everybody has asked again."""
        self._stretch = min(max(1.0, self._stretch * factor), LADDER[-1] / LADDER[0])
        self._since, self._used = at + min(interval, LONGEST_LOOK), 0.0


def process_pacer() -> Pacer:
    """The one of this process, which is as busy as its threads are."""
    return Pacer(Busyness())
