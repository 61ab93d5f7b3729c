"""The site as one process to start and stop: the server with its workers, and the mail worker beside it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from petition_app.config import REQUESTS_AT_ONCE, Settings
from petition_app.operations import logs
from petition_app.operations.processes import end_with, spare_the_collector

# Half of them may be in Flask at a time (petition_app/web/gate.py): signers who wait for the disk, or for one another,
# leave the other half to readers, whose pages are in memory. More threads answer no more.
BLOCKING_THREADS = 2 * REQUESTS_AT_ONCE
BACKLOG = 2048
# A thread that comes back from the database waits at most so long (seconds) for one that renders: Python's own 5 ms
# are as long as five transactions.
SWITCH_SECONDS = 0.001
# Connections that one process holds, idle ones and slow ones too: beyond that it takes no more until one ends, and
# everybody waits. One costs about 10 kB and no thread. It must also be allowed to open so many files.
CONNECTIONS = 16_384
# A browser that keeps its connection open can hold a server process back that is to stop; requests are long done then.
KILL_AFTER_SECONDS = 5
REMIND_EVERY_SECONDS = 0.5
RESTART_PAUSES = (0.5, 1, 2, 5, 10, 30)  # seconds


class PortTaken(Exception):
    """Somebody else listens there."""


def load(_target: str) -> Any:
    """The WSGI application, in one of the server's worker processes."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid)
    logs.configure()
    from petition_app import create_app
    from petition_app.statistics.visits import write_regularly

    app = create_app()
    write_regularly(app)
    application = app.wsgi_app
    spare_the_collector()
    sys.setswitchinterval(SWITCH_SECONDS)
    return application


def serve(settings: Settings, *, with_worker: bool, announce: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is called once it listens. Raises PortTaken."""
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    _refuse_taken_port(settings)
    _allow_open_files()
    server = _server_class()(
        "petition_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=BLOCKING_THREADS,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER_SECONDS,
        websockets=False,
        http=HTTPModes.http1,
        log_level=LogLevels.warning,
        log_dictconfig=logs.CONFIG,
    )
    command = [sys.executable, "-m", "petition_app", "worker", f"--parent={os.getpid()}"]
    worker = _Companion(command) if with_worker else None
    if worker is not None:
        server.on_startup(worker.start)
    server.on_startup(announce)
    try:
        server.serve(target_loader=load)
    finally:
        if worker is not None:
            worker.stop()


def _server_class() -> Any:
    """Granian's server; its workers are told again to stop, for now and then one misses the first signal (2.8)."""
    from granian.server import Server

    class Reminding(Server):  # type: ignore[misc, valid-type]  # its class depends on the Python that runs
        def _stop_workers(self) -> None:
            processes = [worker.inner.pid for worker in self.wrks]
            threading.Thread(target=_remind, args=(processes,), daemon=True, name="reminder").start()
            super()._stop_workers()

    return Reminding


def _remind(processes: list[int]) -> None:
    while True:
        time.sleep(REMIND_EVERY_SECONDS)
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)


def _allow_open_files() -> None:
    """Each connection is an open file, and the usual limit of 1024 is soft: raise it as far as it goes."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS says “unlimited” and means less
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _refuse_taken_port(settings: Settings) -> None:
    """The server shares its port with its own workers, and would with a stranger's: look first."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host.strip("[]"), settings.port))
        except OSError as error:
            raise PortTaken(
                f"The address {settings.host}, port {settings.port} cannot be used ({error.strerror}). "
                "Stop what listens there, or set PETITION_PORT to another."
            ) from error


class _Companion:
    """The mail worker's process: started again when it dies, ended with the server."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True, name="mail-worker")

    def start(self) -> None:
        self._watcher.start()

    def stop(self) -> None:
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(KILL_AFTER_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._watcher.is_alive():
            self._watcher.join(5)

    def _watch(self) -> None:
        deaths = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            self._process = subprocess.Popen(self._command, env=os.environ.copy())  # noqa: S603  # our own command
            self._process.wait()
            deaths = 0 if time.monotonic() - started > 60 else deaths + 1
            self._stopping.wait(RESTART_PAUSES[min(deaths, len(RESTART_PAUSES) - 1)])
