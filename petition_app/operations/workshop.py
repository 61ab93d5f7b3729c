"""The process that makes files: begun when one is ordered, gone when none is left, and with it the memory it took.

Mails go out meanwhile. A file that it was making when it died is begun anew by the next one (files/orders.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime

from petition_app.files import orders

STOPPED_WITHIN_SECONDS = 5


class Workshop:
    """At most one process beside this worker."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def open_if_due(self, at: datetime) -> None:
        """Begin to make what is ordered, if anything is. Raises SQLAlchemyError where that cannot be told."""
        if self._process is not None and self._process.poll() is None:
            return
        self._process = None
        if orders.is_anything_due(at):
            command = [sys.executable, "-m", "petition_app", "make-files", f"--parent={os.getpid()}"]
            self._process = subprocess.Popen(command, env=os.environ.copy())  # noqa: S603  # our own command

    def close(self) -> None:
        """End it with the worker."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
