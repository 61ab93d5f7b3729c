"""Two app nodes and two workers, as real processes on one PostgreSQL database."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from petition_app.antiabuse import rate_limit
from tests.databases import copied_database
from tests.mail.conftest import OnFreePort, Postbox
from tests.operations.test_serve import FORM, PAGE, ask, number
from tests.server import Site, site_in, wait_until
from tests.story import ALICE, link_in

CONVERGED_WITHIN = 2.0  # seconds; the page layer keeps a page for one
MAILS = 100


@dataclass
class Sink(Postbox):
    """Counts what each connection, and so each worker, hands over; may hold the first one up."""

    holds_first: bool = False
    let_go: threading.Event = field(default_factory=threading.Event)
    by_worker: Counter[int] = field(default_factory=Counter)
    first: int = 0

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.first = self.first or id(session)
        while self.holds_first and id(session) == self.first and not self.let_go.is_set():
            await asyncio.sleep(0.02)
        self.by_worker[id(session)] += 1
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    controller = OnFreePort(sink, "127.0.0.1", 0, enable_SMTPUTF8=True)
    controller.start()
    sink.port = controller.port
    yield sink
    sink.let_go.set()
    controller.stop()


@pytest.fixture
def shared(empty_postgresql: str, sink: Sink) -> Iterator[dict[str, str]]:
    """The settings that every node and worker has: one database, one secret, one address."""
    with copied_database(empty_postgresql, f"site_{uuid.uuid4().hex}") as url:
        yield {
            "PETITION_DATABASE_URL": url,
            "PETITION_SECRET_KEY": "one-for-all-nodes-" + "x" * 32,
            "PETITION_SITE_URL": "http://localhost:8000",
            "PETITION_MAIL_URL": f"smtp://127.0.0.1:{sink.port}",
            "PETITION_MAIL_FROM": "petition@example.org",
        }


@pytest.fixture
def nodes(tmp_path: Path, text_file: Path, shared: dict[str, str]) -> Iterator[list[Site]]:
    """Two nodes that run, with an open petition; each has a data folder of its own, and nothing in it that counts."""
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(site_in(tmp_path / name, **shared)) for name in ("a", "b")]
        done = nodes[0].command("import", str(text_file), "--locale", "fr", "--open")
        assert done.returncode == 0, done.stderr
        for node in nodes:
            node.start("--no-worker")
        yield nodes


@contextlib.contextmanager
def workers(site: Site, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many `petition worker` processes."""
    running = []
    try:
        with site.log.open("ab") as log:
            for _ in range(count):
                command = [sys.executable, "-m", "petition_app", "worker"]
                running.append(subprocess.Popen(command, env=site.environment, stdout=log, stderr=log))
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait(10)


def sign(node: Site, name: str) -> int:
    return ask(node.url + FORM, {**ALICE, "email": f"{name}@example.org"})[0]


def shown(node: Site) -> set[str]:
    """The counts that its processes show, in the page and in the live fragment."""
    pages = [ask(f"{node.url}{path}")[1] for path in (PAGE, f"{PAGE}/live") for _ in range(8)]
    return {part.partition('"')[0] for page in pages for part in page.split('data-count="')[1:]}


@pytest.mark.long
def test_signed_on_one_node_confirmed_on_the_other_and_one_is_killed(nodes: list[Site], sink: Sink) -> None:
    a, b = nodes
    with workers(a, 2):
        assert number(a) == number(b) == 0
        assert sign(a, "alice") == 303
        wait_until(lambda: sink.mails)
        link = link_in(sink.mails[0])
        assert shown(a) == {"0"}
        assert ask(b.url + link, {})[0] == 303
        confirmed = time.monotonic()
        time.sleep(max(0.0, confirmed + CONVERGED_WITHIN - time.monotonic()))
        assert shown(a) == shown(b) == {"1"}

        a.kill()
        assert not a.answers()
        assert sign(b, "bob") == 303
        wait_until(lambda: len(sink.mails) == 2)
        assert ask(b.url + link_in(sink.mails[1]), {})[0] == 303
        wait_until(lambda: shown(b) == {"2"}, 5)
        a.start("--no-worker")
        assert shown(a) == {"2"}
    assert sorted(Counter(str(mail["To"]) for mail in sink.mails).values()) == [1, 1]


@pytest.mark.long
def test_nodes_count_a_flood_together(nodes: list[Site]) -> None:
    for node in nodes:
        node.stop()
        node.variables["PETITION_ABUSE_CONTROLS"] = "on"
        node.start("--no-worker")
    left = 600 - time.time() % 600
    if left < 20:  # the window would end meanwhile
        time.sleep(left + 1)
    most = rate_limit.SIGNING[0].most
    answers = [sign(nodes[n % 2], f"n{n}") for n in range(most + 2)]
    assert answers == [303] * most + [429] * 2


@pytest.mark.long
def test_two_workers_share_the_mails_and_wait_for_nobody(nodes: list[Site], sink: Sink) -> None:
    for n in range(MAILS):
        assert sign(nodes[n % 2], f"n{n}") == 303
    everybody = {f"n{n}@example.org": 1 for n in range(MAILS)}
    sink.seconds, sink.holds_first = 0.005, True
    with workers(nodes[0], 2):
        # One worker hangs in the middle of a mail, with its claims; the other sends all the rest.
        wait_until(lambda: len(sink.envelopes) >= MAILS - 10, 60, lambda: str(sink.by_worker))
        time.sleep(1)
        assert set(sink.by_worker) - {sink.first}
        assert sink.by_worker[sink.first] == 0
        sink.let_go.set()
        wait_until(lambda: len(sink.envelopes) >= MAILS, 60, lambda: str(sink.by_worker))
        time.sleep(1)
        assert Counter(str(mail["To"]) for mail in sink.mails) == everybody
        sink.holds_first = False

        for n in range(MAILS):
            assert sign(nodes[n % 2], f"m{n}") == 303
        wait_until(lambda: len(sink.envelopes) >= 2 * MAILS, 60, lambda: str(sink.by_worker))
    everybody |= {f"m{n}@example.org": 1 for n in range(MAILS)}
    assert Counter(str(mail["To"]) for mail in sink.mails) == everybody


def test_no_node_starts_without_the_secret_that_all_share(tmp_path: Path) -> None:
    with site_in(tmp_path, PETITION_DATABASE_URL="postgresql://u@127.0.0.1:1/name") as site:
        done = site.command("serve")
    assert done.returncode == 2
    assert "PETITION_SECRET_KEY must be set" in done.stderr
