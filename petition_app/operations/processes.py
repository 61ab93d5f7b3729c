"""How the site's processes hang together. It loads nothing of the program: the process above the others stays small."""

from __future__ import annotations

import os
import signal
import threading

PARENT_CHECK_SECONDS = 1.0


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
