"""Long work batch by batch, each in a transaction of its own; and looking again where somebody else was quicker."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from petition_app.transactions import is_unique_violation

Answer = TypeVar("Answer")

# So often is looked again: whoever collides more often than that does not do so by chance.
ATTEMPTS = 8


def in_batches(
    batch: Callable[[int], int], renew: Callable[[], object] = lambda: None, *, seconds: float | None = None
) -> bool:
    """Do the next of the work, for so many seconds at most; whether all of it is done.

    `batch` is one transaction: it takes the key after which to go on, and answers with the last one that it did, 0
    where nothing is left. `renew` is called between two of them.
    """
    ends, after = time.monotonic() + (seconds or 0), 0
    while True:
        after = looking_again(partial(batch, after))
        if not after:
            return True
        renew()
        if seconds is not None and time.monotonic() > ends:
            return False


def looking_again(act: Callable[[], Answer]) -> Answer:
    """Do it; and look again where a value was taken meanwhile, such as a seat by somebody who has just confirmed."""
    for _attempt in range(ATTEMPTS):
        try:
            return act()
        except IntegrityError as error:
            if not is_unique_violation(error):
                raise
    raise RuntimeError(f"others were quicker {ATTEMPTS} times: nothing was written")
