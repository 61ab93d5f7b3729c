"""The process that makes files: begun when one is ordered, gone when none is left, and with it the memory it took.

Mails go out meanwhile. A file that it was making when it died is begun anew by the next one (files/orders.py).
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
from datetime import datetime
from typing import IO

from petition_app.files import orders
from petition_app.sealing.keyring import keyring

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
        keys = {number: keyring().key_for(("file", number)) for number in keyring().ids("file")}
        if orders.is_anything_due(at, list(keys)):
            command = [sys.executable, "-m", "petition_app", "make-files", f"--parent={os.getpid()}"]
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                command, env=os.environ.copy(), stdin=subprocess.PIPE
            )
            said = {number: base64.b64encode(key).decode("ascii") for number, key in keys.items() if key is not None}
            with contextlib.suppress(BrokenPipeError), self._process.stdin or contextlib.nullcontext() as pipe:
                if pipe is not None:
                    pipe.write(json.dumps(said).encode())

    @staticmethod
    def take_keys(pipe: IO[bytes]) -> None:
        """In the process that makes files: hold the keys that its worker hands to it by a pipe."""
        for number, key in json.loads(pipe.read() or b"{}").items():
            keyring().hold(("file", int(number)), base64.b64decode(key))

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
