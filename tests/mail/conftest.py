"""What tests about mails stand on: signatures without the form, and a real SMTP server that can misbehave."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from flask import Flask

from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.config import Settings
from petition_app.config_sources import PREFIX
from petition_app.config_values import MailServer
from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.outbox import Addressee, Queued
from petition_app.mail.transport import SmtpTransport, nothing
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.transactions import writing
from tests.mail.scripted import Scripted
from tests.story import read_mail

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
StartWorker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def clock() -> time_machine.Traveller:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def make_signature(app: Flask) -> Callable[..., Signature]:
    """Signatures as the form leaves them: `make_signature(petition, surname="Témoin")`."""

    def make(petition: Petition, **values: Any) -> Signature:
        names = {"given_name": values.pop("given_name", "Alice"), "surname": values.pop("surname", "Exemple")}
        status = values.pop("status", "pending")
        email = values.pop("email", "alice@example.org")
        with writing() as session:
            petition = session.get_one(Petition, petition.id)
            locale = values.setdefault("locale", "fr")
            signature = Signature(
                petition_id=petition.id,
                text_id=petition.text_for(locale).id,
                email=email,
                mailbox=canonical_mailbox(email),
                name_display="full",
                **values,
            )
            signature.rename(**names)
            session.add(signature)
            session.flush()
            if status == "confirmed":
                taken = session.query(Signature).filter_by(mailbox=signature.mailbox, status="confirmed").count()
                signature.confirm(now(), taken + 1, app.config["SETTINGS"].timezone)
        return signature

    return make


def enqueue(kind: str, signature: Signature) -> OutboxMessage | None:
    with writing() as session:
        addressee = Addressee.of(session.get_one(Signature, signature.id, populate_existing=True))
        queued = outbox.enqueue(session, kind, addressee, now())
        return session.get_one(OutboxMessage, queued.id) if queued else None


def row(mail: OutboxMessage | Queued) -> OutboxMessage:
    """The row as it is in the database now."""
    db.session.rollback()
    return db.session.get_one(OutboxMessage, mail.id, populate_existing=True)


class Memory:
    """A transport that keeps what it is given; `before` is called with each mail first and may raise, `after` when the
    next one is made already."""

    def __init__(self, before: Callable[[EmailMessage], None] = lambda _mail: None) -> None:
        self.mails: list[EmailMessage] = []
        self.before = before
        self.after: Callable[[EmailMessage], None] = lambda _mail: None
        self.on_open: Callable[[], None] = lambda: None

    def open(self) -> None:
        self.on_open()

    def send(
        self,
        message: EmailMessage,
        before_text: Callable[[], None] = nothing,
        after_text: Callable[[], None] = nothing,
    ) -> None:
        before_text()
        self.before(message)
        after_text()
        self.after(message)
        self.mails.append(message)

    def close(self) -> None:
        pass

    @property
    def recipients(self) -> list[str]:
        return [str(mail["To"]) for mail in self.mails]


def send_all(transport: Memory) -> None:
    while outbox.send_due(now(), transport):
        pass


@dataclass
class Postbox:
    """What an SMTP server does with each command, and what it was given."""

    envelopes: list[Envelope] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    sender_answer: str = ""
    recipient_answer: str = ""
    data_answer: str = ""
    drops: int = 0
    seconds: float = 0.0
    data_begun: int = 0
    hangs_at: int = 0
    pipelining: bool = False
    port: int = 0

    @property
    def server(self) -> MailServer:
        return MailServer("127.0.0.1", self.port, tls=False, user=None, password=None)

    @property
    def mails(self) -> list[EmailMessage]:
        return [read_mail(bytes(envelope.content or b"")) for envelope in self.envelopes]

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [answers[0], *(["250-PIPELINING"] if self.pipelining else []), *answers[1:]]

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.sender_answer or "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.recipient_answer:
            envelope.rcpt_tos.append(address)
        return self.recipient_answer or "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.data_begun += 1
        if self.data_begun == self.hangs_at:  # it has the text, and does not take it
            await asyncio.sleep(10)
            return "451 never heard"
        if self.drops:
            self.drops -= 1
            server.transport.abort()
            return "451 never heard"
        if not self.data_answer:
            self.envelopes.append(envelope)
            if session not in self.sessions:
                self.sessions.append(session)
        await asyncio.sleep(self.seconds)  # it has the mail, and says so late
        return self.data_answer or "250 OK"


def knows_alice(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    known = data.login == b"alice" and data.password == b"p@ss word"
    return AuthResult(success=known, handled=False)


class OnFreePort(Controller):
    """Asks the system for a port, and knows it before it knocks at its own door."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def start_smtp() -> Iterator[Callable[..., Postbox]]:
    """Starts SMTP servers on free ports of 127.0.0.1; they end with the test."""
    running: list[Controller] = []

    def start(tls: ssl.SSLContext | None = None, **options: Any) -> Postbox:
        postbox = Postbox()
        options.setdefault("enable_SMTPUTF8", True)
        controller = OnFreePort(postbox, "127.0.0.1", 0, tls_context=tls, **options)
        controller.start()
        running.append(controller)
        postbox.port = controller.port
        return postbox

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def smtp(start_smtp: Callable[..., Postbox]) -> Postbox:
    return start_smtp()


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def server(request: pytest.FixtureRequest) -> Iterator[Scripted]:
    scripted = Scripted(pipelining=request.param)
    stop = scripted.start()
    yield scripted
    stop()


@pytest.fixture
def patience() -> float:
    """How long the sender waits for each answer, in seconds; override in the test's module."""
    return 5


@pytest.fixture
def sender(server: Scripted, patience: float) -> Iterator[SmtpTransport]:
    transport = SmtpTransport(server.server, timeout=patience)
    yield transport
    transport.close()


@pytest.fixture
def start_worker(settings: Settings, program: str) -> Iterator[StartWorker]:
    """Starts processes that run `program`, which the test's module has, on the test's own site."""
    running: list[subprocess.Popen[bytes]] = []
    ours = {PREFIX + name.upper(): value for name, value in settings.values.items() if value}
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}

    def start() -> subprocess.Popen[bytes]:
        running.append(subprocess.Popen([sys.executable, "-c", program], env={**others, **ours}))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()
