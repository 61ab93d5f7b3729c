"""The real server: it starts, stops without leaving anything behind, and loses nothing when it is killed."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from petition_app import create_app
from petition_app.extensions import db
from petition_app.models import OutboxMessage, Signature
from petition_app.models.counter import confirmed_count
from tests.operations.conftest import put_online
from tests.server import Site, free_port, site_in, wait_until
from tests.story import ALICE, link_in, read_mail

FORM = "/fr/petitions/clean-water-for-exampletown/signatures"
PAGE = "/fr/petitions/clean-water-for-exampletown"


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Shows a redirect instead of following it."""

    def redirect_request(self, *_args: object) -> None:
        return None


browser = urllib.request.build_opener(NoRedirects)


def ask(url: str, fields: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
    """Status, body and location of an answer, as a browser without JavaScript gets it."""
    data = urllib.parse.urlencode(fields).encode() if fields is not None else None
    request = urllib.request.Request(url, data, headers)  # noqa: S310  # our own address
    try:
        with browser.open(request, timeout=30) as answer:
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8", "replace"), error.headers.get("Location", "")


def mails_of(site: Site) -> list[EmailMessage]:
    return [read_mail(path.read_bytes()) for path in sorted(site.mailbox.glob("*.eml"))]


def number(site: Site) -> int:
    found = re.search(r'data-count="(\d+)"', ask(f"{site.url}{PAGE}/live")[1])
    assert found
    return int(found[1])


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, with_a_petition: Path) -> Iterator[Site]:
    """The same for those that change nothing on it, and ask whether it goes on."""
    with site_in(tmp_path_factory.mktemp("lasting")) as site:
        put_online(site, with_a_petition)
        yield site


def test_from_text_to_first_signature_without_javascript(online: Site) -> None:
    site = online
    status, page, _ = ask(site.url + PAGE)
    assert status == 200
    assert 'data-count="0"' in page
    status, page, _ = ask(site.url + FORM, {**ALICE, "surname": ""})
    assert status == 422
    assert 'value="alice@example.org"' in page
    status, _, location = ask(site.url + FORM, ALICE)
    assert (status, location) == (303, f"{PAGE}/check-your-inbox")
    assert ask(site.url + location)[0] == 200
    wait_until(lambda: mails_of(site))
    link = link_in(mails_of(site)[0])
    assert ask(site.url + link)[0] == 200
    assert number(site) == 0
    status, _, receipt = ask(site.url + link, {})
    assert status == 303
    assert "1re" in ask(site.url + receipt)[1]
    # Every server process shows it within three seconds: ask more often than there are processes.
    wait_until(lambda: all(number(site) == 1 for _ in range(20)), 3)
    personal = receipt.removesuffix("/receipt")
    assert ask(f"{site.url}{personal}/withdrawal", {})[0] == 303
    wait_until(lambda: all(number(site) == 0 for _ in range(20)), 3)


def test_it_says_where_it_is_and_where_mails_go(lasting: Site) -> None:
    said = lasting.log.read_text("utf-8")
    assert f"The petition site: {lasting.url}" in said
    assert f"none goes out: {lasting.url}/mailbox" in said
    assert '"warning"' not in said


@pytest.mark.parametrize("signal_name", [pytest.param("SIGINT", marks=pytest.mark.long), "SIGTERM"])
def test_it_stops_as_one_and_leaves_nothing(online: Site, signal_name: str) -> None:
    assert len(online.processes()) >= 4  # the parent, two server processes, the mail worker
    assert online.process is not None
    online.process.send_signal(getattr(signal, signal_name))
    assert online.process.wait(15) == 0
    wait_until(lambda: not online.processes(), 5)
    assert not online.answers()


@pytest.mark.long
def test_when_its_parent_is_killed_the_others_end_by_themselves(online: Site) -> None:
    assert online.process is not None
    os.kill(online.process.pid, signal.SIGKILL)
    online.process.wait(10)
    wait_until(lambda: not online.processes(), 25)


@pytest.mark.long
def test_a_worker_process_that_dies_is_replaced(online: Site) -> None:
    assert online.process is not None
    first = set(online.processes()) - {online.process.pid}
    for process in first:
        os.kill(process, signal.SIGKILL)
    wait_until(lambda: len(set(online.processes()) - first) >= 4, 20)
    wait_until(online.answers)
    assert ask(online.url + FORM, ALICE)[0] == 303
    wait_until(lambda: mails_of(online))


def test_a_taken_port_is_told(lasting: Site) -> None:
    done = lasting.command("serve")
    assert done.returncode == 1
    assert f"port {lasting.port} cannot be used" in done.stderr


def test_the_preview_mailbox_opens_on_this_machine_only(lasting: Site) -> None:
    mailbox = f"{lasting.url}/mailbox"
    assert ask(mailbox)[0] == 200
    for headers in (
        {"Host": "evil.example"},
        {"Host": f"evil.example:{lasting.port}"},
        {"X-Forwarded-For": "192.0.2.1"},
        {"Forwarded": "for=192.0.2.1"},
        {"X-Forwarded-Host": "localhost"},
        {"Via": "1.1 proxy"},
    ):
        assert ask(mailbox, None, **headers)[0] == 404, headers


def test_ten_megabytes_are_refused_by_a_server_that_goes_on(lasting: Site) -> None:
    with socket.create_connection(("127.0.0.1", lasting.port), timeout=20) as connection:
        head = f"POST {FORM} HTTP/1.1\r\nHost: localhost:{lasting.port}\r\nContent-Length: 10485760\r\n"
        connection.sendall((head + "Content-Type: application/x-www-form-urlencoded\r\n\r\n").encode())
        try:
            for _ in range(160):
                connection.sendall(b"x" * 65536)
        except OSError:
            pass  # it need not read all of it
        answer = connection.recv(100)
    assert answer.startswith(b"HTTP/1.1 413"), answer
    status, page, _ = ask(lasting.url + FORM, {"comment": "x" * 100_000})
    assert status == 413
    assert "<h1" in page
    assert lasting.answers()


def test_bytes_that_are_no_request_are_answered_without_a_crash(lasting: Site) -> None:
    for line in (
        b"\x00\xff\xfe\r\n\r\n",
        b"GET /%00%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", lasting.port), timeout=10) as connection:
            connection.sendall(line)
            connection.settimeout(5)
            try:
                answer = connection.recv(100)
            except TimeoutError:
                continue
        assert not answer.startswith(b"HTTP/1.1 5"), (line, answer)
    assert lasting.answers()


@pytest.mark.long
def test_killed_while_people_sign_it_loses_nothing_that_it_acknowledged(online: Site) -> None:
    site = online
    acknowledged: list[str] = []
    stop = threading.Event()

    def sign_on(thread: int) -> None:
        serial = 0
        while not stop.is_set():
            serial += 1
            email = f"t{thread}n{serial}@example.org"
            try:
                if ask(site.url + FORM, {**ALICE, "email": email})[0] == 303:
                    acknowledged.append(email)
            except OSError:
                time.sleep(0.02)

    threads = [threading.Thread(target=sign_on, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        before = len(acknowledged)
        wait_until(lambda count=before: len(acknowledged) > count + 40, 60)  # type: ignore[misc]  # bound at once
        site.kill()
        site.start()
    stop.set()
    for thread in threads:
        thread.join(60)

    # Each has its row and, once the workers' leases have run out, exactly one mail.
    site.stop()
    with create_app(site.settings()).app_context():
        stored = {email for (email,) in db.session.query(Signature.email)}
        assert set(acknowledged) <= stored
        queued = {mail.recipient for mail in db.session.query(OutboxMessage)}
        assert set(acknowledged) <= queued
        assert confirmed_count(1) == 0
        db.session.query(OutboxMessage).update({"claimed_until": None})
        db.session.commit()
    assert site.command("worker", "--once").returncode == 0
    sent = [str(mail["To"]) for mail in mails_of(site)]
    assert len(sent) == len(set(sent))
    assert set(acknowledged[-400:]) <= set(sent) or len(sent) == 500


@pytest.mark.long
def test_a_first_start_loads_the_demo_and_a_second_is_quick(tmp_path: Path) -> None:
    with site_in(tmp_path) as site:
        site.start("--prepare")
        assert "Loaded the demo petition" in site.log.read_text("utf-8")
        assert 'data-count="428"' in ask(f"{site.url}/fr/petitions/demo")[1]
        site.stop()
        site.start("--prepare")
        assert site.log.read_text("utf-8").count("Loaded the demo") == 1
        assert site.command("demo", "--remove").returncode == 0
        wait_until(lambda: ask(f"{site.url}/fr/petitions/demo")[0] == 404, 5)


def test_a_site_that_strangers_reach_starts_without_a_demo(tmp_path: Path) -> None:
    public = {"PETITION_SITE_URL": "https://petitions.example", "PETITION_ABUSE_CONTROLS": "on"}
    with site_in(tmp_path, **public) as site:
        site.start("--prepare")
        assert "demo" not in site.log.read_text("utf-8")
        assert ask(f"http://127.0.0.1:{site.port}/mailbox")[0] == 404
        assert "Aucune pétition" in ask(f"http://127.0.0.1:{site.port}/fr/")[1]


def test_a_database_of_another_version_is_told_before_serving(site: Site) -> None:
    assert site.command("upgrade").returncode == 0
    with create_app(site.settings()).app_context():
        db.session.execute(db.text("UPDATE alembic_version SET version_num = 'other'"))
        db.session.commit()
    done = site.command("serve")
    assert done.returncode == 1
    assert "petition upgrade" in done.stderr


def test_a_host_that_cannot_be_listened_on(site: Site) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "petition_app", "serve", "--host", "192.0.2.1", "--port", str(free_port())],
        env=site.environment,
        cwd=site.data_dir.parent,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "192.0.2.1" in done.stderr
    assert "Traceback" not in done.stderr
