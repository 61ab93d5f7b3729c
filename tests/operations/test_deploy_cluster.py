"""The example of a site on several machines, read by the tools that it is for, and balanced by a real nginx."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from petition_app.config import SETTINGS, read_settings
from petition_app.config_sources import masked
from tests.operations.test_deploy import DEPLOY, behind_nginx, run, tool, trusting

CLUSTER = DEPLOY / "cluster"


def test_the_settings_example_is_read_as_it_stands(tmp_path: Path) -> None:
    env_file = tmp_path / "petition.env"
    env_file.write_text((CLUSTER / "petition.env.example").read_text("utf-8"), "utf-8")
    settings = read_settings({"PETITION_DATA_DIR": str(tmp_path / "var")}, env_file)
    assert settings.missing_identity == []
    assert not settings.on_sqlite
    assert settings.trusted_proxies == 1
    shown = " ".join(masked(setting, settings.values[setting.name]) for setting in SETTINGS)
    assert "password" not in shown.replace("secret", "")


@pytest.mark.long
@pytest.mark.parametrize("name", ["petition-app.service", "petition-worker.service"])
def test_systemd_finds_nothing_wrong_in_the_units(tmp_path: Path, name: str) -> None:
    unit = tmp_path / name
    text = (CLUSTER / name).read_text("utf-8")
    unit.write_text(text.replace("/opt/petition_app/.venv/bin/petition", "/bin/true"), "utf-8")
    done = run(tool("systemd-analyze"), "verify", "--man=no", str(unit))
    told = [line for line in done.stderr.splitlines() if "petition" in line]
    assert (done.returncode, told) == (0, [])


@pytest.mark.parametrize("letter", ["a", "b"])
def test_the_two_databases_differ_in_name_and_address_only(letter: str) -> None:
    """Both are one example: what one may do, the other may."""
    ours = yaml.safe_load((CLUSTER / f"patroni-{letter}.yml").read_text("utf-8"))
    other = (CLUSTER / f"patroni-{'b' if letter == 'a' else 'a'}.yml").read_text("utf-8")
    addresses = {"a": "10.0.0.11", "b": "10.0.0.12"}
    assert ours["bootstrap"]["dcs"]["synchronous_mode"] is True
    assert ours["postgresql"]["connect_address"] == f"{addresses[letter]}:5432"
    assert yaml.safe_load(other)["scope"] == ours["scope"]
    assert yaml.safe_load(other)["bootstrap"] == ours["bootstrap"]


@pytest.mark.long
@pytest.mark.parametrize("letter", ["a", "b"])
def test_patroni_takes_the_configuration(tmp_path: Path, letter: str) -> None:
    """Read by Patroni's own check, with the addresses of this machine and folders that are here."""
    patroni = tool("patroni")
    binaries = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"))), None)
    if binaries is None:
        tool("postgresql")
    text = (CLUSTER / f"patroni-{letter}.yml").read_text("utf-8")
    text = text.replace("10.0.0.11", "127.0.0.1").replace("10.0.0.12", "127.0.0.1").replace("10.0.0.10", "127.0.0.1")
    text = text.replace("/usr/lib/postgresql/15/bin", str(binaries)).replace(
        "/var/lib/postgresql/15/petition", str(tmp_path / "data")
    )
    (tmp_path / "data").mkdir()
    config = tmp_path / "config.yml"
    config.write_text(text, "utf-8")
    done = run(patroni, "--validate-config", str(config))
    # Whether somebody answers at an address is the machine's matter, not the file's.
    wrong = [
        line
        for line in (done.stdout + done.stderr).splitlines()
        if line.strip() and "didn't pass" in line and "reachable" not in line and "connect" not in line
    ]
    assert wrong == []


class _Node(BaseHTTPRequestHandler):
    """An app node as the balancer sees one: it says who it is, and how long that may be kept."""

    name = ""
    taken: Counter[str]

    def do_GET(self) -> None:
        self.taken[f"{self.name} GET"] += 1
        if self.path.startswith("/away"):
            self._answer(503, "no-store")
            return
        kept = {"private": "no-store", "own": "max-age=60"}.get(
            self.path.split("/")[1], "public, max-age=2, stale-if-error=300"
        )
        self._answer(200, kept)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.taken[f"{self.name} POST"] += 1
        if self.path == "/breaks":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._answer(503 if self.path.startswith("/away") else 200, "no-store")

    def _answer(self, status: int, kept: str) -> None:
        body = f"{self.name} {self.taken.total()}".encode()
        self.send_response(status)
        self.send_header("Cache-Control", kept)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Balanced:
    """Two nodes behind the example's nginx."""

    def __init__(self, url: str, browser: urllib.request.OpenerDirector, nodes: list[ThreadingHTTPServer]) -> None:
        self.url, self.browser, self.nodes = url, browser, nodes
        self.taken: Counter[str] = nodes[0].RequestHandlerClass.taken  # type: ignore[attr-defined]

    def ask(self, path: str, data: bytes | None = None) -> tuple[int, str]:
        asked = urllib.request.Request(self.url + path, data, {"Host": "petition.example.org"})  # noqa: S310  # our own address
        try:
            with self.browser.open(asked, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture
def balanced(tmp_path: Path) -> Iterator[Balanced]:
    if os.geteuid() != 0 and shutil.which("nginx") is None:
        tool("nginx")
    taken: Counter[str] = Counter()
    nodes = []
    for name in ("one", "two"):
        node = ThreadingHTTPServer(("127.0.0.1", 0), type(name, (_Node,), {"name": name, "taken": taken}))
        threading.Thread(target=node.serve_forever, daemon=True).start()
        nodes.append(node)
    addresses = {
        "10.0.0.21:8000": f"127.0.0.1:{nodes[0].server_port}",
        "10.0.0.22:8000": f"127.0.0.1:{nodes[1].server_port}",
    }
    with behind_nginx(tmp_path, CLUSTER / "nginx.conf", addresses) as (port, certificate):
        yield Balanced(f"https://localhost:{port}", trusting(certificate), nodes)
    for node in nodes:
        node.shutdown()
        node.server_close()


@pytest.mark.long
class TestBalancer:
    def test_a_public_answer_is_kept_and_a_private_one_never(self, balanced: Balanced) -> None:
        assert balanced.ask("/page")[1] == balanced.ask("/page")[1]
        assert balanced.taken.total() == 1
        assert balanced.ask("/private")[1] != balanced.ask("/private")[1]
        assert balanced.taken.total() == 3

    def test_an_answer_that_is_not_called_public_is_not_kept(self, balanced: Balanced) -> None:
        """Whatever else is said of it: nginx alone would keep one for its max-age."""
        assert balanced.ask("/own")[1] != balanced.ask("/own")[1]

    def test_a_signer_gets_the_nodes_own_page_while_the_database_is_away(self, balanced: Balanced) -> None:
        """It keeps what was typed. Nodes that say 503 are alive: they must not be taken for dead."""
        for number in range(10):
            assert balanced.ask(f"/away/{number}")[0] == 503
        status, said = balanced.ask("/away", b"given_name=Ada")
        assert status == 503
        assert said.startswith(("one", "two"))

    def test_both_nodes_are_asked(self, balanced: Balanced) -> None:
        for number in range(20):
            assert balanced.ask(f"/private/{number}")[0] == 200
        assert set(balanced.taken) == {"one GET", "two GET"}

    def test_a_node_that_is_down_is_left_out(self, balanced: Balanced) -> None:
        balanced.nodes[0].shutdown()
        balanced.nodes[0].server_close()
        answers = [balanced.ask(f"/private/{number}") for number in range(20)]
        assert {status for status, _ in answers} == {200}
        assert all(said.startswith("two") for _, said in answers)

    def test_a_form_is_not_sent_twice(self, balanced: Balanced) -> None:
        """The node took it, then its answer was lost: nobody knows whether it was written."""
        assert balanced.ask("/breaks", b"given_name=Ada")[0] == 502
        assert sum(count for what, count in balanced.taken.items() if what.endswith("POST")) == 1

    def test_the_last_page_stands_in_when_no_node_answers(self, balanced: Balanced) -> None:
        first = balanced.ask("/page")[1]
        for node in balanced.nodes:
            node.shutdown()
            node.server_close()
        threading.Event().wait(2.5)  # it is stale by now
        assert balanced.ask("/page") == (200, first)
        assert balanced.ask("/another")[0] == 502
