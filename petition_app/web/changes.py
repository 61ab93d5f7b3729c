"""How a change of a petition reaches the pages that show it."""

from __future__ import annotations

from blinker import signal

# Sent after the commit, with `petition_id`. Pages in this process that show the petition are dropped at once; other
# processes find out within a second, when their copy is due.
petition_changed = signal("petition-changed")
