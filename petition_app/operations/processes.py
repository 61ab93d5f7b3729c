"""How the site's processes hang together. It loads nothing of the program: the process above the others stays small."""

from __future__ import annotations

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
