"""Whether this site seals, as every process knows it within a second: rows of the settings, set by no operator."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from petition_app.sealing import boxes
from petition_app.site import effective

# The names of the settings' rows.
PUBLIC_KEY, SINCE, MARK = "sealing_public_key", "sealing_since", "sealing_mark"
PASSPHRASE_LOCK, RECOVERY_LOCK = "sealing_passphrase_lock", "sealing_recovery_lock"
CONVERTED = "sealing_converted"


@dataclass(frozen=True)
class Sealing:
    """What is known of it: for whom is sealed, since when, and what tells the right key of the mailboxes' names."""

    public_key: str
    since: datetime
    mark: str
    is_converting: bool
    passphrase_lock: str = field(repr=False)
    recovery_lock: str = field(repr=False)

    def unlock(self, typed: str) -> bytes:
        """The private key, by the passphrase or the recovery key. Raises CannotOpen."""
        recovery_key = boxes.recovery_key_in(typed)
        if recovery_key:
            try:
                return boxes.unlocked(self.recovery_lock, recovery_key)
            except boxes.CannotOpen:
                pass  # a passphrase may look like one
        return boxes.unlocked(self.passphrase_lock, typed)


def current() -> Sealing | None:
    """How this site seals; None where addresses rest as they are."""
    rows = effective.known_rows()
    if PUBLIC_KEY not in rows:
        return None
    return Sealing(
        public_key=rows[PUBLIC_KEY],
        since=datetime.fromisoformat(rows[SINCE]),
        mark=rows[MARK],
        is_converting=CONVERTED not in rows,
        passphrase_lock=rows[PASSPHRASE_LOCK],
        recovery_lock=rows[RECOVERY_LOCK],
    )
