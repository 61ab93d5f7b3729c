"""A site goes to PostgreSQL and comes back, and nothing of it is lost."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
    func,
    insert,
    select,
    update,
)

from petition_app import create_app
from petition_app.config import Settings
from petition_app.extensions import Base, db
from petition_app.models import Petition, Signature
from petition_app.models.base import UTCDateTime
from petition_app.operations import move as moving
from petition_app.operations.move import rows, target
from petition_app.operations.move.places import Place
from petition_app.transactions import writing
from tests.conftest import make_settings
from tests.databases import copied_database
from tests.operations.conftest import Run
from tests.server import wait_until
from tests.story import BOB, CHARLIE, confirmed, count_is_exact, mails, number_shown, sign
from tests.visitor import Visitor

ODD = "a\r\n\t\\N \"'\u200d🧑‍🚒\u0301 ف \x7f" + "é" * 20_000
Rows = dict[str, list[Any]]


@pytest.fixture
def postgresql(empty_postgresql: str) -> Iterator[str]:
    """The URL of an empty database."""
    with copied_database(empty_postgresql, f"moved_{uuid.uuid4().hex}") as url:
        psql(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        yield url


@pytest.fixture
def full(app: Flask, client: Visitor, petition: Petition) -> str:
    """A site with something in every table; answers with the path of a personal page."""
    personal = confirmed(app, client, comment="Oui 🌊")
    confirmed(app, client, **{**BOB, "comment": ODD[:40].replace("\x7f", "")})
    sign(client, **CHARLIE)
    with writing() as session:
        session.execute(update(Base.metadata.tables["petition_texts"]).values(body=ODD))
        for table in Base.metadata.sorted_tables:
            if session.scalar(select(func.count()).select_from(table)) == 0:
                session.execute(insert(table), a_row(session, table))
    return personal


def a_row(session: Any, table: Table) -> dict[str, Any]:
    """A row that any table takes, so that one that is added is tried without a word about it here."""
    return {column.name: a_value(session, table, column) for column in table.columns}


def a_value(session: Any, table: Table, column: Column[Any]) -> Any:
    for key in column.foreign_keys:
        return session.scalar(select(key.column).limit(1))
    for check in table.constraints:
        if isinstance(check, CheckConstraint) and (
            found := re.search(rf"\b{column.name} IN \('([^']*)'", str(check.sqltext))
        ):
            return found[1]
    kinds: list[tuple[Any, Any]] = [
        (Boolean, True),
        (Integer, 1),
        (Date, date(2026, 2, 28)),
        (UTCDateTime, datetime(2026, 2, 28, 23, 59, 59, 999999, UTC)),
        (LargeBinary, b"\0\xff\n"),
        (JSON, {"b": [1, None, "é"], "a": {}}),
        (Float, 0.1),
    ]
    for kind, value in kinds:
        if isinstance(column.type, kind):
            return value
    return ODD[: getattr(column.type, "length", None) or 100]


def psql(url: str, statement: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[call-overload]  # statements of the tests' own
        return cursor.fetchone() if cursor.description else None


def everything(url: str) -> Rows:
    """Every row of every table, as Python sees it."""
    with Place.of(url).connect(read_only=True) as connection:
        return {
            t.name: sorted(map(tuple, connection.execute(select(t))), key=repr) for t in Base.metadata.sorted_tables
        }


def other_site(app: Flask, url: str) -> Flask:
    """The same site on another database, as it is after a restart with other settings."""
    other = create_app(dataclasses.replace(app.config["SETTINGS"], database_url=url))
    other.test_client_class = Visitor
    return other


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


@contextlib.contextmanager
def silently(verb: str, table: str, total: int) -> Iterator[Callable[[int], None]]:
    yield lambda rows: None


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


def add_signatures(number: int) -> None:
    """More signatures, by Core, for many are wanted."""
    with writing() as session:
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        fixed = {
            "petition_id": 1, "text_id": 1, "locale": "fr", "status": "confirmed", "given_name": "Ada",
            "surname": "Exemple", "name_key": "ada exemple", "postal_code": "75011", "country": "FR", "seat": 1,
            "name_display": "full", "invalidated_reason": "", "created_at": moment, "confirmed_at": moment,
        }  # fmt: skip
        session.execute(
            insert(Signature.__table__),  # type: ignore[arg-type]
            [
                {**fixed, "key": uuid.uuid4().hex, "email": f"{uuid.uuid4()}@example.org", "mailbox": uuid.uuid4().hex}
                for _ in range(number)
            ],
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


def test_a_checksum_knows_every_difference() -> None:
    def checksum(*batches: list[rows.Row]) -> str:
        total = rows.Checksum()
        for batch in batches:
            total.add(batch)
        return total.hex

    first, second = (1, "a", None, True), (2, "é🌊", datetime(2026, 1, 1, tzinfo=UTC), b"\0")
    assert checksum([first, second]) == checksum([first], [], [second])
    others = [(1, "a", "", True), (1, "A", None, True), (1, "a", None, 1), (1, "a", None, None), ("1", "a", None, True)]
    assert len({checksum([row, second]) for row in [first, *others]}) == 6
    assert checksum([(1, "a"), (2, "b")]) != checksum([(1, "a,2", "b")])


def test_text_keys_are_read_in_one_order_on_both_engines(full: str, settings: Settings, postgresql: str) -> None:
    """PostgreSQL would order them as a language does."""
    table = Base.metadata.tables["rate_counts"]
    with writing() as session:
        session.execute(
            insert(table),
            [{"key": key, "count": 1, "expires_at": datetime(2026, 1, 1, tzinfo=UTC)} for key in "aAbBéE_-1zZ ß"],
        )
    moving.move(settings, postgresql, silently)
    keys = []
    for url in (settings.database_url, postgresql):
        with Place.of(url).connect(read_only=True) as connection:
            keys.append([row[0] for batch in rows.read(connection, table) for row in batch])
    assert keys[0] == keys[1] == sorted(keys[0])


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


@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
def test_every_kind_of_value(to: str, postgresql: str, tmp_path: Path) -> None:
    """Also the kinds that no table has yet."""
    table = Table(
        "kinds",
        MetaData(),
        *(Column("a", String(40), primary_key=True), Column("b", Integer, primary_key=True, autoincrement=False)),
        *(Column("file", LargeBinary), Column("json", JSON), Column("flag", Boolean), Column("share", Float)),
        *(Column("money", Numeric(12, 2)), Column("at", UTCDateTime), Column("day", Date), Column("uuid", Uuid)),
    )
    values = [
        ("", 0, b"", {}, False, 0.0, Decimal("0.00"), datetime(1, 1, 2, tzinfo=UTC), date(1, 1, 2), uuid.UUID(int=0)),
        ("Z\\.", -5, bytes(range(256)), ["\\N", {"b": None, "a": "é🌊"}], True, 1e-300, Decimal("-9999999999.99"),
         datetime(9999, 12, 30, 23, 59, 59, 999999, UTC), date(9999, 12, 30), uuid.UUID(int=2**128 - 1)),
        ("a\t\n\r", 2**31 - 1, *[None] * 8),
        ("é\N{ZERO WIDTH JOINER}", 1, *[None] * 8),
    ]  # fmt: skip
    (tmp_path / "kinds.sqlite3").touch()
    place = Place.of(postgresql if to == "postgresql" else f"sqlite:///{tmp_path / 'kinds.sqlite3'}")
    with place.connect(read_only=False) as connection:
        with connection.begin():
            table.create(connection)
        rows.write(connection, place, table, values)
        found = [row for batch in rows.read(connection, table) for row in batch]
    assert found == values
    sums = [rows.Checksum(), rows.Checksum()]
    for total, listed in zip(sums, (values, found), strict=True):
        total.add(listed)
    assert sums[0] == sums[1]
