"""A site in two parts that can be killed apart: the server and the mail worker, each started again as systemd would."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass

from tests.server import Site


@dataclass
class Worker:
    """`petition worker` on a site, in a session of its own."""

    site: Site
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = self.site.launch("worker")

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def stop(self) -> None:
        """Ask it to end, the mail in hand finished first."""
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
            self.kill()
