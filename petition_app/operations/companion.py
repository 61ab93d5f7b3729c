"""The mail worker beside the server: a process of its own, started again when it dies, ended with the server."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from multiprocessing.process import BaseProcess

from petition_app.operations import logs
from petition_app.operations.loaded import application
from petition_app.operations.processes import STOP_SIGNALS, end_with_parent

log = logging.getLogger(__name__)

STOPPED_WITHIN_SECONDS = 5
RESTART_PAUSES = (0.5, 1, 2, 5, 10, 30)  # seconds


class Companion:
    """The mail worker's process, seen from the one above it."""

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._stopping, self._changing = threading.Event(), threading.Lock()
        self._watcher = threading.Thread(target=self._watch, daemon=True, name="mail-worker")

    def start(self) -> None:
        self._begin()  # here, where the first is forked, there is no thread yet
        self._watcher.start()

    def stop(self) -> None:
        """End it; the thread that watches it sees it go."""
        with self._changing:
            self._stopping.set()
            process = self._process
        if process is None:
            return
        process.terminate()
        self._watcher.join(STOPPED_WITHIN_SECONDS)
        if self._watcher.is_alive():
            process.kill()
            self._watcher.join()

    def _watch(self) -> None:
        # The main thread heeds them, and would sleep on when this one took them.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        deaths = 0
        while self._process is not None and not self._stopping.is_set():
            started = time.monotonic()
            self._process.join()
            if not self._stopping.is_set():
                log.error("the mail worker has ended", extra={"fields": {"exit": self._process.exitcode}})
            deaths = 0 if time.monotonic() - started > 60 else deaths + 1
            self._stopping.wait(RESTART_PAUSES[min(deaths, len(RESTART_PAUSES) - 1)])
            try:
                self._begin()
            except OSError:  # no memory, or too many processes: it is tried again, later each time
                log.exception("the mail worker could not be started again")

    def _begin(self) -> None:
        """Signals wait until it heeds them: what it would do with one at first is what the process above it does."""
        with self._changing:
            if self._stopping.is_set():
                return
            process = multiprocessing.get_context().Process(target=_work, name="mail-worker")
            before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
            try:
                process.start()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            self._process = process


def _work() -> None:
    """In the process: send mails and do the regular jobs until told to stop."""
    from petition_app.operations.worker import run, stop_on_signals
    from petition_app.site import effective

    stop = stop_on_signals()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    end_with_parent()
    logs.configure()
    app = application()
    with app.app_context():
        effective.look()
    run(app, stop)
