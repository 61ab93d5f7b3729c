"""People who sign and confirm, many at once, and the book of what was acknowledged to them.

A signer sends the form until it is acknowledged (a person whose browser shows an error tries again); a confirmer
opens the link of each mail that the sink took and presses the button.
"""

from __future__ import annotations

import html
import http.client
import queue
import re
import threading
import urllib.parse
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from types import TracebackType

from tests.server import wait_until
from tests.story import ALICE
from tests.torture.sink import Sink

SLUG = "clean-water-for-exampletown"
PAGE = f"/fr/petitions/{SLUG}"
FORM = f"{PAGE}/signatures"
SECONDS = 40.0  # for one answer: SQLite waits up to 20 s for its write lock
PAUSE = 0.1

# What says nothing about whether it was done: the connection broke before the answer was there.
BROKEN = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


def ask(port: int, path: str, fields: dict[str, str] | None = None, seconds: float = SECONDS) -> Answer:
    """One request on a connection of its own. Raises one of BROKEN."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)) as connection:
        headers = {"Host": f"localhost:{port}", "Connection": "close"}
        if fields is None:
            connection.request("GET", path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", path, urllib.parse.urlencode(fields), headers)
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)


@dataclass
class Book:
    """What was acknowledged, what else was answered, and how often no answer came."""

    signed: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    strange: list[tuple[str, Answer]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, answer: Answer, expected: tuple[int, ...]) -> None:
        with self._lock:
            self.answers[what, answer.status] += 1
            if answer.status not in expected:
                self.strange.append((what, answer))

    def note_broken(self, what: str) -> None:
        with self._lock:
            self.broken[what] += 1

    def statuses(self, what: str) -> set[int]:
        with self._lock:
            return {status for name, status in self.answers if name == what}

    def __str__(self) -> str:
        with self._lock:
            answers = {f"{what} {status}": count for (what, status), count in sorted(self.answers.items())}
            return (
                f"{len(self.signed)} signed, {len(self.confirmed)} confirmed; answers {answers}; "
                f"no answer {dict(self.broken)}"
            )


class Crowd:
    """Signers and confirmers on one or several nodes, from `with` to its end.

    Whoever is told that the database cannot take it now (503) tries again, as the page says.
    """

    def __init__(
        self,
        sink: Sink | None,
        *ports: int,
        name: str = "a",
        signers: int = 6,
        confirmers: int = 2,
        book: Book | None = None,
    ) -> None:
        self.book = book or Book()
        self._sink, self._ports, self._name = sink, ports, name
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._sign_on, args=(n,), daemon=True) for n in range(signers)]
        if sink is not None:
            self._threads += [
                threading.Thread(target=self._confirm_on, args=(n,), daemon=True) for n in range(confirmers)
            ]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(2 * SECONDS)
        if kind is None:
            assert not any(thread.is_alive() for thread in self._threads), f"somebody still waits. {self.book}"

    def wait_for(self, signed: int = 0, confirmed: int = 0, seconds: float = 60) -> None:
        """Wait until so many more were acknowledged than there are now."""
        signed, confirmed = signed + len(self.book.signed), confirmed + len(self.book.confirmed)
        wait_until(
            lambda: len(self.book.signed) >= signed and len(self.book.confirmed) >= confirmed, seconds, self.state
        )

    def state(self) -> str:
        return str(self.book)

    def _sign_on(self, thread: int) -> None:
        serial = 0
        while not self._end.is_set():
            serial += 1
            email = f"{self._name}{thread}n{serial}@example.org"
            entries = {**ALICE, "email": email, "comment": "" if serial % 3 else f"Bonjour de {self._name}{thread}"}
            if self._until_taken("sign", thread + serial, lambda port, entries=entries: _sign(port, entries)):
                self.book.signed.append(email)

    def _confirm_on(self, thread: int) -> None:
        assert self._sink is not None
        while not self._end.is_set():
            try:
                letter = self._sink.links.get(timeout=0.1)
            except queue.Empty:
                continue
            if not letter.link.endswith("/confirmation"):
                continue  # a personal link, for somebody who signed again
            if self._until_taken("confirm", thread, lambda port, path=letter.link: _confirm(port, path)):
                self.book.confirmed.append(letter.recipient)

    def _until_taken(self, what: str, turn: int, send: Callable[[int], tuple[bool, Answer]]) -> bool:
        """Send until it is acknowledged or the crowd is told to end; to the next node where one does not answer."""
        expected = (303, 503) if what == "sign" else (303, 409, 503)
        while True:
            turn += 1
            try:
                taken, answer = send(self._ports[turn % len(self._ports)])
            except BROKEN:
                self.book.note_broken(what)
            else:
                self.book.note(what, answer, expected)
                if taken:
                    return True
                if answer.status not in (409, 503):
                    return False
            if self._end.wait(PAUSE):
                return False


def _sign(port: int, entries: dict[str, str]) -> tuple[bool, Answer]:
    answer = ask(port, FORM, entries)
    return answer.status == 303, answer


def _confirm(port: int, path: str) -> tuple[bool, Answer]:
    """Open the link, and press the button with what the page holds. A signature that counts leads to its receipt."""
    page = ask(port, path)
    answer = ask(port, path, hidden_fields(page.text)) if page.status == 200 else page
    return answer.status == 303 and answer.location.endswith("/receipt"), answer


def hidden_fields(page: str) -> dict[str, str]:
    """What the forms of a page send by themselves."""
    fields = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") == "hidden":
            fields[attributes["name"]] = html.unescape(attributes.get("value", ""))
    return fields
