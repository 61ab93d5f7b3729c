"""How the program holds its connections to PostgreSQL: few, checked, and none that waits for ever.

A server that is gone is noticed within seconds, so that a page answers 503 in place of hanging, and what waits is
answered again as soon as there is a server; nothing has to be restarted. SQLite is prepared in extensions.py.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from petition_app.config import REQUESTS_AT_ONCE, Settings
from petition_app.config_sources import ConfigurationError

# One for each request that may be in Flask at a time, and a few for those that were let in beside them because others
# are held up.
POOL_SIZE = REQUESTS_AT_ONCE
MOST_BESIDE = 2
# Seconds. A thread waits for a free connection, and for a new one, less than a browser waits for its answer. An old
# connection is made anew, so that a restarted balancer or a promoted standby takes its share.
POOL_TIMEOUT = 5
CONNECT_TIMEOUT = 3  # for each host that the address names
RECYCLE_AFTER = 1_800
# Seconds. A connection that has rested longer is asked whether it still is one before it is used. One that was used
# just now is known to be; asking each time would be a sixth of what a signature asks of the server.
PING_AFTER = 1.0
# Milliseconds. Whoever waits for a row that another holds waits behind others, too; and a transaction that its
# program has forgotten is ended, for it holds its rows.
LOCK_TIMEOUT = 5_000
IDLE_IN_TRANSACTION_TIMEOUT = 60_000
# A machine that has lost its power says nothing: after so long without a word it is taken for dead.
SILENCE_S = 5
# Seconds beyond the statement timeout. A server that has not answered by then is stuck, and its own limits with it. A
# commit that waits until a silent standby is given up (deploy/cluster) takes less.
STUCK_AFTER_MORE = 10

# The error class 25 is PostgreSQL's for a server that only reads: a standby, or a primary that has just become one.
READ_ONLY_SERVER = "25006"
# And of one that has ended a transaction in which nothing came for too long: this process had been stopped meanwhile.
STATES_OF_THE_SERVER = (READ_ONLY_SERVER, "25P03")

_unlimited: ContextVar[bool] = ContextVar("unlimited", default=False)


def options(settings: Settings) -> dict[str, Any]:
    """What SQLAlchemy's engine is made with. Raises ConfigurationError where the driver is not installed."""
    # Parameters hold names and addresses: they stay out of error messages, and so out of logs.
    if settings.on_sqlite:
        # The connection that was used last knows most of the database's pages still.
        return {
            "hide_parameters": True,
            "pool_use_lifo": True,
            "pool_size": POOL_SIZE,
            "max_overflow": POOL_SIZE,  # a file costs little; all threads may be held up at once
            "pool_timeout": POOL_TIMEOUT,
        }
    _check_driver()
    return {
        "hide_parameters": True,
        "isolation_level": "READ COMMITTED",  # `writing` counts on it, whatever the server's own default is
        "pool_size": POOL_SIZE,
        "max_overflow": MOST_BESIDE,
        "pool_timeout": POOL_TIMEOUT,
        "pool_recycle": RECYCLE_AFTER,
        "connect_args": _connect_args(_url(settings), settings.statement_timeout),
    }


def prepare(engine: Engine, settings: Settings) -> None:
    """Have transactions of `without_time_limits` lift the limits; leave a standby, and a server that is stuck."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "do_connect", _patient_connect(settings.statement_timeout + STUCK_AFTER_MORE))
        engine.dialect.do_ping = _quick(engine.dialect.do_ping)  # type: ignore[method-assign, assignment]
        event.listen(engine, "checkin", _on_checkin)
        event.listen(engine, "checkout", partial(_on_checkout, engine.dialect))
        event.listen(engine, "begin", _on_begin)
        event.listen(engine, "handle_error", _on_error)


@contextmanager
def without_time_limits() -> Iterator[None]:
    """Let the transactions that begin in this block, in this thread, last as long as they need.

    For what an operator asks for and waits for: a migration, an export, a million rows.
    """
    token = _unlimited.set(True)
    try:
        yield
    finally:
        _unlimited.reset(token)


def has_no_time_limits() -> bool:
    """Whether the transactions that begin now have none."""
    return _unlimited.get()


def _check_driver() -> None:
    try:
        import psycopg  # noqa: F401  # SQLAlchemy loads it later, where it would be no sentence
    except ImportError as error:
        raise ConfigurationError(
            [
                f"PETITION_DATABASE_URL names a PostgreSQL database, but its driver cannot be loaded ({error}). "
                "Install it: make install EXTRAS=postgres"
            ]
        ) from error


def _url(settings: Settings) -> URL:
    try:
        return make_url(settings.database_url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            [
                "PETITION_DATABASE_URL is wrong: write it as postgresql://user:password@host:5432/name, with %-escapes "
                "for what is special in a password."
            ]
        ) from None  # the error repeats the address


def _connect_args(url: URL, statement_timeout: int) -> dict[str, Any]:
    """libpq's parameters (its manual, 32.1.2); those that the address itself names go before."""
    limits = {
        "statement_timeout": statement_timeout * 1_000,
        "lock_timeout": LOCK_TIMEOUT,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT,
    }
    own = {
        "connect_timeout": CONNECT_TIMEOUT,
        "application_name": f"petition {socket.gethostname()}"[:63],
        "keepalives": 1,
        "keepalives_idle": 2,
        "keepalives_interval": 1,
        "keepalives_count": 3,
        "tcp_user_timeout": SILENCE_S * 1_000,
    }
    named = url.query.get("options", "")
    more = named if isinstance(named, str) else " ".join(named)
    settings = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return {
        **{name: value for name, value in own.items() if name not in url.query},
        "options": f"{settings} {more}".strip(),
    }


def _on_checkin(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _on_checkout(dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask a connection that has rested whether it is alive; if it is not, it and all older ones are made anew."""
    since = record.info.get("rests_since")
    if since is None or time.monotonic() - since < PING_AFTER:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _patient_connect(seconds: float) -> Callable[..., Any]:
    """What the engine connects by."""
    from petition_app.patience import PatientConnection

    def connect(
        _dialect: Dialect, _record: ConnectionPoolEntry, arguments: list[Any], parameters: dict[str, Any]
    ) -> PatientConnection:
        connection = PatientConnection.connect(*arguments, **parameters)
        connection.patience = lambda: None if _unlimited.get() else seconds
        return connection

    return connect


def _quick(ping: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Try a connection for seconds only: each process finds out by itself, and a thread waits meanwhile."""

    def quick_ping(connection: Any) -> bool:
        usual, connection.patience = connection.patience, lambda: SILENCE_S
        try:
            return ping(connection)
        finally:
            connection.patience = usual

    return quick_ping


def _on_begin(connection: Connection) -> None:
    """The limits come back by themselves with the end of the transaction."""
    if _unlimited.get():
        for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {limit} = 0")


def _on_error(context: ExceptionContext) -> None:
    """A server that does not take writes any more is left by all connections: the address may name another one."""
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY_SERVER:
        context.is_disconnect = True
