"""The example's two database machines on one: real etcd, real Patroni, the files of deploy/cluster as they are shipped.

Only addresses and folders are others: each machine is an address of loopback. What is to be typed by hand is taken from
the example's README.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psycopg

from tests.operations.test_deploy import DEPLOY
from tests.server import wait_until
from tests.torture.clusters import OWNER, family, programs
from tests.torture.conftest import lacking

CLUSTER = DEPLOY / "cluster"
NEEDED = {"etcd": "etcd-server", "patroni": "patroni", "psql": "postgresql-client", "setpriv": "util-linux"}
CERTIFICATE = Path("/etc/ssl/private/ssl-cert-snakeoil.key")
STARTS_WITHIN = 60.0  # seconds
# Patroni's own `ttl`, a round of its loop, and the time that PostgreSQL takes.
TAKES_OVER_WITHIN = 60.0


class Machine:
    """A database machine: Patroni, and the PostgreSQL that it keeps running."""

    def __init__(self, letter: str, address: str, folder: Path, text: str) -> None:
        self.name, self.address = f"database-{letter}", address
        self.data = folder / "data"
        self._config, self._log = folder / "config.yml", folder / "patroni.log"
        self._config.write_text(text, "utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = as_owner(self._log, "patroni", str(self._config))

    def kill(self) -> None:
        """End it all at once, as its machine would with its power."""
        if self._process is None:
            return
        with contextlib.suppress(OSError, ValueError):
            server = int((self.data / "postmaster.pid").read_text("utf-8").split()[0])
            _kill(family(server))
        _kill(family(self._process.pid))
        self._process.wait(10)
        self._process = None

    def members(self) -> dict[str, str]:
        """What each member is (leader, sync_standby, replica), as this one knows; empty while it does not answer."""
        with (
            contextlib.suppress(OSError, ValueError),
            urllib.request.urlopen(f"http://{self.address}:8008/cluster", timeout=5) as answer,
        ):
            return {
                m["name"]: m["role"] for m in json.load(answer)["members"] if m["state"] in ("running", "streaming")
            }
        return {}

    def said(self) -> str:
        return self._log.read_text("utf-8", "replace")[-3000:]


class Databases:
    """Both machines, and the three etcd that decide which of them leads."""

    def __init__(self, folder: Path, net: str) -> None:
        self._folder, self._net = folder, net
        self._etcd: list[subprocess.Popen[bytes]] = []
        self.machines = {
            letter: Machine(
                letter, f"{net}.{last}", _owned(folder / letter), self._read(f"patroni-{letter}.yml", letter)
            )
            for letter, last in (("a", 11), ("b", 12))
        }

    @property
    def url(self) -> str:
        """The address of the database, as the example's settings have it."""
        found = re.search(r"^PETITION_DATABASE_URL=(.+)$", (CLUSTER / "petition.env.example").read_text("utf-8"), re.M)
        assert found
        return self._here(found[1])

    def start(self) -> None:
        """As the README has it: etcd, then one machine, then the other, then the user and the database."""
        members = [f"{self._net}.{last}" for last in (10, 11, 12)]
        together = ",".join(f"{address}=http://{address}:2380" for address in members)
        for address in members:
            peer, client = f"http://{address}:2380", f"http://{address}:2379"
            self._etcd.append(
                as_owner(
                    self._folder / "etcd.log", "etcd", "--name", address,
                    "--data-dir", str(_owned(self._folder / f"etcd-{address}")),
                    "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                    "--listen-client-urls", client, "--advertise-client-urls", client,
                    "--initial-cluster", together,
                )
            )  # fmt: skip
        first, second = self.machines.values()
        first.start()
        wait_until(lambda: first.members().get(first.name) == "leader", STARTS_WITHIN, first.said)
        second.start()
        self.wait_for_sync_standby()
        self._make_database(first)

    def leader(self) -> str:
        """The letter of the machine that leads, as those say that answer; "" while none does."""
        for machine in self.machines.values():
            for letter, other in self.machines.items():
                if machine.members().get(other.name) == "leader":
                    return letter
        return ""

    def wait_for_sync_standby(self) -> None:
        """Until every commit is on both machines before it is acknowledged: as Patroni says it, and PostgreSQL."""
        first = next(iter(self.machines.values()))

        def is_there() -> bool:
            known = [set(machine.members().values()) for machine in self.machines.values()]
            return all(roles == {"leader", "sync_standby"} for roles in known)

        wait_until(is_there, STARTS_WITHIN, first.said)
        leader = self.machines[self.leader()]
        with psycopg.connect(self._as_superuser(leader)) as connection:
            row = connection.execute(
                "SELECT r.sync_state, s.ssl FROM pg_stat_replication r JOIN pg_stat_ssl s USING (pid)"
            ).fetchone()
        assert row == ("sync", True)

    def stop(self) -> None:
        for machine in self.machines.values():
            machine.kill()
        for process in self._etcd:
            process.kill()
            process.wait(10)

    def _make_database(self, leader: Machine) -> None:
        """By the statements that the README gives, with the password of the settings' example."""
        readme = (CLUSTER / "README.md").read_text("utf-8")
        found = re.search(r"`(CREATE USER petition .*?)`", readme, re.S)
        assert found
        with psycopg.connect(self._as_superuser(leader), autocommit=True) as connection:
            for statement in found[1].replace("…", "password").split(";"):
                if statement.strip():
                    connection.execute(statement)  # type: ignore[call-overload]  # the README's own words

    def _as_superuser(self, machine: Machine) -> str:
        return f"host={machine.address} dbname=postgres user={OWNER} password=replace-this sslmode=require"

    def _read(self, name: str, letter: str) -> str:
        folder = self._folder / letter
        text = self._here((CLUSTER / name).read_text("utf-8"))
        for shipped, here in {
            "/var/lib/postgresql/15/petition": str(folder / "data"),
            "/var/lib/postgresql/.pgpass-patroni": str(folder / "pgpass"),
            "/usr/lib/postgresql/15/bin": str(programs()),
            # Two servers of one machine would take the same socket.
            '    ssl: "on"\n': f'    ssl: "on"\n    unix_socket_directories: {folder}\n',
        }.items():
            assert shipped in text, f"{name} does not say {shipped}"
            text = text.replace(shipped, here)
        return text

    def _here(self, text: str) -> str:
        """The same with this machine's addresses. Whoever asks one of them comes from 127.0.0.1."""
        return re.sub(r"10\.0\.0\.(?=1[012]\b)", f"{self._net}.", text.replace("10.0.0.0/24", "127.0.0.0/8"))


def as_owner(log: Path, program: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a program as the databases' own user, with that one's home and groups, as its service would."""
    change = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups", "--reset-env"]
    with log.open("ab") as file:
        return subprocess.Popen(
            [*change, program, *arguments], stdout=file, stderr=file, start_new_session=True, cwd=log.parent
        )


@contextlib.contextmanager
def databases(dice: Random) -> Iterator[Databases]:
    """The example's databases with an empty database for the site. Needs root, to be the databases' user."""
    programs()
    for program, package in NEEDED.items():
        if shutil.which(program) is None:
            lacking(f"there is no {program} here (Debian's package {package})")
    if not CERTIFICATE.exists():
        lacking("there is no certificate of Debian's package ssl-cert here")
    if os.geteuid() != 0:
        lacking("the example's databases run as their own user, which root alone can become")
    net = f"127.{dice.randrange(16, 250)}.{dice.randrange(1, 250)}"
    with tempfile.TemporaryDirectory(prefix="petition-patroni-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        made = Databases(Path(folder), net)
        try:
            made.start()
            yield made
        finally:
            made.stop()


def _owned(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    owner = pwd.getpwnam(OWNER)
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


def _kill(processes: list[int]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
