"""Two PostgreSQL clusters of Debian's packages on loopback: a primary, and a standby that follows it synchronously."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.server import free_port, wait_until
from tests.torture.conftest import lacking

STARTS_WITHIN = 60.0  # seconds
OWNER = "postgres"


def programs() -> Path:
    """The folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if not found:
        lacking("there is no PostgreSQL server here (Debian's package postgresql)")
    return found[-1]


def as_owner() -> list[str]:
    """The server refuses to run as root: root runs it as its own user."""
    user = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups", "--reset-env"]
    return user if os.geteuid() == 0 else []


class Cluster:
    """A server with its data in a folder; it can be killed, and follow another one."""

    def __init__(self, folder: Path) -> None:
        self.data, self.port = folder / "data", free_port()
        self._sockets, self._log = folder, folder / "postgresql.log"
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        self.run("initdb", "--pgdata", str(self.data), "--auth=trust", f"--username={OWNER}", "--no-sync", "-E", "UTF8")

    def copy_of(self, primary: Cluster) -> None:
        """Be a copy that follows another one from then on."""
        shutil.rmtree(self.data, ignore_errors=True)
        source = f"host=127.0.0.1 port={primary.port} user={OWNER} application_name=follower"
        self.run("pg_basebackup", "--pgdata", str(self.data), "--write-recovery-conf", "--no-sync",
                 "--checkpoint=fast", "--dbname", source)  # fmt: skip

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._sockets),
            "wal_sender_timeout": "10s",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*as_owner(), str(programs() / "postgres"), "-D", str(self.data), *settings],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self.answers, STARTS_WITHIN, lambda: self._log.read_text("utf-8")[-2000:])

    def answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self.ask("SELECT 1")
            return True
        return False

    def ask(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        address = f"host=127.0.0.1 port={self.port} user={OWNER} dbname={database} connect_timeout=5"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]  # statements of the tests' own
            return cursor.fetchall() if cursor.description else []

    def wait_for_follower(self) -> None:
        """From now on, what is committed is on the other one too."""
        self.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.ask("SELECT pg_reload_conf()")
        follows = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')"
        wait_until(lambda: self.ask(follows), STARTS_WITHIN, lambda: self._log.read_text("utf-8")[-2000:])

    def promote(self) -> None:
        """Be the primary from now on, and wait for nobody: the other one is gone."""
        self.run("pg_ctl", "promote", "--pgdata", str(self.data), "--wait")
        self.ask("ALTER SYSTEM RESET synchronous_standby_names")
        self.ask("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """End the server and all its processes at once."""
        if self._process is None:
            return
        family = [self._process.pid, *children(self._process.pid)]
        for process in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait(10)
        self._process = None

    def run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*as_owner(), str(programs() / program), *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def children(parent: int) -> list[int]:
    """The processes that this one has started; each has left its group."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return found


@contextlib.contextmanager
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    """A primary with an empty database “site”, and its synchronous standby."""
    programs()
    with tempfile.TemporaryDirectory(prefix="petition-clusters-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        primary, standby = (Cluster(owned(Path(folder) / name)) for name in ("one", "two"))
        try:
            primary.make()
            primary.start()
            primary.ask("CREATE DATABASE site")
            standby.copy_of(primary)
            standby.start()
            primary.wait_for_follower()
            yield primary, standby
        finally:
            primary.kill()
            standby.kill()


def owned(folder: Path) -> Path:
    """A folder of the server's own user."""
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(OWNER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


def url(*clusters: Cluster) -> str:
    """The address of a database that is wherever the primary is."""
    hosts = "&".join(f"host=127.0.0.1:{cluster.port}" for cluster in clusters)
    return f"postgresql://{OWNER}@/site?{hosts}&target_session_attrs=read-write&connect_timeout=5"
