"""How often a petition's page is read and its form is sent, by where readers come from; kept in memory, told in sums.

No cookie, no address, no identifier: a view is a number that is one larger. A CDN or a proxy that keeps pages answers
readers of whom this process hears nothing; where one is seen, it is told, so that nobody takes the number for all.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The share links of a petition's page, by the name that stands in their addresses (?via=…).
SHARE_LINKS = ("mail", "mastodon", "whatsapp", "telegram", "bluesky", "facebook", "x", "paper")
# What says nothing, what there was no room for, and what a CDN brought.
DIRECT, OTHER, CDN = "", "(other)", "(cdn)"
MARK = "view:"
LONGEST_HOST = 100
# Different sources of all petitions together, until they are told: who sends invented ones fills no memory.
MOST_SOURCES = 500

_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
# Programs that say of themselves that they are no readers.
_PROGRAM = re.compile(
    r"(?i)bot\b|crawl|spider|slurp|preview|monitor|curl/|wget/|python-|headlesschrome|facebookexternal"
)
# Headers that only a CDN adds (the first by RFC 8586).
_OF_A_CDN = ("HTTP_CDN_LOOP", "HTTP_CF_RAY", "HTTP_X_AMZ_CF_ID")

Visit = tuple[int, str]


def mark(petition_id: int, via: str | None) -> str:
    """The tag of a page whose readings count: of which petition, and by which share link."""
    return f"{MARK}{petition_id}:{share_link(via)}"


def share_link(name: str | None) -> str:
    """The name, if it is one of ours."""
    return name if name in SHARE_LINKS else ""


def visit_of(tags: frozenset[str]) -> Visit | None:
    """What a reading of the page with these tags is a reading of."""
    for tag in tags:
        if tag.startswith(MARK):
            number, _, via = tag[len(MARK) :].partition(":")
            return int(number), via
    return None


class Visits:
    """The counts of one process since they were last taken. One lost between two threads is no matter."""

    def __init__(self, own_host: str) -> None:
        self._own_host = own_host
        self._views: dict[tuple[int, str], int] = {}
        self._signed: dict[tuple[int, str], int] = {}

    def seen(self, visit: Visit, environ: WSGIEnvironment) -> None:
        """Somebody reads a petition's page."""
        if _is_program(environ.get("HTTP_USER_AGENT", "")) or "HTTP_SEC_PURPOSE" in environ:
            return
        petition_id, via = visit
        if not environ.keys().isdisjoint(_OF_A_CDN):
            source = CDN
        elif via:
            source = f"via:{via}"
        else:
            referrer = environ.get("HTTP_REFERER")
            source = self._host(referrer) if referrer else DIRECT
        _add(self._views, (petition_id, source))

    def signed(self, petition_id: int, via: str | None) -> None:
        """Somebody has sent the form: the share link is known where the form tells it."""
        name = share_link(via)
        _add(self._signed, (petition_id, f"via:{name}" if name else DIRECT))

    def take(self) -> tuple[Mapping[tuple[int, str], int], Mapping[tuple[int, str], int]]:
        """All views and sent forms since the last time, by petition and source."""
        views, self._views = self._views, {}
        signed, self._signed = self._signed, {}
        return views, signed

    def put_back(self, views: Mapping[tuple[int, str], int], signed: Mapping[tuple[int, str], int]) -> None:
        """They could not be written: they are told the next time."""
        for kept, taken in ((self._views, views), (self._signed, signed)):
            for key, count in taken.items():
                _add(kept, key, count)

    def _host(self, referrer: str) -> str:
        host = _host_of(referrer)
        return DIRECT if host == self._own_host else host


def _add(counts: dict[tuple[int, str], int], key: tuple[int, str], count: int = 1) -> None:
    if key not in counts and len(counts) >= MOST_SOURCES:
        key = key[0], OTHER
    counts[key] = counts.get(key, 0) + count


@functools.lru_cache(maxsize=1024)
def _host_of(referrer: str) -> str:
    """The host alone: what stands behind it may tell what somebody has searched or read."""
    try:
        host = (urlsplit(referrer[:300]).hostname or "").removeprefix("www.")
    except ValueError:
        return DIRECT
    return host if len(host) <= LONGEST_HOST and _HOST.fullmatch(host) else DIRECT


@functools.lru_cache(maxsize=1024)
def _is_program(user_agent: str) -> bool:
    return not user_agent or _PROGRAM.search(user_agent[:500]) is not None
