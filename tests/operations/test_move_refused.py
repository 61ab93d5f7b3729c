"""What a site is not moved to, and what is not opened before its move is done."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.operations import move as moving
from petition_app.operations.move import target
from petition_app.transactions import writing
from tests.operations.conftest import Run
from tests.operations.moved import everything, psql, silently


class TestRefused:
    """One sentence, and nothing is touched."""

    def refusal(self, run: Run, to: str) -> str:
        done = run("move", "--to", to)
        assert done.exit_code == 1, done.output
        assert isinstance(done.exception, SystemExit)
        assert done.output.startswith("Error: ")
        return done.output

    def test_a_site_is_there(self, full: str, run: Run, postgresql: str) -> None:
        assert run("move", "--to", postgresql).exit_code == 0
        before = everything(postgresql)
        assert "holds a site already" in self.refusal(run, postgresql)
        assert everything(postgresql) == before

    def test_something_else_is_there(self, full: str, run: Run, postgresql: str, tmp_path: Path) -> None:
        psql(postgresql, "CREATE TABLE wp_posts (id int)")
        assert "tables of something else (wp_posts)" in self.refusal(run, postgresql)
        assert psql(postgresql, "SELECT to_regclass('_move_progress')") == (None,)
        for name, content in (("notes.txt", b"my notes, not a database" * 100), ("some.sqlite3", b"")):
            (tmp_path / name).write_bytes(content)
        with sqlite3.connect(tmp_path / "some.sqlite3") as connection:
            connection.execute("CREATE TABLE recipes (id)")
        for name in ("notes.txt", "some.sqlite3"):
            before = (tmp_path / name).read_bytes()
            self.refusal(run, f"sqlite:///{tmp_path / name}")
            assert (tmp_path / name).read_bytes() == before

    def test_the_database_that_it_runs_on(
        self, full: str, run: Run, settings: Settings, postgresql: str, tmp_path: Path
    ) -> None:
        (tmp_path / "link.sqlite3").symlink_to(settings.data_dir / "petition.sqlite3")
        for to in (settings.database_url, f"sqlite:///{tmp_path / 'link.sqlite3'}"):
            assert "runs on already" in self.refusal(run, to)
        moving.move(settings, postgresql, silently)
        by_another_name = postgresql.replace("/data", "/./data")
        with pytest.raises(moving.MoveError, match="holds a site already"):
            moving.move(dataclasses.replace(settings, database_url=postgresql), by_another_name, silently)

    def test_two_moves_at_once(self, full: str, run: Run, postgresql: str) -> None:
        with psycopg.connect(postgresql, autocommit=True) as other:
            other.execute("SELECT pg_advisory_lock(5071971)")
            assert "another move is under way" in self.refusal(run, postgresql)
        assert run("move", "--to", postgresql).exit_code == 0

    @pytest.mark.parametrize(
        ("to", "words"),
        [
            ("postgresql://ada:geheim@127.0.0.1:1/site", "cannot be reached"),
            ("postgresql://127.0.0.1:1/site?password=geheim", "cannot be reached"),
            ("postgresql://ada:geheim@127.0.0.1:port/site", "address of the database is wrong"),
            ("mysql://ada:geheim@127.0.0.1/site", "must begin with"),
            ("sqlite:///", "names no file"),
            ("sqlite:///:memory:", "names no file"),
            ("sqlite:////no/such/folder/x.sqlite3", "cannot be written"),
        ],
    )
    def test_an_address_that_leads_nowhere(self, full: str, run: Run, to: str, words: str) -> None:
        said = self.refusal(run, to)
        assert words in said
        assert "geheim" not in said

    def test_no_site_to_move(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        to = f"sqlite:///{tmp_path / 'x.sqlite3'}"
        monkeypatch.setenv("PETITION_DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite3'}")
        assert "There is no database at" in self.refusal(run, to)
        assert not (tmp_path / "none.sqlite3").exists()
        (tmp_path / "none.sqlite3").touch()
        assert "There is no site in the source" in self.refusal(run, to)
        assert not (tmp_path / "x.sqlite3").exists()

    def test_an_older_schema(self, full: str, run: Run, tmp_path: Path) -> None:
        with writing() as session:
            session.execute(db.text("UPDATE alembic_version SET version_num = '0000'"))
        assert "petition upgrade" in self.refusal(run, f"sqlite:///{tmp_path / 'x.sqlite3'}")


def test_nobody_opens_half_a_site(
    full: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, tried = tmp_path / "there.sqlite3", []

    def look(connection: Any) -> None:
        other = sqlite3.connect(file, timeout=0)
        with contextlib.closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("SELECT count(*) FROM signatures")
        tried.extend(path.stat().st_mode & 0o077 for path in tmp_path.glob("there.sqlite3*"))

    monkeypatch.setattr(target, "set_sequences", look)
    moving.move(settings, f"sqlite:///{file}", silently)
    assert tried
    assert not any(tried)
