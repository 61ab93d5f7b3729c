"""The site in one file and back, while people sign."""

from __future__ import annotations

import io
import sqlite3
import tarfile
import threading
from pathlib import Path

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import Petition
from petition_app.models.counter import confirmed_count
from petition_app.operations import backup as archive
from petition_app.operations.schema import known_revisions
from tests.operations.conftest import Run
from tests.story import confirmed, count_is_exact, number_shown
from tests.visitor import Visitor


def test_there_and_back(app: Flask, client: Visitor, petition: Petition, run: Run, tmp_path: Path) -> None:
    personal = confirmed(app, client)
    file = tmp_path / "site.tar.gz"
    done = run("backup", str(file))
    assert done.exit_code == 0, done.output
    assert "1 confirmed signatures" in done.output
    assert file.stat().st_mode & 0o077 == 0
    confirmed(app, client, email="bob@example.org")
    assert count_is_exact(petition.id) == 2

    done = run("restore", str(file), "--yes")
    assert done.exit_code == 0, done.output
    assert "1 confirmed signatures" in done.output
    assert "What was there before is in" in done.output
    assert count_is_exact(petition.id) == 1
    app.extensions["page_layer"].drop()
    assert number_shown(client) == 1
    assert client.get(personal).status_code == 200

    kept = next(app.config["SETTINGS"].data_dir.glob("before-restore-*.tar.gz"))
    assert run("restore", str(kept), "--yes").exit_code == 0
    assert count_is_exact(petition.id) == 2


def test_on_another_machine_the_links_go_on_working(
    app: Flask, client: Visitor, petition: Petition, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    personal = confirmed(app, client)
    file = tmp_path / "site.tar.gz"
    run("backup", str(file))
    monkeypatch.setenv("PETITION_DATA_DIR", str(tmp_path / "elsewhere"))
    done = run("restore", str(file), "--yes")
    assert done.exit_code == 0, done.output
    assert "Restart the site" in done.output
    from petition_app import create_app

    other = create_app()
    assert other.test_client().get(personal).status_code == 200


@pytest.mark.long
def test_backup_and_restore_while_signatures_come_in(app: Flask, petition: Petition, tmp_path: Path) -> None:
    settings = app.config["SETTINGS"]
    stop, failures, signed = threading.Event(), [], []

    def sign_on(thread: int) -> None:
        client = app.test_client()
        number = 0
        while not stop.is_set():
            number += 1
            try:
                with app.app_context():
                    answer = client.post(
                        "/fr/petitions/clean-water/signatures",
                        data={
                            "given_name": "A", "surname": "B", "email": f"t{thread}n{number}@example.org",
                            "country": "FR", "name_display": "full", "consent_processing": "y",
                        },
                    )  # fmt: skip
                signed.append(answer.status_code)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=sign_on, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    files = []
    for number in range(6):
        file = tmp_path / f"{number}.tar.gz"
        archive.backup(settings, file)
        files.append(file)
    archive.restore(settings, files[2], known_revisions())
    stop.wait(0.5)
    stop.set()
    for thread in threads:
        thread.join(30)
    assert not failures
    assert set(signed) == {303}
    assert len(signed) > 20
    sizes = []
    for file in files:
        with tarfile.open(file) as opened:
            database = opened.extractfile("petition.sqlite3")
            assert database
            (tmp_path / "petition.sqlite3").write_bytes(database.read())
        with sqlite3.connect(tmp_path / "petition.sqlite3") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            sizes.append(connection.execute("SELECT count(*) FROM signatures").fetchone()[0])
    assert sizes == sorted(sizes)
    with sqlite3.connect(settings.data_dir / "petition.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.session.rollback()
    assert confirmed_count(petition.id) == 0


def a_tar(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as opened:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


MANIFEST = b'{"format": "petition_app backup 1", "schema": "0001", "made_at": "now", "confirmed_signatures": 1}'


NO_BACKUPS = {
    "empty": b"",
    "no archive": b"nothing",
    "another file": a_tar(hello=b"x"),
    "a way out": a_tar(**{"..__..__evil": b"x"}),
    "no format": a_tar(**{"manifest.json": b"{}", "petition.sqlite3": b"x"}),
    "no database": a_tar(**{"manifest.json": MANIFEST}),
    "no object": a_tar(**{"manifest.json": b"[1]", "petition.sqlite3": b"x"}),
    "empty database": a_tar(**{"manifest.json": MANIFEST, "petition.sqlite3": b""}),
    "no database file": a_tar(**{"manifest.json": MANIFEST, "petition.sqlite3": b"x"}),
    "damaged": a_tar(**{"manifest.json": MANIFEST, "petition.sqlite3": b"SQLite format 3\x00" + b"\xff" * 5000}),
    "half of one": a_tar(**{"manifest.json": MANIFEST, "petition.sqlite3": bytes(range(256)) * 400})[:300],
}


@pytest.mark.parametrize("content", NO_BACKUPS.values(), ids=NO_BACKUPS)
def test_what_is_no_backup_changes_nothing(
    app: Flask, client: Visitor, petition: Petition, run: Run, tmp_path: Path, content: bytes
) -> None:
    confirmed(app, client)
    file = tmp_path / "file.tar.gz"
    file.write_bytes(content)
    done = run("restore", str(file), "--yes")
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert isinstance(done.exception, SystemExit)
    assert count_is_exact(petition.id) == 1


def test_a_missing_file_and_a_folder_that_is_not_there(run: Run, tmp_path: Path) -> None:
    assert "There is no file" in run("restore", str(tmp_path / "none"), "--yes").output
    assert "cannot be written" in run("backup", str(tmp_path / "no" / "x.tar.gz")).output


class TestOnPostgresql:
    """The database has tools of its own for this."""

    @pytest.fixture
    def engine(self) -> str:
        return "postgresql"

    def test_it_says_which(self, run: Run, tmp_path: Path) -> None:
        assert "pg_dump" in run("backup", str(tmp_path / "x")).output
        assert "pg_restore" in run("restore", str(tmp_path / "x"), "--yes").output
