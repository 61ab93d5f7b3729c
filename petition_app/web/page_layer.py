"""The page layer: it stands ahead of Flask and answers repeated public GETs and static files from memory.

A view asks for it with `cacheable(response, "petition:1")`. Such an answer is kept, ready-compressed, for one second;
then the first reader who asks has it made anew while the others wait for that one, and it is never given out when it
is older. With the two seconds that browsers and proxies may keep a page, a change shows everywhere within three.
A change in this very process drops the pages that show it at once (`drop`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from petition_app.web.representation import Header, Representation, matches, represent, takes_gzip

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Response

    from petition_app.web.static_files import StaticFiles

log = logging.getLogger(__name__)

# Set by `cacheable`, read and taken off by the layer: it never leaves the process, and what a client sends under this
# name means nothing.
MARK = "X-Page-Cache"

FRESH_SECONDS = 1.0
CAPACITY_BYTES = 32 * 2**20
LARGEST_PAGE_BYTES = 2**20
# Addresses with a query are endless: they have a quarter of the memory, and push out one another only.
QUERY_SHARE = 4
# What an entry takes beside its bodies: headers, names, the objects themselves.
ENTRY_OVERHEAD_BYTES = 4096
LONGEST_WAIT_SECONDS = 10.0
GZIP_LEVEL = 6

Key = str | tuple[str, str]


def cacheable(response: Response, *tags: str, max_age: int = 2, swr: int = 10, sie: int = 300) -> Response:
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
    """A page as it was when its making began at `made` (the layer's clock)."""

    page: Representation
    tags: frozenset[str]
    made: float
    size: int


@dataclass(slots=True)
class _Flight:
    """A page that one thread is making while others wait for it."""

    began: float
    done: threading.Event = field(default_factory=threading.Event)
    dropped: list[str | None] = field(default_factory=list)
    entry: _Entry | None = None

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
    ) -> None:
        """`fresh_for` in seconds, `capacity` in bytes; pages with a query have a quarter of that on top."""
        self.app = app
        # For the metrics: a count lost between two threads is no matter. A rebuild is a page made anew after its
        # second; a miss is one that was not there at all.
        self.hits = self.misses = self.rebuilds = self.not_modified = 0
        self._static = static.by_path if static else {}
        self._fresh_for, self._clock = fresh_for, clock
        self._lock = threading.Lock()
        self._pages, self._queries = _Shelf(capacity), _Shelf(capacity // QUERY_SHARE)
        self._flights: dict[Key, _Flight] = {}

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
        if entry is None or self._clock() - entry.made >= self._fresh_for:
            return self._make_or_wait(key, shelf, environ, start_response)
        self.hits += 1
        return self._send(entry.page, environ, start_response)

    def drop(self, tag: str | None = None) -> None:
        """Forget the pages with this tag, or all. What is being made goes to those who wait for it and is not kept."""
        with self._lock:
            for flight in self._flights.values():
                flight.dropped.append(tag)
            for shelf in (self._pages, self._queries):
                shelf.drop(tag)

    def _make_or_wait(
        self, key: Key, shelf: _Shelf, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        with self._lock:
            under_way = self._flights.get(key)
            # Whoever comes after a change, or after the page's second, must not be told what was before.
            if under_way is not None and not under_way.dropped and not self._is_old(under_way.began):
                flight = None
            else:
                flight = self._flights[key] = _Flight(self._clock())
        if flight is not None:
            return self._fly(flight, key, shelf, environ, start_response)
        assert under_way is not None  # noqa: S101  # the branch above says so
        if under_way.done.wait(LONGEST_WAIT_SECONDS) and under_way.entry is not None:
            self.hits += 1
            return self._send(under_way.entry.page, environ, start_response)
        return self._make(_Flight(self._clock()), key, shelf, environ, start_response)

    def _is_old(self, made: float) -> bool:
        return self._clock() - made >= self._fresh_for

    def _fly(
        self, flight: _Flight, key: Key, shelf: _Shelf, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            return self._make(flight, key, shelf, environ, start_response)
        finally:
            with self._lock:
                if self._flights.get(key) is flight:
                    del self._flights[key]
            flight.done.set()

    def _make(
        self, flight: _Flight, key: Key, shelf: _Shelf, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        answer = _Answer()
        # A whole page is made even if only its headers are asked for: others may be waiting for all of it.
        chunks = self.app({**environ, "REQUEST_METHOD": "GET"} if is_head else environ, answer)
        tags = answer.take_mark()
        if tags is None or not answer.is_keepable(tags):
            answer.forward(start_response)
            return _without_body(chunks) if is_head else chunks
        before = shelf.entries.get(key)
        page = represent(_read(chunks), answer.headers, level=GZIP_LEVEL, before=before.page if before else None)
        flight.entry = _Entry(page, tags, flight.began, page.size + ENTRY_OVERHEAD_BYTES + len(str(key)))
        self._count(before)
        self._keep(key, shelf, flight, flight.entry)
        return self._send(page, environ, start_response)

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
        answer = _Answer()
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


class _Answer:
    """The `start_response` that an application is given: it remembers what was said until it is passed on."""

    def __init__(self) -> None:
        self.headers: list[Header] = []
        self._status = ""
        self._exc_info: Any = None
        self._onward: StartResponse | None = None

    def __call__(self, status: str, headers: list[Header], exc_info: Any = None) -> Callable[[bytes], object]:
        if self._onward is not None:
            # Non-GETs, late starts, and errors in the middle of a stream, which the server raises anew (PEP 3333).
            return self._onward(status, [h for h in headers if h[0] != MARK], exc_info)
        self._status, self.headers, self._exc_info = status, list(headers), exc_info
        return _no_write

    def take_mark(self) -> frozenset[str] | None:
        """The tags, where the view asked for its answer to be kept."""
        marks = [value for name, value in self.headers if name == MARK]
        self.headers = [header for header in self.headers if header[0] != MARK]
        return frozenset(" ".join(marks).split()) if marks else None

    def is_keepable(self, tags: frozenset[str]) -> bool:
        """Whether it is a page for everybody. One that claims to be and is not, is kept by nobody on the way either."""
        values = {name.lower(): value for name, value in self.headers}
        if not self._status.startswith("200") or not values.get("cache-control", "").startswith("public"):
            return False
        reason = _personal(values)
        if reason:
            log.error("a page for everybody (%s) is not kept: %s", " ".join(sorted(tags)), reason)
            self.headers = [h for h in self.headers if h[0].lower() != "cache-control"]
            self.headers.append(("Cache-Control", "no-store"))
        return not reason

    def forward(self, start_response: StartResponse) -> None:
        """Say onwards what was said so far, and all that is yet to come."""
        self._onward = start_response
        if self._status:
            start_response(self._status, self.headers, self._exc_info)


def _personal(values: dict[str, str]) -> str:
    """Why an answer with these headers cannot be given to the next person, if so."""
    if "set-cookie" in values:
        return "it sets a cookie"
    if values.get("vary", "accept-encoding").strip().lower() != "accept-encoding":
        return "it varies by more than its coding"
    return "it is coded already" if "content-encoding" in values else ""


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("the write callable of WSGI's early days is not offered")


def _read(chunks: Iterable[bytes]) -> bytes:
    try:
        return b"".join(chunks)
    finally:
        _close(chunks)


def _without_body(chunks: Iterable[bytes]) -> Iterable[bytes]:
    _close(chunks)
    return []


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
