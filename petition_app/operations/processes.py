"""How the site's processes hang together: none outlives the one that started it, and each spares the collector."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# How often one who waits for a signal looks up by himself.
LOOK_UP_SECONDS = 0.5
PARENT_CHECK_SECONDS = 1.0
# How many objects more there are before the collector looks for circles among the young ones (Python's own: 700), and
# how often it then looks among the older.
YOUNG, MIDDLE, OLD = 20_000, 20, 50


class Call(threading.Event):
    """An event for the handler of a signal to set, at any moment, while the main thread waits for it.

    A handler runs in the main thread between two of its steps. Should the thread just hold an event's own lock, its
    handler would wait for that for ever; to let go of a lock waits for nothing. And the system may give a signal to
    another thread, which leaves the main thread asleep and Python's handler not run: so it looks up now and then.
    """

    def __init__(self) -> None:
        super().__init__()
        self._called = False
        self._asleep = threading.Lock()  # waited for by the one who holds it, until somebody else lets go of it
        self._asleep.acquire()

    def is_set(self) -> bool:
        return self._called

    def set(self) -> None:
        self._called = True
        with suppress(RuntimeError):  # nobody has taken it since the last time
            self._asleep.release()

    def clear(self) -> None:
        self._called = False

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is set, or for so many seconds; answers whether it is."""
        end = None if timeout is None else time.monotonic() + timeout
        while not self._called:
            left = LOOK_UP_SECONDS if end is None else min(end - time.monotonic(), LOOK_UP_SECONDS)
            if left <= 0:
                break
            self._asleep.acquire(timeout=left)
        return self._called


def end_with(parent: int) -> None:
    """End this process when the one that started it, by this id, is gone, however it went: nothing is left behind."""

    def watch() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(PARENT_CHECK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        pause.wait(10)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()


def end_with_parent() -> None:
    """The same, in a process that `multiprocessing` has started."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid)


def spare_the_collector() -> None:
    """What is loaded by now stays until the end: it need not be looked through again and again for what could go."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
