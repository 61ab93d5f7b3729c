"""What an application answers, held back until the page layer knows whether it may keep it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from petition_app.web.representation import Header

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

log = logging.getLogger(__name__)

# Set by `cacheable`, read and taken off by the layer: it never leaves the process, and what a client sends under this
# name means nothing.
MARK = "X-Page-Cache"


class Answer:
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

    @property
    def is_failure(self) -> bool:
        """Whether the page could not be made: a fault, or a database that is away."""
        return self._status.startswith("5")

    def is_keepable(self, tags: frozenset[str]) -> bool:
        """Whether it is a page for everybody. One that claims to be and is not, is kept by nobody on the way either."""
        if not self._status.startswith("200") or not _values(self.headers, "cache-control").startswith("public"):
            return False
        reason = _personal(self.headers)
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


def _personal(headers: list[Header]) -> str:
    """Why an answer with these headers cannot be given to the next person, if so."""
    if _values(headers, "set-cookie"):
        return "it sets a cookie"
    if {word.strip().lower() for word in _values(headers, "vary").split(",")} - {"", "accept-encoding"}:
        return "it varies by more than its coding"
    return "it is coded already" if _values(headers, "content-encoding") else ""


def _values(headers: list[Header], wanted: str) -> str:
    return ",".join(value for name, value in headers if name.lower() == wanted)


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("the write callable of WSGI's early days is not offered")


def read(chunks: Iterable[bytes]) -> list[bytes]:
    """The whole body, in the pieces that it came in, and its source closed."""
    try:
        return list(chunks)
    finally:
        _close(chunks)


def no_body(chunks: Iterable[bytes]) -> Iterable[bytes]:
    """What a HEAD gets in place of a body, which is closed unread."""
    _close(chunks)
    return []


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
