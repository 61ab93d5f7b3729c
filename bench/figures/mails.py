"""How fast one worker sends, against a bare loop of smtplib that makes and sends the same mails on one connection."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from flask import Flask

from bench import servers
from bench.figures import Run
from bench.measure import Failed, Figure, side_by_side
from petition_app import create_app
from petition_app.extensions import db
from petition_app.mail import messages, outbox
from petition_app.models import OutboxMessage, Signature
from petition_app.models.base import now
from petition_app.transactions import writing
from tests.server import Site, free_port, site_in, wait_until


def sent(run: Run) -> Iterator[Figure]:
    """Mails a second, from the first to the last that a server has taken; and that confirmations went first.

    Once as most servers have it, and once with a server that wants each command on its own, as the bare loop sends it.
    """
    yield from _sent(run, "mails, one worker", pipelining=True)
    yield from _sent(run, "mails, one worker, server without PIPELINING", pipelining=False)


def _sent(run: Run, name: str, *, pipelining: bool) -> Iterator[Figure]:
    count = int(400 * run.seconds / 3)
    folder = run.new_folder()
    with (
        _sink(folder, pipelining=pipelining) as (port, taken),
        site_in(
            folder, PETITION_MAIL_URL=f"smtp://127.0.0.1:{port}", PETITION_MAIL_FROM="petition@example.org"
        ) as site,
    ):
        servers.prepare(site, count * (run.runs + 1))
        template = _template(site)

        def worker() -> float:
            _enqueue(site, count)
            app = create_app(site.settings())
            return _rate(taken, count, lambda: _send_all(app))

        yield side_by_side(
            name,
            worker,
            lambda: _rate(taken, count, lambda: _bare(port, template, count)),
            runs=run.runs,
            target=0.5,
            unit="mails/s",
            ceiling_name="a bare smtplib loop that makes and sends the same mails on one connection",
        )
        if pipelining:
            yield _confirmations_first(site, taken)


@contextlib.contextmanager
def _sink(folder: Path, *, pipelining: bool = True) -> Iterator[tuple[int, Path]]:
    port, taken = free_port(), folder / "taken"
    way = [] if pipelining else ["one-by-one"]
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port), str(taken), *way])
    try:
        wait_until(lambda: _listens(port), 10)
        yield port, taken
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _rate(taken: Path, count: int, send: object) -> float:
    taken.write_bytes(b"")
    began = time.monotonic()
    send()  # type: ignore[operator]
    seconds = time.monotonic() - began
    arrived = len(taken.read_bytes().splitlines())
    if arrived != count:
        raise Failed(f"{arrived} mails arrived, not {count}")
    return count / seconds


def _enqueue(site: Site, count: int, kind: str = "confirmation") -> None:
    """So many mails about signatures that have had none; those of the confirmations' kind wait for it again."""
    with create_app(site.settings()).app_context():
        with writing() as session:
            mailed = db.select(OutboxMessage.signature_id).where(OutboxMessage.signature_id.is_not(None))
            due = db.select(Signature).where(Signature.email.startswith("crowd-"), Signature.id.not_in(mailed))
            for signature in session.scalars(due.order_by(Signature.id).limit(count)):
                if kind == "confirmation":
                    signature.status, signature.seat = "pending", None
                outbox.enqueue(session, kind, outbox.Addressee.of(signature), now())
        db.session.remove()
        db.engine.dispose()


def _work(site: Site) -> None:
    _send_all(create_app(site.settings()))


def _send_all(app: Flask) -> None:
    """What the worker does, in this process: its start is not what is measured."""
    from petition_app.mail.transport import transport_for

    with app.app_context():
        transport = transport_for(app.config["SETTINGS"])
        while outbox.send_due(now(), transport):
            db.session.remove()
        transport.close()
        db.session.remove()
        db.engine.dispose()


def _template(site: Site) -> tuple[str, str, str]:
    """Subject, text and HTML of a mail as the program makes it."""
    _enqueue(site, 1)
    with create_app(site.settings()).app_context():
        mail = db.session.scalars(db.select(OutboxMessage).limit(1)).one()
        made = BytesParser(policy=policy.default).parsebytes(messages.render(mail).as_bytes())
        parts = [made.get_body((kind,)) for kind in ("plain", "html")]
        db.session.remove()
        db.engine.dispose()
    _work(site)
    return str(made["Subject"]), *(part.get_content() for part in parts if part is not None)  # type: ignore[return-value]


def _bare(port: int, template: tuple[str, str, str], count: int) -> None:
    subject, text, html = template
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for number in range(count):
            message = EmailMessage(policy=policy.SMTP)
            message["From"], message["To"] = "petition@example.org", f"bare-{number}@example.org"
            message["Subject"], message["Message-ID"] = subject, f"<{number}.{time.monotonic_ns()}@localhost>"
            message.set_content(text, cte="8bit")
            message.add_alternative(html, subtype="html", cte="8bit")
            connection.send_message(message, mail_options=("BODY=8BITMIME",))


def _confirmations_first(site: Site, taken: Path) -> Figure:
    """Personal links are queued first, confirmations after them, and these are sent before."""
    _enqueue(site, 30, "personal_link")
    _enqueue(site, 30)
    taken.write_bytes(b"")
    _work(site)
    kinds = taken.read_bytes().splitlines()
    first = kinds.index(b"other") if b"other" in kinds else len(kinds)
    return Figure(
        "confirmations sent before everything else",
        "% of them",
        100 * first / 30,
        "",
        None,
        100,
        "higher",
        note="30 personal links queued first, then 30 confirmations",
    )
