"""The page layer: it stands ahead of Flask and answers repeated public GETs and static files from memory.

A view asks for it with `cacheable(response, "petition:1")`. Such an answer is kept, ready-compressed, for one second;
then the first reader who asks has it made anew while the others wait for that one, and it is never given out when it
is older. With the two seconds that browsers and proxies may keep a page, a change shows everywhere within three.
A change in this very process drops the pages that show it at once (`drop`).
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Response

    from petition_app.web.static_files import StaticFiles

log = logging.getLogger(__name__)

# Set by `cacheable`, read and taken off by the layer: it never leaves the process.
MARK = "X-Page-Tags"

FRESH_SECONDS = 1.0
CAPACITY_BYTES = 32 * 2**20
LARGEST_PAGE_BYTES = 2**20
# Addresses with a query are endless: they share a quarter of the memory, so that they push out one another only.
QUERY_SHARE = 4
LONGEST_WAIT_SECONDS = 10.0
GZIP_LEVEL = 6
SMALLEST_TO_COMPRESS = 256


def cacheable(response: Response, *tags: str, max_age: int = 2, swr: int = 10, sie: int = 300) -> Response:
    """Let everyone on the way keep this answer: `max_age`, and stale while it is fetched anew or cannot be, in seconds.

    `tags` name what it shows, so that a change of that drops it. An answer that differs by visitor is never cacheable.
    """
    response.headers["Cache-Control"] = f"public, max-age={max_age}, stale-while-revalidate={swr}, stale-if-error={sie}"
    response.headers[MARK] = " ".join(tags) or "page"
    return response


@dataclass(slots=True)
class Form:
    """One coding of a page: what is sent, and what a 304 says in its place."""

    etag: str
    body: bytes
    headers: list[tuple[str, str]]
    not_modified: list[tuple[str, str]]


@dataclass(slots=True)
class Entry:
    """A page as it was made at `made` (the layer's clock)."""

    plain: Form
    packed: Form
    digest: bytes
    tags: frozenset[str]
    made: float
    size: int


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
        self.app = app
        self.hits = self.misses = self.not_modified = 0
        self._static = static.by_path if static else {}
        self._fresh_for, self._clock = fresh_for, clock
        self._lock = threading.Lock()
        self._shelves = (_Shelf(capacity), _Shelf(capacity // QUERY_SHARE))
        self._building: dict[str, threading.Event] = {}
        self._drops = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method != "GET" and method != "HEAD":
            return self._pass_on(environ, start_response)
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        if path in self._static:
            return self._send_static(environ, start_response)
        key = f"{path}?{query}" if query else path
        shelf = self._shelves[1 if query else 0]
        entry = shelf.entries.get(key)
        if entry is None or self._clock() - entry.made >= self._fresh_for:
            return self._make(key, shelf, environ, start_response)
        self.hits += 1
        return self._send(entry, environ, start_response)

    def drop(self, tag: str | None = None) -> None:
        """Forget the pages with this tag, or all; what is being made at this moment will not be kept."""
        with self._lock:
            self._drops += 1
            for shelf in self._shelves:
                shelf.drop(tag)

    def _make(
        self, key: str, shelf: _Shelf, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Have a page made by one thread; the others that ask for it wait for what it makes."""
        for _attempt in range(2):
            with self._lock:
                entry = shelf.entries.get(key)
                if entry is not None and self._clock() - entry.made < self._fresh_for:
                    self.hits += 1
                    break
                under_way = self._building.get(key)
                if under_way is None:
                    finished = self._building[key] = threading.Event()
                    drops = self._drops
            if under_way is None:
                try:
                    return self._make_alone(key, shelf, drops, environ, start_response)
                finally:
                    with self._lock:
                        del self._building[key]
                    finished.set()
            under_way.wait(LONGEST_WAIT_SECONDS)
        else:
            return self._pass_on(environ, start_response)
        return self._send(entry, environ, start_response)

    def _make_alone(
        self, key: str, shelf: _Shelf, drops: int, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        self.misses += 1
        began = self._clock()
        # The whole page is made whoever asks: a HEAD or a conditional GET must not leave half of one behind.
        whole = {**environ, "REQUEST_METHOD": "GET"}
        whole.pop("HTTP_IF_NONE_MATCH", None)
        whole.pop("HTTP_IF_MODIFIED_SINCE", None)
        answer = _Answer()
        chunks = self.app(whole, answer.start_response)
        tags = answer.take_mark()
        if tags is None or answer.status[:3] != "200":
            start_response(answer.status, answer.headers, answer.exc_info)
            return _without_body(chunks) if environ["REQUEST_METHOD"] == "HEAD" else chunks
        body = _read(chunks)
        if any(name.lower() == "set-cookie" for name, _ in answer.headers):
            log.error("a public page set a cookie: it is neither kept nor sent with it")
            answer.headers = [(n, v) for n, v in answer.headers if n.lower() != "set-cookie"]
        entry = self._entry(body, answer.headers, tags, began, shelf.entries.get(key))
        with self._lock:
            if self._drops == drops and entry.size <= LARGEST_PAGE_BYTES:
                shelf.keep(key, entry)
        return self._send(entry, environ, start_response)

    def _entry(
        self, body: bytes, headers: list[tuple[str, str]], tags: frozenset[str], made: float, before: Entry | None
    ) -> Entry:
        digest = hashlib.sha256(body).digest()
        if before is not None and before.digest == digest:
            packed_body = before.packed.body  # nothing changed: the work of compressing it is kept
        elif len(body) >= SMALLEST_TO_COMPRESS:
            packed_body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        else:
            packed_body = body
        kept = [(n, v) for n, v in headers if n.lower() not in ("content-length", "etag", "vary", "content-encoding")]
        kept.append(("Vary", "Accept-Encoding"))
        name = digest.hex()[:32]
        plain = _form(f'"{name}"', body, kept)
        packed = (
            plain if packed_body is body else _form(f'"{name}-gz"', packed_body, kept, ("Content-Encoding", "gzip"))
        )
        return Entry(plain, packed, digest, tags, made, len(body) + len(packed_body) + 2048)

    def _send(self, entry: Entry, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        form = entry.packed if _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else entry.plain
        wanted = environ.get("HTTP_IF_NONE_MATCH")
        if wanted is not None and _matches(wanted, form.etag):
            self.not_modified += 1
            start_response("304 Not Modified", form.not_modified.copy())
            return []
        start_response("200 OK", form.headers.copy())
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [form.body]

    def _send_static(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        file = self._static[environ["PATH_INFO"]]
        body, headers = file.body, file.headers
        if file.gzip_body is not None and _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            body, headers = file.gzip_body, file.gzip_headers
        etag = next(value for name, value in headers if name == "ETag")
        wanted = environ.get("HTTP_IF_NONE_MATCH")
        if wanted is not None and _matches(wanted, etag):
            start_response("304 Not Modified", [h for h in headers if h[0] not in NOT_IN_304])
            return []
        start_response("200 OK", headers.copy())
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Enter Flask and keep nothing; the mark is taken off all the same."""

        def without_mark(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, [h for h in headers if h[0] != MARK], *exc_info)

        return self.app(environ, without_mark)


NOT_IN_304 = ("Content-Length", "Content-Type", "Content-Encoding", "Content-Language")


class _Shelf:
    """Entries up to so many bytes, the longest unused of which go first. Its owner holds the lock."""

    def __init__(self, capacity: int) -> None:
        self.entries: OrderedDict[str, Entry] = OrderedDict()
        self._capacity, self._size = capacity, 0

    def keep(self, key: str, entry: Entry) -> None:
        self._forget(key)
        self.entries[key] = entry
        self._size += entry.size
        while self._size > self._capacity:
            self._forget(next(iter(self.entries)))

    def drop(self, tag: str | None) -> None:
        for key in [k for k, entry in self.entries.items() if tag is None or tag in entry.tags]:
            self._forget(key)

    def _forget(self, key: str) -> None:
        entry = self.entries.pop(key, None)
        if entry is not None:
            self._size -= entry.size


class _Answer:
    """What an application says before its body."""

    def __init__(self) -> None:
        self.status = "500 Internal Server Error"
        self.headers: list[tuple[str, str]] = []
        self.exc_info: Any = None

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self.status, self.headers, self.exc_info = status, list(headers), exc_info
        return _no_write

    def take_mark(self) -> frozenset[str] | None:
        """The tags, where the view asked for its answer to be kept."""
        marks = [value for name, value in self.headers if name == MARK]
        self.headers = [header for header in self.headers if header[0] != MARK]
        return frozenset(marks[0].split()) if marks else None


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("the write callable of WSGI's early days is not offered")


def _form(etag: str, body: bytes, headers: list[tuple[str, str]], *more: tuple[str, str]) -> Form:
    full = [*headers, *more, ("ETag", etag), ("Content-Length", str(len(body)))]
    return Form(etag, body, full, [h for h in full if h[0] not in NOT_IN_304])


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


def _takes_gzip(accepted: str) -> bool:
    """Whether `Accept-Encoding` takes gzip (RFC 9110, 12.5.3)."""
    if "gzip" not in accepted and "*" not in accepted:
        return False
    if ";" not in accepted:
        return True
    qualities = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        qualities[coding.strip()] = parameter.replace(" ", "")
    quality = qualities.get("gzip", qualities.get("*", "q=0"))
    return not quality.startswith("q=0") or quality.strip("q=0.") != ""


def _matches(wanted: str, etag: str) -> bool:
    """Whether `If-None-Match` names this ETag, weakly compared as RFC 9110, 13.1.2 has it."""
    if wanted == etag or wanted.strip() == "*":
        return True
    return any(part.strip().removeprefix("W/") == etag for part in wanted.split(","))
