"""How soon a page may ask again for the number: the server sets the pace of its readers."""

from __future__ import annotations

from datetime import datetime

# Seconds between two questions, by how long ago (in seconds) something last happened. Steps, not a slope, so that a
# fragment whose numbers stand still stays the same and is answered with a 304.
STEPS = ((180, 3), (600, 5), (1200, 10), (2400, 20), (3600, 30))
SLOWEST = 60


def poll_interval(at: datetime, last_activity: datetime | None) -> int:
    """Seconds until the next question: 3 while signatures come in, 60 after a quiet hour."""
    if last_activity is None:
        return SLOWEST
    quiet = (at - last_activity).total_seconds()
    return next((interval for limit, interval in STEPS if quiet < limit), SLOWEST)
