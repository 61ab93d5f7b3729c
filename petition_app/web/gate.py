"""The gate: so many requests at a time go through it into Flask; the others wait in front of it, in their order.

The server has more threads than that, for those who wait. So a crowd of signers holds nobody up who reads: a page that
the page layer has in memory needs a thread, and no place in there. And few threads that compute do more together than
many, which take the interpreter from one another in the middle of a transaction that others wait for.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Seconds. Whoever has waited for so long goes in beside those who are in there: something holds them up that need not
# hold up this one.
PATIENCE = 0.5


class Gate:
    """A WSGI application around another one. A streamed body is sent when its request has left the gate."""

    def __init__(self, app: WSGIApplication, width: int) -> None:
        self._app = app
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._free = width  # below zero while some have lost their patience

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._enter()
        try:
            return self._app(environ, start_response)
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._mutex:
            if self._free > 0:
                self._free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=PATIENCE):
            return  # somebody who left has handed the place over
        with self._mutex:
            if mine in self._waiting:
                self._waiting.remove(mine)
                self._free -= 1

    def _leave(self) -> None:
        with self._mutex:
            if self._free >= 0 and self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
