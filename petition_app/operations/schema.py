"""The database's schema: where it is, where it should be, and the way there."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import inspect, text

from petition_app.extensions import db
from petition_app.paths import PACKAGE
from petition_app.web.site import settings


def known_revisions() -> set[str]:
    """The revisions that this program can upgrade from, the newest included."""
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory(str(PACKAGE / "migrations")).walk_revisions()}


@cache
def newest_revision() -> str:
    """The revision that this program's models are written for."""
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory(str(PACKAGE / "migrations")).get_current_head())


def revision() -> str | None:
    """The revision that the database is at; None for an empty one."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found


def upgrade() -> bool:
    """Migrate to the newest revision; False where the database was there already. One process at a time does it."""
    if revision() == newest_revision():
        return False
    from flask_migrate import upgrade as run_migrations

    with _one_at_a_time():
        run_migrations(directory=str(PACKAGE / "migrations"))
    return True


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not settings().on_sqlite:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(5071970)"))
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(5071970)"))
        return
    settings().data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings().data_dir / ".upgrade.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
