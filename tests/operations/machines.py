"""The machines of deploy/cluster on loopback: real etcd, Patroni and PostgreSQL, from the files as they are shipped.

Nothing in a file is replaced but addresses, ports and folders: 10.0.0.11 becomes 127.0.0.11, which is here, too.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import yaml
from dotenv import dotenv_values

from tests.operations.test_deploy import DEPLOY, tool
from tests.server import free_port
from tests.torture.clusters import as_owner, children, owned, programs
from tests.torture.conftest import lacking

CLUSTER = DEPLOY / "cluster"
KEY = Path("/etc/ssl/private/ssl-cert-snakeoil.key")
SOCKETS = Path("/var/run/postgresql")


class Network:
    """What stands for the example's addresses here. Ports are free ones, so that tests may run side by side."""

    def __init__(self) -> None:
        self._ports: dict[str, int] = {}

    def translated(self, text: str) -> str:
        text = re.sub(r"10\.0\.0\.(\d+):(\d+)", lambda found: f"127.0.0.{found[1]}:{self._port(found[0])}", text)
        return text.replace("10.0.0.", "127.0.0.")

    def _port(self, address: str) -> int:
        if address not in self._ports:
            self._ports[address] = free_port()
        return self._ports[address]


class Machine:
    """A machine with a member of etcd; it can lose its power, and be switched on again."""

    def __init__(self, letter: str, network: Network, folder: Path) -> None:
        self._network, self._folder = network, folder
        self._etcd = self._own(CLUSTER / f"etcd-{letter}.env")
        self._running: list[subprocess.Popen[bytes]] = []

    def switch_on(self) -> None:
        """Start what systemd would start."""
        variables = dotenv_values(stream=io.StringIO(self._etcd))
        self._launch("etcd", "env", *(f"{name}={value}" for name, value in variables.items()), tool("etcd"))

    def cut_power(self) -> None:
        """End all of it at once."""
        self._send(signal.SIGKILL)
        for started in self._running:
            started.wait(10)
        self._running.clear()

    def hold(self) -> None:
        """Let all of it stand still, as a virtual machine does that its host has no time for."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        self._send(signal.SIGCONT)

    def said(self, program: str) -> str:
        """The program's log."""
        log = self._folder / f"{program}.log"
        return log.read_text("utf-8", "replace") if log.exists() else ""

    def _own(self, shipped: Path) -> str:
        """A shipped file with this machine's addresses and folders."""
        text = self._network.translated(shipped.read_text("utf-8"))
        for old, new in (
            ("/usr/lib/postgresql/15/bin", str(programs())),
            ("/var/lib/postgresql/", f"{self._folder}/"),
            ("/var/lib/etcd/", f"{self._folder}/etcd/"),
        ):
            text = text.replace(old, new)
        return text

    def _launch(self, name: str, *command: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            started = subprocess.Popen(
                [*as_owner(), *command], stdout=log, stderr=log, cwd=self._folder, start_new_session=True
            )
        self._running.append(started)

    def _send(self, what: signal.Signals) -> None:
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, what)

    def _processes(self) -> list[int]:
        return [process.pid for process in self._running]


class DatabaseMachine(Machine):
    """A machine with a Patroni, too, which runs a PostgreSQL."""

    def __init__(self, letter: str, network: Network, folder: Path) -> None:
        super().__init__(letter, network, folder)
        self.config = folder / "config.yml"
        self.config.write_text(self._own(CLUSTER / f"patroni-{letter}.yml"), "utf-8")
        self._settings = yaml.safe_load(self.config.read_text("utf-8"))

    @property
    def name(self) -> str:
        return str(self._settings["name"])

    def switch_on(self) -> None:
        super().switch_on()
        self._launch("patroni", tool("patroni"), str(self.config))

    def members(self) -> dict[str, dict[str, Any]]:
        """What its Patroni says of both databases: role, state, lag; nothing while it does not answer."""
        with contextlib.suppress(OSError, ValueError):
            address = f"http://{self._settings['restapi']['connect_address']}/cluster"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return {member["name"]: member for member in json.load(answer)["members"]}
        return {}

    def ask(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Ask its PostgreSQL as Patroni's superuser, over the network and encrypted."""
        superuser = self._settings["postgresql"]["authentication"]["superuser"]
        host, _, port = self._settings["postgresql"]["connect_address"].partition(":")
        with psycopg.connect(
            host=host,
            port=port,
            user=superuser["username"],
            password=superuser["password"],
            dbname=database,
            sslmode="require",
            connect_timeout=5,
            autocommit=True,
        ) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]  # statements of the tests' own
            return cursor.fetchall() if cursor.description else []

    def type_into_psql(self, statements: str) -> None:
        """On the machine itself, as PostgreSQL's own user and so without a password."""
        port = self._settings["postgresql"]["connect_address"].partition(":")[2]
        psql = [*as_owner(), str(programs() / "psql"), "--port", port, "--set", "ON_ERROR_STOP=1"]
        done = subprocess.run(psql, input=statements, cwd="/", capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr

    def state(self) -> str:
        return f"{self.members()}\n{self.name}:\n{self.said('patroni')[-3000:]}"

    def _processes(self) -> list[int]:
        """PostgreSQL's, too: it is no child of its Patroni."""
        return super()._processes() + self._postgresql() if self._running else []

    def _postgresql(self) -> list[int]:
        data = self._settings["postgresql"]["data_dir"]
        with contextlib.suppress(OSError, ValueError, IndexError):
            postmaster = int((Path(data) / "postmaster.pid").read_text().split()[0])
            if data in Path(f"/proc/{postmaster}/cmdline").read_text():  # not one that has got its number since
                return [postmaster, *children(postmaster)]
        return []


@contextlib.contextmanager
def machines(network: Network) -> Iterator[tuple[DatabaseMachine, DatabaseMachine]]:
    """The two database machines, and the third member of etcd beside them; all are switched on."""
    programs()
    if not os.access(KEY, os.R_OK):
        lacking(f"{KEY} cannot be read here (Debian's package ssl-cert; make-ssl-cert generate-default-snakeoil)")
    if not SOCKETS.is_dir():
        lacking(f"{SOCKETS} is not there (Debian's package postgresql-common)")
    with tempfile.TemporaryDirectory(prefix="petition-machines-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        a, b = (DatabaseMachine(letter, network, owned(Path(folder) / letter)) for letter in "ab")
        third = Machine("c", network, owned(Path(folder) / "c"))
        try:
            for machine in (third, a, b):
                machine.switch_on()
            yield a, b
        finally:
            for machine in (a, b, third):
                machine.cut_power()
            print(a.state(), b.state(), sep="\n")  # shown where the test failed
