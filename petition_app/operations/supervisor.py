"""The process above the server's own: it replaces those that die, however often, and stops them all together."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from petition_app.operations.processes import Call

log = logging.getLogger(__name__)

REMIND_EVERY_SECONDS = 0.5
# Before a process is replaced that has died for the nth time in a row; a fork costs little, and readers wait.
REPLACE_PAUSES = (0, 0.1, 0.2, 0.5, 1, 2)  # seconds
# One that has lived so long does not die in a row.
LIVED_SECONDS = 60
_LOOK_EVERY_SECONDS = 0.05


def supervisor_class() -> Any:
    """Granian's server, which otherwise ends a site of which a process dies twice within seconds (2.8).

    Its loop, its signals and its way to start a process are its own.
    """
    from granian.server import Server

    class Supervisor(Server):  # type: ignore[misc, valid-type]  # its class depends on the Python that runs
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.main_loop_interrupt = Call()
            self._deaths: Counter[int] = Counter()
            self._unreplaced: set[int] = set()  # places of which the last replacement could not be started
            self._latest: Any = None  # the process that was begun last

        def _spawn_worker(self, *args: Any, **options: Any) -> Any:
            self._latest = super()._spawn_worker(*args, **options)
            return self._latest

        def _spawn_workers(self, *args: Any, **options: Any) -> None:
            """All of them, or none: this process would wait at its end for those that nobody has told to stop."""
            try:
                super()._spawn_workers(*args, **options)
            except BaseException:
                self._undo_latest()
                self._stop_workers()
                raise

        def _respawn_workers(self, workers: Sequence[int], *args: Any, **options: Any) -> None:
            """Called from the loop, with the places of those that have died, or of all that are to be replaced."""
            self._pause(max(self._pause_for(place) for place in workers))
            for place in workers:
                if not self.interrupt_signal:
                    self._replace(place, *args, **options)
            self.respawned_wrks.clear()  # by this the loop tells that one died twice within seconds
            # What came while it was busy; the loop may have put its own sign of it away.
            if self.interrupt_children or self.interrupt_signal:
                self.main_loop_interrupt.set()

        def _pause_for(self, place: int) -> float:
            worker = self.wrks[place]
            if worker.is_alive() and place not in self._unreplaced:  # a signal asked for new ones
                return 0
            lived = time.monotonic() - worker.birth
            self._deaths[place] = 0 if lived > LIVED_SECONDS else self._deaths[place] + 1
            return REPLACE_PAUSES[min(self._deaths[place], len(REPLACE_PAUSES) - 1)]

        def _pause(self, seconds: float) -> None:
            """A stop ends it: the signal's handler runs here, so that nothing that locks may be waited for."""
            end = time.monotonic() + seconds
            while time.monotonic() < end and not self.interrupt_signal:
                time.sleep(_LOOK_EVERY_SECONDS)

        def _replace(self, place: int, *args: Any, **options: Any) -> None:
            before = list(self.wrks)
            try:
                super()._respawn_workers([place], *args, **options)
                self._unreplaced.discard(place)
            except (OSError, RuntimeError):  # no memory, or too many processes or threads: later again, and later still
                log.exception("a server process could not be started again")
                self._undo_latest()
                self._unreplaced.add(place)
                self.wrks[:] = before
                before[place].birth = time.monotonic()  # as if it had died just now
                self.interrupt_children.append(place)

        def _undo_latest(self) -> None:
            """End a process that has begun, but without the thread that would watch it."""
            latest = self._latest
            if latest is not None and latest not in self.wrks and latest.inner.pid is not None:
                latest.kill()
                latest.join()

        def _stop_workers(self) -> None:
            """They are told again to stop, for now and then one misses the first signal (2.8)."""
            processes = [worker.inner.pid for worker in self.wrks]
            with contextlib.suppress(RuntimeError):  # no thread can be begun: they are killed, should they miss it
                threading.Thread(target=_remind, args=(processes,), daemon=True, name="reminder").start()
            super()._stop_workers()

    return Supervisor


def _remind(processes: list[int]) -> None:
    while True:
        time.sleep(REMIND_EVERY_SECONDS)
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
