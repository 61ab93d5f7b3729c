"""An SMTP server of the test's own: it notes every mail that it took, and misbehaves when it is told to."""

from __future__ import annotations

import asyncio
import queue
import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from tests.server import free_port
from tests.story import read_mail

HANGS_AT_MOST = 600.0  # seconds; whoever waits gives up before


@dataclass(frozen=True)
class Letter:
    """One mail that the server took, as far as its being taken goes."""

    message_id: str
    recipient: str
    link: str


@dataclass
class Sink:
    """What came in, and how it behaves now. Its port stays the same while it is down.

    `answer` gives the reply to a recipient ("" accepts); `hangs` lets every mail wait for its reply. So many times it
    `drops` a connection in the middle of DATA, or `deaths` come: it takes a mail, then closes without a word.
    """

    port: int = field(default_factory=free_port)
    letters: list[Letter] = field(default_factory=list)
    links: queue.Queue[Letter] = field(default_factory=queue.Queue)
    answer: Callable[[str], str] = lambda _recipient: ""
    hangs: bool = False
    drops: int = 0
    deaths: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    hanging: int = 0
    _controller: Controller | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        controller = _Controller(self, "127.0.0.1", self.port, enable_SMTPUTF8=True)
        controller.start()
        self._controller = controller

    def stop(self) -> None:
        """Go down: nobody listens any more, and open connections break off."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    def copies(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        with self._lock:
            return Counter(letter.message_id for letter in self.letters)

    def reached(self) -> set[str]:
        """Every address that a mail came for."""
        with self._lock:
            return {letter.recipient for letter in self.letters}

    def take(self, envelope: Envelope) -> None:
        mail = read_mail(bytes(envelope.content or b""))
        letter = Letter(str(mail["Message-ID"]), envelope.rcpt_tos[0], _first_link(mail))
        with self._lock:
            self.letters.append(letter)
        self.links.put(letter)

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [answers[0], "250-PIPELINING", *answers[1:]]  # as most servers do

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.answer(address)
        if refusal:
            self.refusals[refusal[:3]] += 1
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.hangs:
            self.hanging += 1
            await asyncio.sleep(HANGS_AT_MOST)
        self.take(envelope)
        if self.deaths:
            self.deaths -= 1
            self.refusals["death"] += 1
            server.transport.abort()
        return "250 OK"


def _first_link(mail: EmailMessage) -> str:
    """The path of the first link in a mail's text; "" where there is none."""
    part = mail.get_body(("plain",))
    found = re.search(r"https?://[^/\s]+(\S*)", part.get_content()) if part is not None else None
    return found[1] if found else ""


class _Server(SMTP):
    """Closes in the middle of a mail when it is told to."""

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # aiosmtpd's name
        sink: Sink = self.event_handler
        if not sink.drops:
            await super().smtp_DATA(arg)
            return
        sink.drops -= 1
        sink.refusals["drop"] += 1
        await self.push("354 go on")
        await self._reader.readline()
        self.transport.abort()


class _Controller(Controller):
    def __init__(self, sink: Sink, *args: object, **options: object) -> None:
        self.sink = sink
        self.connections: set[asyncio.BaseTransport] = set()
        super().__init__(sink, *args, **options)

    def factory(self) -> SMTP:
        server = _Server(self.handler, **self.SMTP_kwargs)
        made = server.connection_made

        def remember(transport: asyncio.BaseTransport) -> None:
            self.connections.add(transport)
            made(transport)

        server.connection_made = remember  # type: ignore[method-assign]
        return server

    def stop(self, no_assert: bool = False) -> None:
        def break_off() -> None:
            for transport in self.connections:
                with suppress(Exception):
                    transport.abort()  # type: ignore[attr-defined]  # sockets have it

        self.loop.call_soon_threadsafe(break_off)
        super().stop(no_assert)
