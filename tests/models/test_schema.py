"""The migrations make the very schema that the models are written for."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from petition_app.extensions import db
from tests.databases import both_engines


@both_engines
def test_models_and_migrations_agree(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, db.metadata) == []


class TestOnADisk:
    @pytest.fixture
    def spares_the_disk(self) -> bool:
        return False

    def test_sqlite_keeps_what_it_acknowledged(self, app: Flask) -> None:
        pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 12_000}
        with db.engine.connect() as connection:
            for name, value in pragmas.items():
                assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value
