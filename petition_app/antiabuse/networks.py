"""Which signatures came from the same network, without keeping whose: a keyed hash, forgotten after 30 days.

Nobody can reckon an address from it without the site's secret, and the association sees only which are alike.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

KEPT_FOR = timedelta(days=30)
LENGTH = 16


def network_mark(network: str, secret: str) -> str | None:
    """What signatures of one network have in common; None where the network is not known."""
    if network == "unknown":
        return None
    return hmac.new(secret.encode(), f"signed-from|{network}".encode(), hashlib.sha256).hexdigest()[:LENGTH]


def reader_mark(network: str, comment_id: int, secret: str) -> str:
    """Who flagged a comment: another mark for each comment, so that nobody's reading can be followed."""
    said = f"flagged|{comment_id}|{network}"
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()[:32]
