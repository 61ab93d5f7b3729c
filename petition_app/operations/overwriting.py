"""What was erased leaves the files, too: freed pages, and the log of changes beside the database (WAL).

SQLite overwrites what a row leaves behind (`secure_delete`), but older copies of a page stay in the log until it is
written over, and parts of rows between the rows of a page that was made anew. So the log is emptied every hour, and
after a mass erasure the whole database is written anew (VACUUM). PostgreSQL does the like by itself, in its own time.
"""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

from sqlalchemy.orm import Session

from petition_app.extensions import BUSY_TIMEOUT_MS, db
from petition_app.transactions import StorageUnavailable, turn_to_write

log = logging.getLogger(__name__)

# A number of SQLite's that it does not use itself (PRAGMA user_version): 1 where a VACUUM is owed. It is written with
# the erasure, so that a crash in between forgets neither.
_OWED = 1
# How long the log's emptying waits for a reader, in milliseconds; writers wait meanwhile.
_PATIENCE_MS = 500


def owe_overwriting(session: Session) -> None:
    """Have the database written anew soon; part of the caller's transaction."""
    if _is_sqlite():
        session.connection().exec_driver_sql(f"PRAGMA user_version={_OWED}")


def overwrite() -> bool:
    """Write the database anew if that is owed, and empty the log. False where something was in the way: later, then."""
    if not _is_sqlite():
        return True
    db.session.rollback()  # whoever reads still holds the log
    pooled = db.engine.raw_connection()
    try:
        connection: Any = pooled.driver_connection
        connection.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
        try:
            return _overwrite(connection)
        finally:
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    finally:
        pooled.close()


def _overwrite(connection: sqlite3.Connection) -> bool:
    is_owed = connection.execute("PRAGMA user_version").fetchone()[0] == _OWED
    try:
        with turn_to_write(db.engine):
            if is_owed:
                connection.execute("VACUUM")
            is_empty: bool = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
            if is_owed and is_empty:
                connection.execute("PRAGMA user_version=0")
    except (sqlite3.OperationalError, StorageUnavailable) as error:  # somebody is at it, or the disk is full
        log.warning("what was erased could not be overwritten yet", extra={"fields": {"reason": str(error)}})
        return False
    return is_empty


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"
