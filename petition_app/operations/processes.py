"""How the site's processes hang together. It loads nothing of the program: the process above the others stays small."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import threading

PARENT_CHECK_SECONDS = 1.0
# How many objects more there are before the collector looks for circles among the young ones (Python's own: 700), and
# how often it then looks among the older.
YOUNG, MIDDLE, OLD = 20_000, 20, 50


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


def spare_the_collector() -> None:
    """What is loaded by now stays until the end: it need not be looked through again and again for what could go."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def finish_what_is_begun() -> None:
    """Let the threads of this process, those to come too, not be interrupted for each other at every question.

    The system's usual way is to run at once whoever is woken: the thread that reads questions hands over one and is
    pushed aside by the one that answers it, and so on. As a batch (Linux) it reads all that have come, then all are
    answered. Nobody gets less of the processor by that, only in longer turns.
    """
    with contextlib.suppress(AttributeError, OSError):  # another system, or one that does not let us
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
