"""A connection to PostgreSQL that leaves a server which says nothing.

A server ends what takes too long by itself (statement_timeout), and a dead machine is noticed by the network. What
neither notices is a server that stands still on a machine that lives: its disk hangs, its processes are stopped. It
needs the driver: import it where PostgreSQL is used (engine.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen

Result = TypeVar("Result")


class PatientConnection(Connection):
    """Each of its statements waits for its answer as long as `patience` says; None is for ever."""

    patience: Callable[[], float | None] = staticmethod(lambda: None)

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        try:
            return super().wait(gen, interval, self.patience() if timeout is None else timeout)
        except OperationalError as error:
            if error.sqlstate is None:  # no word of the server's: the line is broken, or it is stuck
                self.close()
            raise
