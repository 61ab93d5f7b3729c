"""A real site for a test: the server with its processes and the mail worker, as `petition serve` runs them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from petition_app.config import Settings
from tests.conftest import make_settings

STARTS_WITHIN = 30.0  # seconds


@dataclass
class Site:
    """A site of a test's own: data in a temporary folder, on a free port of loopback."""

    data_dir: Path
    port: int
    variables: dict[str, str] = field(default_factory=dict)
    launcher: tuple[str, ...] = ()  # what the program is started by: setpriv, faketime …
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def mailbox(self) -> Path:
        return self.data_dir / "mailbox"

    @property
    def log(self) -> Path:
        return self.data_dir.parent / "serve.log"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PETITION_")}
        own = {
            "PETITION_DATA_DIR": str(self.data_dir),
            "PETITION_PORT": str(self.port),
            "PETITION_SITE_URL": self.url,
            "PETITION_ABUSE_CONTROLS": "off",
            "PETITION_ASSOCIATION_NAME": "Association Exemple",
        }
        return {**inherited, **own, **self.variables}

    def settings(self) -> Settings:
        return make_settings(self.data_dir, PETITION_PORT=str(self.port), PETITION_SITE_URL=self.url, **self.variables)

    def start(self, *options: str) -> None:
        """Start it, and wait until it answers."""
        self.begin(*options)
        self.wait_until_it_answers()

    def begin(self, *options: str) -> None:
        """Start it, and go on at once."""
        self.process = self.launch("serve", *options)

    def wait_until_it_answers(self) -> None:
        wait_until(self.answers, STARTS_WITHIN, lambda: self.log.read_text("utf-8")[-2000:])

    def launch(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run `petition …` on this site in a group of its own, and go on at once.

        Not in a session of its own: Linux gives each session as much of the processor as any other that is busy, so a
        server that is measured would share by halves with the load generator, and one in the same session would not.
        """
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*self.launcher, sys.executable, "-m", "petition_app", *arguments],
                env=self.environment,
                cwd=self.data_dir.parent,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310  # our own address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def processes(self) -> list[int]:
        """The ids of all that run for it: they share the group that it was started in."""
        if self.process is None:
            return []
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
                if after_name[0] != "Z" and int(after_name[2]) == self.process.pid:
                    found.append(int(entry.name))
        return found

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `petition …` on this site, beside the server."""
        return subprocess.run(
            [*self.launcher, sys.executable, "-m", "petition_app", *arguments],
            env=self.environment,
            cwd=self.data_dir.parent,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def stop(self) -> None:
        """Ask it to end, and see to it that nothing of it is left."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        self.kill()

    def kill(self) -> None:
        """End all of it at once, as a power cut would."""
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        if self.process is not None:
            self.process.wait(10)


@contextlib.contextmanager
def site_in(folder: Path, **variables: str) -> Iterator[Site]:
    """A site that is not started yet, with its data in this folder; ended at the end."""
    data_dir = folder / "var"
    data_dir.mkdir(parents=True, exist_ok=True)
    site = Site(data_dir, free_port(), variables)
    try:
        yield site
    finally:
        site.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(happened: Callable[[], object], seconds: float = 20, what: Callable[[], str] = str) -> None:
    """Wait for something to happen; fail when it does not."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise AssertionError(f"it did not happen within {seconds} s. {what()}")
        time.sleep(0.05)
