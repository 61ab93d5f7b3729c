"""The page layer: it stands ahead of Flask and answers repeated public GETs and static files from memory.

A view asks for it with `cacheable(response, "petition:1")`. Such an answer is kept, ready-compressed, for three
quarters of a second; then the first reader who asks has it made anew while the others are given the last one, for a
quarter more, and then wait for the new one. With the two seconds that browsers and proxies may keep a page, a change
shows everywhere within three. A change in this very process drops the pages that show it at once (`drop`). Only where
a page cannot be made, or not within a second, because the database is away or held up, readers get the last one that
could, for five minutes at most.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from petition_app.web.answer import MARK, Answer, no_body, read
from petition_app.web.representation import Representation, matches, represent, takes_gzip
from petition_app.web.visits import Visit, Visits, visit_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Response

    from petition_app.web.static_files import StaticFiles

FRESH_SECONDS = 0.75
# How much longer the last one is given out while a new one is made: readers do not wait for each other's page.
MEANWHILE_SECONDS = 0.25
CAPACITY_BYTES = 32 * 2**20
LARGEST_PAGE_BYTES = 2**20
# Addresses with a query are endless: they have a quarter of the memory, and push out one another only.
QUERY_SHARE = 4
# What an entry takes beside its bodies: headers, names, the objects themselves.
ENTRY_OVERHEAD_BYTES = 4096
LONGEST_WAIT_SECONDS = 10.0
# How long a reader waits for a page that was there before, until the last one must do.
PATIENCE_SECONDS = 1.0
# As long as others on the way may give it out when they get an error (`sie` of `cacheable`).
STAND_IN_SECONDS = 300.0
GZIP_LEVEL = 6
# Hardly anybody asks twice for an address with a query: compressing it well takes longer than sending the rest.
QUERY_GZIP_LEVEL = 1

Key = str | tuple[str, str]


def cacheable(
    response: Response, *tags: str, max_age: int = 2, swr: int = 10, sie: int = int(STAND_IN_SECONDS)
) -> Response:
    """Let everyone on the way keep this answer: `max_age`, and stale while it is fetched anew or cannot be, in seconds.

    `tags` name what it shows, so that a change of that drops it. An answer that differs by visitor is never cacheable.
    A streamed answer may be kept by others, but not by the layer, which would have to hold all of it.
    """
    response.headers["Cache-Control"] = f"public, max-age={max_age}, stale-while-revalidate={swr}, stale-if-error={sie}"
    if not response.is_streamed:
        response.headers[MARK] = " ".join(tags)
    return response


@dataclass(slots=True)
class _Entry:
    """A page as it was when its making began at `made`; it is given out until `until` (the layer's clock)."""

    page: Representation
    tags: frozenset[str]
    made: float
    until: float
    size: int
    visit: Visit | None = None


@dataclass(slots=True, eq=False)
class _Flight:
    """A page that one thread is making while others wait for it."""

    began: float
    done: threading.Event = field(default_factory=threading.Event)
    dropped: list[str | None] = field(default_factory=list)
    entry: _Entry | None = None
    failed: bool = False

    def is_outdated(self, tags: frozenset[str]) -> bool:
        """Whether what the page shows was changed after its making began."""
        return any(tag is None or tag in tags for tag in self.dropped)


class PageLayer:
    """A WSGI application around another one. Safe for any number of threads."""

    def __init__(
        self,
        app: WSGIApplication,
        static: StaticFiles | None = None,
        *,
        fresh_for: float = FRESH_SECONDS,
        capacity: int = CAPACITY_BYTES,
        clock: Callable[[], float] = time.monotonic,
        visits: Visits | None = None,
    ) -> None:
        """`fresh_for` in seconds, `capacity` in bytes; pages with a query have a quarter of that on top."""
        self.app = app
        self.visits = visits or Visits("")
        # For the metrics: a count lost between two threads is no matter. A rebuild is a page made anew after its
        # second; a miss is one that was not there at all.
        self.hits = self.misses = self.rebuilds = self.not_modified = 0
        self._static = static.by_path if static else {}
        self._fresh_for, self._clock = fresh_for, clock
        self._lock = threading.Lock()
        self._pages, self._queries = _Shelf(capacity), _Shelf(capacity // QUERY_SHARE)
        # The latest making of each page, which others may join; and all, for one that was overtaken ends as well.
        self._flights: dict[Key, _Flight] = {}
        self._in_the_air: set[_Flight] = set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method != "GET" and method != "HEAD":
            return self._pass_on(environ, start_response)
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING")
        file = self._static.get(path)
        if file is not None:
            return self._send(file, environ, start_response)
        key: Key = (path, query) if query else path
        shelf = self._queries if query else self._pages
        entry = shelf.entries.get(key)
        if entry is None or self._clock() >= entry.until:
            return self._make_or_wait(key, shelf, environ, start_response)
        self.hits += 1
        return self._give(entry, environ, start_response)

    def drop(self, tag: str | None = None) -> None:
        """Forget the pages with this tag, or all. What is being made goes to those who wait for it and is not kept."""
        with self._lock:
            for flight in self._in_the_air:
                flight.dropped.append(tag)
            for shelf in (self._pages, self._queries):
                shelf.drop(tag)

    def _make_or_wait(
        self, key: Key, shelf: _Shelf, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        flight = None
        with self._lock:
            entry = self._just_made(key, shelf)
            stand_in = self._stand_in(key, shelf)
            under_way = self._joinable(key)
            if entry is None and stand_in is not None and self._may_stand_in(stand_in, key, under_way):
                entry = stand_in
            elif entry is None and under_way is None:
                flight = self._start(key)
        if entry is None and under_way is not None:
            landed = under_way.done.wait(LONGEST_WAIT_SECONDS if stand_in is None else PATIENCE_SECONDS)
            entry = under_way.entry or (None if landed and not under_way.failed else stand_in)
        if entry is not None:
            self.hits += 1
            return self._give(entry, environ, start_response)
        if flight is None:
            with self._lock:
                flight = self._start(key)
        return self._fly(flight, key, shelf, environ, start_response)

    def _just_made(self, key: Key, shelf: _Shelf) -> _Entry | None:
        """What another thread finished while this one came for the lock."""
        entry = shelf.entries.get(key)
        return None if entry is None or self._clock() >= entry.until else entry

    def _stand_in(self, key: Key, shelf: _Shelf) -> _Entry | None:
        """The last page that could be made, for as long as it may stand in for one that cannot."""
        entry = shelf.entries.get(key)
        return None if entry is None or self._clock() - entry.made >= STAND_IN_SECONDS else entry

    def _may_stand_in(self, last: _Entry, key: Key, under_way: _Flight | None) -> bool:
        """Whether the last page is given out at once: it was just now the newest, or the new one does not come."""
        is_recent = under_way is not None and self._clock() < last.until + MEANWHILE_SECONDS
        return is_recent or self._is_held_up(key)

    def _is_held_up(self, key: Key) -> bool:
        flight = self._flights.get(key)
        return flight is not None and self._clock() - flight.began >= PATIENCE_SECONDS

    def _joinable(self, key: Key) -> _Flight | None:
        """Whoever comes after a change, or after the page's second, must not be told what was before."""
        flight = self._flights.get(key)
        return None if flight is None or flight.dropped or self._is_old(flight.began) else flight

    def _is_old(self, made: float) -> bool:
        return self._clock() - made >= self._fresh_for

    def _start(self, key: Key) -> _Flight:
        flight = self._flights[key] = _Flight(self._clock())
        self._in_the_air.add(flight)
        return flight

    def _fly(
        self,
        flight: _Flight,
        key: Key,
        shelf: _Shelf,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        try:
            return self._make(flight, key, shelf, environ, start_response)
        finally:
            with self._lock:
                self._in_the_air.discard(flight)
                if self._flights.get(key) is flight:
                    del self._flights[key]
            flight.done.set()

    def _make(
        self,
        flight: _Flight,
        key: Key,
        shelf: _Shelf,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        answer = Answer()
        # A whole page is made even if only its headers are asked for: others may be waiting for all of it.
        chunks = self.app({**environ, "REQUEST_METHOD": "GET"} if is_head else environ, answer)
        tags, before = answer.take_mark(), shelf.entries.get(key)
        if answer.is_failure and (stand_in := self._stand_in(key, shelf)) is not None:
            flight.failed = True
            stand_in.until = self._clock() + self._fresh_for  # then it is tried again
            no_body(chunks)
            return self._give(stand_in, environ, start_response)
        if tags is None or not answer.is_keepable(tags):
            answer.forward(start_response)
            return no_body(chunks) if is_head else chunks
        pieces = read(chunks)
        body, known = b"".join(pieces), before.page if before else None
        if shelf is self._queries:
            page = represent(body, answer.headers, level=QUERY_GZIP_LEVEL, pieces=pieces, before=known)
        else:
            page = represent(body, answer.headers, level=GZIP_LEVEL, before=known)
        size = page.size + ENTRY_OVERHEAD_BYTES + len(str(key))
        flight.entry = _Entry(page, tags, flight.began, flight.began + self._fresh_for, size, visit_of(tags))
        self._count(before)
        self._keep(key, shelf, flight, flight.entry)
        return self._give(flight.entry, environ, start_response)

    def _count(self, before: _Entry | None) -> None:
        if before is None:
            self.misses += 1
        else:
            self.rebuilds += 1

    def _keep(self, key: Key, shelf: _Shelf, flight: _Flight, entry: _Entry) -> None:
        with self._lock:
            newer = shelf.entries.get(key)
            if flight.is_outdated(entry.tags) or (newer is not None and newer.made > entry.made):
                return
            shelf.keep(key, entry)

    def _give(self, entry: _Entry, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if entry.visit is not None and environ["REQUEST_METHOD"] == "GET":
            self.visits.seen(entry.visit, environ)
        return self._send(entry.page, environ, start_response)

    def _send(self, page: Representation, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        coded = page.packed if takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else page.plain
        wanted = environ.get("HTTP_IF_NONE_MATCH")
        if wanted is not None and matches(wanted, coded.etag):
            self.not_modified += 1
            start_response("304 Not Modified", coded.not_modified.copy())
            return []
        start_response("200 OK", coded.headers.copy())
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [coded.body]

    def _pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Enter Flask and keep nothing; the mark is taken off all the same."""
        answer = Answer()
        answer.forward(start_response)
        return self.app(environ, answer)


class _Shelf:
    """Entries up to so many bytes, the longest not made anew of which go first. Its owner holds the lock.

    A page that is read is made anew each second, and so moves to the end: no reader has to note its use.
    """

    def __init__(self, capacity: int) -> None:
        self.entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._capacity, self._size = capacity, 0

    def keep(self, key: Key, entry: _Entry) -> None:
        self._forget(key)
        if entry.size > min(LARGEST_PAGE_BYTES, self._capacity):
            return
        self.entries[key] = entry
        self._size += entry.size
        while self._size > self._capacity:
            self._forget(next(iter(self.entries)))

    def drop(self, tag: str | None) -> None:
        for key in [k for k, entry in self.entries.items() if tag is None or tag in entry.tags]:
            self._forget(key)

    def _forget(self, key: Key) -> None:
        entry = self.entries.pop(key, None)
        if entry is not None:
            self._size -= entry.size
