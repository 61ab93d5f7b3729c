"""A move that is broken off, killed or disturbed goes on where it was, and says that it is not done before it is."""

from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import (
    Table,
    update,
)

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.models import Signature
from petition_app.operations import move as moving
from petition_app.operations.move import rows, target
from petition_app.transactions import writing
from tests.operations.conftest import Run
from tests.operations.moved import add_signatures, everything, other_site, psql, silently
from tests.server import wait_until
from tests.story import sign


class TestInterrupted:
    """What was copied stays; what has changed since is mended."""

    @pytest.fixture
    def stopped(
        self, app: Flask, full: str, settings: Settings, postgresql: str, monkeypatch: pytest.MonkeyPatch
    ) -> str:
        """The URL of a target whose move ended in the middle of a table."""
        add_signatures(50)
        write, written = rows.write, []

        def stop_at_the_third(connection: Any, place: Any, table: Table, batch: list[Any]) -> None:
            written.append(table.name)
            if written.count("signatures") == 3:
                raise KeyboardInterrupt
            write(connection, place, table, batch)

        with monkeypatch.context() as patch:
            patch.setattr(rows, "BATCH", 7)
            patch.setattr(rows, "write", stop_at_the_third)
            with pytest.raises(KeyboardInterrupt):
                moving.move(settings, postgresql, silently)
        assert psql(postgresql, "SELECT count(*) FROM signatures") == (14,)
        return postgresql

    def test_it_goes_on(self, stopped: str, settings: Settings, run: Run) -> None:
        first = psql(stopped, "SELECT xmin::text FROM signatures WHERE id = 1")
        done = run("move", "--to", stopped)
        assert done.exit_code == 0, done.output
        assert "Copying again" not in done.output
        assert psql(stopped, "SELECT xmin::text FROM signatures WHERE id = 1") == first, "it was not written again"
        assert everything(stopped) == everything(settings.database_url)

    def test_ctrl_c_and_a_lost_connection(
        self, stopped: str, settings: Settings, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = rows.write

        def interrupted(*arguments: Any) -> None:
            raise KeyboardInterrupt

        def cut_off(connection: Any, *arguments: Any) -> None:
            psql(stopped, f"SELECT pg_terminate_backend({connection.connection.dbapi_connection.info.backend_pid})")
            write(connection, *arguments)

        for failure, words in ((interrupted, "Interrupted."), (cut_off, "was lost: ")):
            with monkeypatch.context() as patch:
                patch.setattr(rows, "write", failure)
                done = run("move", "--to", stopped)
            assert done.exit_code == 1
            assert isinstance(done.exception, SystemExit)
            assert words in done.output
            assert "Run the same command again" in done.output
        assert run("move", "--to", stopped).exit_code == 0
        assert everything(stopped) == everything(settings.database_url)

    def test_the_source_went_on_in_between(self, stopped: str, settings: Settings, run: Run) -> None:
        with writing() as session:
            session.execute(update(Signature).where(Signature.id == 2).values(given_name="Roberta"))
            session.query(Signature).filter_by(id=5).delete()
        add_signatures(3)
        done = run("move", "--to", stopped)
        assert done.exit_code == 0, done.output
        assert "Copying again, for it has changed: signatures" in done.output
        assert everything(stopped) == everything(settings.database_url)

    def test_another_site_is_not_mixed_in(self, stopped: str, settings: Settings, tmp_path: Path) -> None:
        other = tmp_path / "other.sqlite3"
        with sqlite3.connect(settings.data_dir / "petition.sqlite3") as here, sqlite3.connect(other) as there:
            here.backup(there)
        with pytest.raises(moving.MoveError, match="interrupted move of another site"):
            moving.move(dataclasses.replace(settings, database_url=f"sqlite:///{other}"), stopped, silently)

    def test_half_a_site_is_no_source(self, stopped: str, settings: Settings, tmp_path: Path) -> None:
        with pytest.raises(moving.MoveError, match="finish that one first"):
            moving.move(
                dataclasses.replace(settings, database_url=stopped), f"sqlite:///{tmp_path / 'x.sqlite3'}", silently
            )


@pytest.mark.long
@pytest.mark.parametrize("to", ["postgresql", "sqlite"])
def test_killed_half_way(
    app: Flask, full: str, run: Run, settings: Settings, postgresql: str, to: str, tmp_path: Path
) -> None:
    """SIGKILL, twice, then again to the end."""
    add_signatures(60_000)
    file = tmp_path / "there.sqlite3"
    url = postgresql if to == "postgresql" else f"sqlite:///{file}"

    def has_come(least: int) -> bool:
        if to == "sqlite":
            return file.exists() and file.stat().st_size > 500_000 + least * 300
        with psycopg.connect(url) as connection:
            there = connection.execute("SELECT to_regclass('signatures')").fetchone()
            if there == (None,):
                return False
            return connection.execute("SELECT count(*) FROM signatures").fetchone() >= (least,)  # type: ignore[operator]

    for least in (5_000, 20_000):
        with subprocess.Popen(
            [sys.executable, "-m", "petition_app", "move", "--to", url],
            env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            wait_until(lambda least=least: has_come(least), 60)  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL, "it was killed before it was done"
    done = run("move", "--to", url)
    assert done.exit_code == 0, done.output
    assert "Copying again" not in done.output
    assert everything(url) == everything(settings.database_url)


class TestNotDone:
    """It says that it is done only when it is."""

    def test_one_byte_in_the_target(
        self, full: str, run: Run, settings: Settings, postgresql: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def flip(connection: Any) -> None:
            psql(postgresql, "UPDATE comments SET text = overlay(text placing 'o' from 1 for 1) WHERE id = 1")

        with monkeypatch.context() as patch:
            patch.setattr(target, "set_sequences", flip)
            done = run("move", "--to", postgresql)
        assert done.exit_code == 1
        assert "the table comments has" in done.output
        assert "Done" not in done.output
        done = run("move", "--to", postgresql)
        assert done.exit_code == 0, done.output
        assert everything(postgresql) == everything(settings.database_url)

    def test_a_row_too_many(self, full: str, run: Run, postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(target, "set_sequences", lambda _: psql(postgresql, "DELETE FROM recipients WHERE id = 2"))
        assert "the table recipients has" in run("move", "--to", postgresql).output

    @pytest.mark.parametrize("source", ["sqlite", "postgresql"])
    def test_signed_meanwhile(
        self,
        app: Flask,
        full: str,
        settings: Settings,
        postgresql: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        source: str,
    ) -> None:
        here, there = settings, postgresql
        if source == "postgresql":
            moving.move(settings, postgresql, silently)
            here = dataclasses.replace(settings, database_url=postgresql)
            there = f"sqlite:///{tmp_path / 'there.sqlite3'}"
        site = other_site(app, here.database_url)

        def somebody_signs(connection: Any) -> None:
            with site.app_context():
                assert sign(site.test_client(), email="late@example.org").status_code == 303
                db.session.remove()
                db.engine.dispose()

        with monkeypatch.context() as patch:
            patch.setattr(target, "set_sequences", somebody_signs)
            with pytest.raises(moving.MoveError, match="was written to while it was copied"):
                moving.move(here, there, silently)
        assert moving.move(here, there, silently).was_resumed
        assert everything(there) == everything(here.database_url)

    def test_a_row_that_postgresql_refuses(self, full: str, run: Run, settings: Settings, postgresql: str) -> None:
        with writing() as session:
            session.execute(update(Signature).where(Signature.id == 2).values(surname="Tém\0oin"))
        done = run("move", "--to", postgresql)
        assert done.exit_code == 1
        assert "row id=2 of the table signatures" in done.output
        assert "its surname holds a NUL" in done.output
        with writing() as session:
            session.execute(update(Signature).where(Signature.id == 2).values(surname="Geheim" * 30))
        done = run("move", "--to", postgresql)
        assert "row id=2 of the table signatures" in done.output
        assert "(Column: surname.)" in done.output
        assert "Geheim" not in done.output
        with writing() as session:
            session.execute(update(Signature).where(Signature.id == 2).values(surname="Témoin"))
        assert run("move", "--to", postgresql).exit_code == 0
