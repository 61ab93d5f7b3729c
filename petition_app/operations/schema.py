"""The database's schema: where it is, where it should be, and the way there."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from flask import current_app
from sqlalchemy import inspect, text

from petition_app.engine import without_time_limits
from petition_app.extensions import db
from petition_app.paths import PACKAGE
from petition_app.web.site import settings

_REVISION = re.compile(r"^(revision|down_revision)\b[^=\n]*=\s*['\"]?(\w+)", re.MULTILINE)


@cache
def known_revisions() -> set[str]:
    """The revisions that this program can upgrade from, the newest included."""
    return set(_revisions())


@cache
def newest_revision() -> str:
    """The revision that this program's models are written for: the one that no other follows."""
    revisions = _revisions()
    (newest,) = set(revisions) - set(revisions.values())
    return newest


def _revisions() -> dict[str, str]:
    """Each revision and the one before it, read from the migrations' files: Alembic is large, and only migrates."""
    found = {}
    for file in (PACKAGE / "migrations" / "versions").glob("*.py"):
        names = dict(_REVISION.findall(file.read_text("utf-8")))
        found[names["revision"]] = names["down_revision"]
    return found


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
    from flask_migrate import Migrate
    from flask_migrate import upgrade as run_migrations

    with without_time_limits(), _one_at_a_time():
        Migrate(current_app, db)
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
