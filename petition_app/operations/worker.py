"""The worker: sends the mails that are due and runs the jobs, until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
import time

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from petition_app.extensions import db
from petition_app.files import making
from petition_app.mail import outbox
from petition_app.mail.transport import ServerUnavailable, Transport, transport_for
from petition_app.models.base import now
from petition_app.operations import jobs
from petition_app.operations.processes import STOP_SIGNALS, Call, spare_the_collector
from petition_app.operations.workshop import Workshop
from petition_app.sealing.handing_over import Receiver
from petition_app.site import effective
from petition_app.transactions import StorageUnavailable
from petition_app.web.site import settings

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
# How often a worker looks whether a job is due.
JOBS_SECONDS = 5.0
# How often it looks whether a file is ordered: somebody waits for it in front of the screen.
FILES_SECONDS = 1.0
# After the mail server did not answer, or the database did not, before it is asked again.
PAUSE_SECONDS = 15.0


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = Call()
    for name in STOP_SIGNALS:
        signal.signal(name, lambda *_: stop.set())
    return stop


def run(app: Flask, stop: threading.Event, *, once: bool = False) -> None:
    """Work until told to stop, the mail in hand finished first; with `once`, until nothing is due."""
    with app.app_context():
        worker = _Worker(stop, with_workshop=not once)
        spare_the_collector()
        try:
            while not stop.is_set():
                pause = worker.work()
                if once and pause:
                    making.make_due(stop.is_set)
                    return
                stop.wait(pause)
        finally:
            worker.close()
            _end_session()
            db.engine.dispose()


class _Worker:
    """One of perhaps several."""

    def __init__(self, stop: threading.Event, *, with_workshop: bool) -> None:
        self._stop = stop
        self._server = settings().mail_server
        self._transport: Transport = transport_for(settings())
        self._unmarked = outbox.Unmarked()
        self._looked = self._looked_for_files = float("-inf")
        self._workshop = Workshop() if with_workshop else None
        self._receiver = Receiver()

    def work(self) -> float:
        """One round; answers how many seconds to wait for the next."""
        try:
            self._follow_settings()
            self._receiver.attend()
            if time.monotonic() - self._looked >= JOBS_SECONDS:
                self._looked = time.monotonic()
                jobs.run_due()
            if self._workshop is not None and time.monotonic() - self._looked_for_files >= FILES_SECONDS:
                self._looked_for_files = time.monotonic()
                self._workshop.open_if_due(now())
            handled = outbox.send_due(now(), self._transport, stop=self._is_stopped, unmarked=self._unmarked)
        except ServerUnavailable as failure:
            log.warning("the mail server cannot be used", extra={"fields": {"reason": str(failure)}})
            return PAUSE_SECONDS
        except (SQLAlchemyError, StorageUnavailable):
            log.exception("the database cannot be used")
            return PAUSE_SECONDS
        finally:
            _end_session()
        return 0.0 if handled else IDLE_SECONDS

    def _is_stopped(self) -> bool:
        """Asked before each mail: meanwhile the site is told that this worker lives."""
        self._receiver.attend()
        return self._stop.is_set()

    def _follow_settings(self) -> None:
        """What was changed in the browser holds from the next mail on."""
        effective.look()
        if settings().mail_server != self._server:
            self._transport.close()
            self._server, self._transport = settings().mail_server, transport_for(settings())

    def close(self) -> None:
        self._transport.close()
        if self._workshop is not None:
            self._workshop.close()
        try:
            self._receiver.close()
        except (SQLAlchemyError, StorageUnavailable):
            log.warning("the end of this worker could not be told")


def _end_session() -> None:
    try:
        db.session.remove()
    except SQLAlchemyError:  # the connection broke: there is nothing left to undo
        db.session.registry.clear()
