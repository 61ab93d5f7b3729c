"""The worker: sends the mails that are due and runs the jobs, until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
import time

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.transport import ServerUnavailable, Transport, transport_for
from petition_app.models.base import now
from petition_app.operations import jobs
from petition_app.transactions import StorageUnavailable

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
# After the mail server did not answer, or the database did not, before it is asked again.
PAUSE_SECONDS = 15.0
# How often a worker looks for jobs that are due: a mail must not wait, a job may.
JOBS_SECONDS = 5.0


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    return stop


def run(app: Flask, stop: threading.Event, *, once: bool = False) -> None:
    """Work until told to stop, the mail in hand finished first; with `once`, until nothing is due."""
    with app.app_context():
        transport = transport_for(app.config["SETTINGS"])
        jobs_round = _Every(JOBS_SECONDS)
        try:
            while not stop.is_set():
                pause = _work(transport, stop, jobs_round)
                if once and pause:
                    return
                stop.wait(pause)
        finally:
            transport.close()
            db.session.remove()
            db.engine.dispose()


class _Every:
    """Says yes once in so many seconds, and at first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = time.monotonic()

    def is_time(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._seconds
        return True


def _work(transport: Transport, stop: threading.Event, jobs_round: _Every) -> float:
    """One round; answers how many seconds to wait for the next."""
    try:
        if jobs_round.is_time():
            jobs.run_due()
        handled = outbox.send_due(now(), transport, stop=stop.is_set)
    except ServerUnavailable as failure:
        log.warning("the mail server cannot be used", extra={"fields": {"reason": str(failure)}})
        return PAUSE_SECONDS
    except (SQLAlchemyError, StorageUnavailable):
        log.exception("the database cannot be used")
        return PAUSE_SECONDS
    finally:
        db.session.remove()
    return 0.0 if handled else IDLE_SECONDS
