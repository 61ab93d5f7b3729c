"""A site goes to PostgreSQL and comes back, and nothing of it is lost."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest
from flask import Flask

from petition_app import create_app
from petition_app.config import Settings
from petition_app.extensions import Base, db
from petition_app.operations import move as moving
from tests.conftest import make_settings
from tests.operations.conftest import Run
from tests.operations.moved import everything, other_site, psql, silently
from tests.story import confirmed, count_is_exact, mails, number_shown


def test_there_and_back(
    app: Flask,
    full: str,
    run: Run,
    settings: Settings,
    postgresql: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, file = everything(settings.database_url), settings.data_dir / "petition.sqlite3"
    assert all(before.values()), "every table has rows"
    bytes_before = hashlib.sha256(file.read_bytes()).hexdigest()
    done = run("move", "--to", postgresql)
    assert done.exit_code == 0, done.output
    assert everything(postgresql) == before
    assert everything(settings.database_url) == before
    assert hashlib.sha256(file.read_bytes()).hexdigest() == bytes_before
    assert psql(postgresql, "SELECT to_regclass('_move_progress')") == (None,)
    assert psql(postgresql, "SELECT version_num FROM alembic_version")
    assert settings.secret_key not in done.output
    assert str(settings.data_dir / "secret_key") in done.output

    monkeypatch.setenv("PETITION_DATABASE_URL", postgresql)
    monkeypatch.setenv("PETITION_SECRET_KEY", settings.secret_key)
    back = tmp_path / "back again.sqlite3"
    done = run("move", "--to", f"sqlite:///{back}")
    assert done.exit_code == 0, done.output
    assert "Keep PETITION_SECRET_KEY" in done.output
    assert everything(f"sqlite:///{back}") == before
    assert back.stat().st_mode & 0o077 == 0
    with sqlite3.connect(back) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_every_table_is_moved(app: Flask, full: str, settings: Settings, postgresql: str) -> None:
    done = moving.move(settings, postgresql, silently)
    assert set(done.tables) == set(Base.metadata.tables)
    assert all(checksum.rows for checksum in done.tables.values())


def test_the_site_goes_on_where_it_is_now(app: Flask, full: str, run: Run, postgresql: str, tmp_path: Path) -> None:
    """The same count, the links of old mails, and who signs next."""
    shown = number_shown(app.test_client())
    assert run("move", "--to", postgresql).exit_code == 0
    other = other_site(app, postgresql)
    with other.app_context():
        client = other.test_client()
        assert number_shown(client) == shown == 2
        assert client.get(full).status_code == 200
        assert client.get("/fr/petitions/clean-water").status_code == 200
        mails(other)
        personal = confirmed(other, client, given_name="Dora", email="dora@example.org", comment="Moi aussi")
        assert client.get(personal).status_code == 200
        assert count_is_exact(1) == 3
        other.extensions["page_layer"].drop()
        assert number_shown(client) == 3
        db.session.remove()
        db.engine.dispose()
    assert count_is_exact(1) == 2


class TestTheSecret:
    """Links in mails that went out open by one secret only."""

    def test_a_fresh_one_made_for_the_move(
        self, full: str, run: Run, postgresql: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PETITION_SECRET_KEY", "fresh" * 10)
        done = run("move", "--to", postgresql)
        assert done.exit_code == 1
        assert "open with one of the two only" in done.output
        assert psql(postgresql, "SELECT to_regclass('signatures')") == (None,)

    def test_the_same_one(
        self, full: str, run: Run, settings: Settings, postgresql: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PETITION_SECRET_KEY", settings.secret_key)
        done = run("move", "--to", postgresql)
        assert done.exit_code == 0, done.output
        assert "Keep PETITION_SECRET_KEY" in done.output

    def test_none_where_the_command_runs(
        self, full: str, run: Run, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PETITION_DATABASE_URL", settings.database_url)
        monkeypatch.setenv("PETITION_DATA_DIR", str(tmp_path / "elsewhere"))
        for _ in range(2):
            done = run("move", "--to", f"sqlite:///{tmp_path / 'x.sqlite3'}")
            assert done.exit_code == 1
            assert "There is no secret_key in" in done.output
        assert not list((tmp_path / "elsewhere").iterdir())


def test_settings_of_the_copy_are_settings(full: str, settings: Settings, postgresql: str, tmp_path: Path) -> None:
    """What it tells to set is what the site starts with."""
    moving.move(settings, postgresql, silently)
    there = make_settings(tmp_path / "node", PETITION_DATABASE_URL=postgresql, PETITION_SECRET_KEY=settings.secret_key)
    other = create_app(there)
    assert other.test_client().get(full).status_code == 200
    with other.app_context():
        db.session.remove()
        db.engine.dispose()
