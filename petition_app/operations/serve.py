"""The site as one process to start and stop: the server with its workers, and the mail worker beside it."""

from __future__ import annotations

import contextlib
import resource
import socket
import sys
from collections.abc import Callable
from typing import Any

from petition_app.config import REQUESTS_AT_ONCE, Settings
from petition_app.operations import logs
from petition_app.operations.companion import Companion
from petition_app.operations.loaded import application, share
from petition_app.operations.processes import end_with_parent, spare_the_collector
from petition_app.operations.supervisor import supervisor_class

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


class PortTaken(Exception):
    """Somebody else listens there."""


def load(_target: str) -> Any:
    """The WSGI application, in one of the server's worker processes."""
    end_with_parent()
    logs.configure()
    from petition_app.statistics.visits import write_regularly

    app = application()
    write_regularly(app)
    spare_the_collector()
    sys.setswitchinterval(SWITCH_SECONDS)
    return app.wsgi_app


def serve(settings: Settings, *, with_worker: bool, announce: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is called once it listens. Raises PortTaken."""
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    _refuse_taken_port(settings)
    _allow_open_files()
    share()
    server = supervisor_class()(
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
    worker = Companion() if with_worker else None
    if worker is not None:
        server.on_startup(worker.start)
    server.on_startup(announce)
    try:
        server.serve(target_loader=load)
    finally:
        if worker is not None:
            worker.stop()


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
