"""PostgreSQL as the site holds it: bounded waits, several hosts, and back by itself after the server was gone."""

from __future__ import annotations

import builtins
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from petition_app import create_app, engine
from petition_app.config import SETTINGS, read_settings
from petition_app.config_sources import ConfigurationError, masked
from petition_app.engine import without_time_limits
from petition_app.extensions import db
from petition_app.models.base import now
from petition_app.operations import serve
from petition_app.petitions.creation import create_petition
from petition_app.petitions.importer import read_petition_text
from petition_app.petitions.life import open_petition
from petition_app.transactions import StorageUnavailable, writing
from tests.conftest import make_settings
from tests.databases import Server, migrate, postgresql_server
from tests.operations.conftest import TEXT
from tests.story import ALICE
from tests.visitor import Visitor

TWO_HOSTS = "postgresql://user:p%40ss@/name?host=a:5432&host=b:5433&target_session_attrs=read-write"
PAGE = "/en/petitions/clean-water-for-exampletown"
on_postgresql = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def value_of(name: str) -> Any:
    return db.session.scalar(text(f"SHOW {name}"))


@pytest.fixture
def variables() -> dict[str, str]:
    return {"PETITION_STATEMENT_TIMEOUT": "7"}


@on_postgresql
def test_no_statement_waits_for_ever(app: Flask) -> None:
    assert value_of("statement_timeout") == "7s"
    assert value_of("lock_timeout") == "5s"
    assert value_of("idle_in_transaction_session_timeout") == "1min"
    assert str(value_of("application_name")).startswith("petition ")


@on_postgresql
def test_what_an_operator_waits_for_has_the_time_that_it_needs(app: Flask) -> None:
    db.session.remove()
    with without_time_limits():
        limits = [value_of(n) for n in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")]
        db.session.commit()
    assert limits == ["0", "0", "0"]
    assert value_of("statement_timeout") == "7s", "the same connection, in the next transaction"


def test_every_thread_finds_a_connection_to_sqlite(tmp_path: Path) -> None:
    options = engine.options(make_settings(tmp_path))
    assert options["pool_size"] + options["max_overflow"] >= serve.BLOCKING_THREADS


def test_several_hosts_and_what_the_address_says_itself(tmp_path: Path) -> None:
    url = f"{TWO_HOSTS}&connect_timeout=9&options=-c%20work_mem%3D8MB"
    options = engine.options(make_settings(tmp_path, PETITION_DATABASE_URL=url))["connect_args"]
    assert "connect_timeout" not in options
    assert options["options"].endswith("-c work_mem=8MB")
    dialect = make_url(url).get_dialect()()
    _, parameters = dialect.create_connect_args(make_url(url))
    assert (parameters["host"], str(parameters["port"])) == ("a,b", "5432,5433")
    assert parameters["target_session_attrs"] == "read-write"


@pytest.mark.parametrize(
    ("variable", "url", "shown"),
    [
        ("database_url", TWO_HOSTS, TWO_HOSTS.replace("p%40ss", "********")),
        (
            "database_url",
            "postgresql:///name?host=a:5432&host=b:5432&user=u&password=geheim&sslpassword=geheim&sslmode=require",
            "postgresql:///name?host=a:5432&host=b:5432&user=u&password=********&sslpassword=********&sslmode=require",
        ),
        ("redis_url", "redis://:geheim@cache.example:6379/0", "redis://:********@cache.example:6379/0"),
        ("redis_url", "unix://u:geheim@/run/redis.sock?db=1", "unix://u:********@/run/redis.sock?db=1"),
        ("redis_url", "unix:///run/redis.sock?password=geheim", "unix:///run/redis.sock?password=********"),
    ],
)
def test_a_password_is_never_shown(variable: str, url: str, shown: str) -> None:
    setting = next(s for s in SETTINGS if s.name == variable)
    assert masked(setting, setting.read(url)) == shown


def test_several_hosts_written_in_another_way_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="host=a:5432&host=b:5432"):
        read_settings({"PETITION_DATABASE_URL": "postgresql://u:p@a:5432,b:5432/name"}, tmp_path / "none.env")


@pytest.mark.parametrize("url", ["http://cache.example", "redis://", "unix://", "redis:6379"])
def test_an_address_that_is_not_redis(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="PETITION_REDIS_URL is wrong"):
        read_settings({"PETITION_REDIS_URL": url}, tmp_path / "none.env")


def test_a_wrong_address_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="PETITION_DATABASE_URL is wrong") as error:
        create_app(make_settings(tmp_path, PETITION_DATABASE_URL="postgresql://u:geheim@host:port/name"))
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("package", "variables", "extra"),
    [
        ("psycopg", {"PETITION_DATABASE_URL": "postgresql://u@host/name"}, "postgres"),
        ("redis", {"PETITION_REDIS_URL": "redis://host"}, "redis"),
    ],
)
def test_a_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, variables: dict[str, str], extra: str
) -> None:
    original = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(f"No module named '{package}'")
        return original(name, *rest)

    settings = make_settings(tmp_path, **variables)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigurationError, match=f"make install EXTRAS={extra}"):
        create_app(settings)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of this test's own, for it will be killed."""
    with postgresql_server() as server:
        yield server


@pytest.mark.long
def test_a_server_that_dies_and_comes_back(server: Server, tmp_path: Path) -> None:
    server.psql("CREATE DATABASE site")
    settings = make_settings(tmp_path, PETITION_DATABASE_URL=server.url("site"))
    migrate(settings)
    app = create_app(settings)
    app.test_client_class = Visitor
    client = app.test_client()
    with app.app_context():
        put_online()
        assert client.get(PAGE).status_code == 200
        assert client.post(f"{PAGE}/signatures", data=ALICE).status_code == 303
        db.session.remove()

        server.crash()
        began = time.monotonic()
        assert client.get(PAGE).status_code in (200, 503), "a kept page, or the page that says so"
        assert client.get(f"{PAGE}/sign").status_code == 503
        refused = client.post(f"{PAGE}/signatures", data=ALICE)
        assert refused.status_code == 503
        assert "alice@example.org" in refused.get_data(as_text=True)
        assert time.monotonic() - began < 3
        db.session.remove()

        server.start()
        taken = client.post(f"{PAGE}/signatures", data={**ALICE, "email": "bob@example.org"})
        assert taken.status_code == 303, "without a restart, at the first request"
        assert client.get(f"{PAGE}/sign").status_code == 200
        db.session.remove()
        db.engine.dispose()


@pytest.mark.long
def test_the_server_that_takes_writes_is_found_and_found_again(tmp_path: Path) -> None:
    with postgresql_server() as a, postgresql_server() as b:
        for server in (a, b):
            server.psql("CREATE DATABASE site")
            migrate(make_settings(tmp_path, PETITION_DATABASE_URL=server.url("site")))
        hosts = "&".join(f"host={make_url(server.url('site')).query['host']}:5432" for server in (a, b))
        url = f"postgresql://postgres@/site?{hosts}&target_session_attrs=read-write"
        app = create_app(make_settings(tmp_path, PETITION_DATABASE_URL=url))
        with app.app_context():
            takes_writes(b, False)
            assert writer() == folder_of(a)
            takes_writes(a, False)
            takes_writes(b, True)
            with pytest.raises(StorageUnavailable):  # its connections are to what has just become a standby
                writer()
            assert writer() == folder_of(b)
            takes_writes(a, True)
            b.crash()
            assert writer() == folder_of(a), "at once: the connection is tried before it is used"
            db.session.remove()
            db.engine.dispose()


@pytest.mark.long
def test_a_server_that_stands_still_is_left(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its machine lives, so that the network finds nothing wrong; its own limits stand still with it."""
    monkeypatch.setattr(engine, "STUCK_AFTER_MORE", 1)
    settings = make_settings(tmp_path, PETITION_DATABASE_URL=server.url("postgres"), PETITION_STATEMENT_TIMEOUT="1")
    with create_app(settings).app_context():
        process = db.session.scalar(text("SELECT pg_backend_pid()"))
        os.kill(process, signal.SIGSTOP)
        began = time.monotonic()
        try:
            with pytest.raises(OperationalError) as stuck:
                db.session.execute(text("SELECT 1"))
        finally:
            os.kill(process, signal.SIGCONT)
        assert 1.5 < time.monotonic() - began < 5
        assert stuck.value.connection_invalidated
        db.session.remove()
        assert db.session.scalar(text("SELECT pg_backend_pid()")) != process, "a new connection, at once"
        db.session.remove()
        db.engine.dispose()


@pytest.mark.long
def test_a_connection_is_tried_for_seconds_only(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SILENCE_S", 1)
    monkeypatch.setattr(engine, "PING_AFTER", 0.0)
    settings = make_settings(tmp_path, PETITION_DATABASE_URL=server.url("postgres"))
    with create_app(settings).app_context():
        process = db.session.scalar(text("SELECT pg_backend_pid()"))
        db.session.remove()
        os.kill(process, signal.SIGSTOP)
        began = time.monotonic()
        try:
            assert db.session.scalar(text("SELECT pg_backend_pid()")) != process
        finally:
            os.kill(process, signal.SIGCONT)
        assert 0.5 < time.monotonic() - began < 5
        db.session.remove()
        db.engine.dispose()


@pytest.mark.long
def test_what_an_operator_waits_for_is_not_taken_for_stuck(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "STUCK_AFTER_MORE", 0)
    settings = make_settings(tmp_path, PETITION_DATABASE_URL=server.url("postgres"), PETITION_STATEMENT_TIMEOUT="1")
    with create_app(settings).app_context():
        with without_time_limits():
            db.session.execute(text("SELECT pg_sleep(2)"))
            db.session.remove()
        with pytest.raises(OperationalError):
            db.session.execute(text("SELECT pg_sleep(2)"))
        db.session.remove()
        db.engine.dispose()


def takes_writes(server: Server, value: bool) -> None:
    server.psql(f"ALTER SYSTEM SET default_transaction_read_only = {'off' if value else 'on'}")
    server.psql("SELECT pg_reload_conf()")
    time.sleep(0.3)


def folder_of(server: Server) -> str:
    with psycopg.connect(server.url("site")) as connection:
        return str(connection.execute("SHOW data_directory").fetchone())


def writer() -> str:
    """The server that has taken a write."""
    with writing() as session:
        session.execute(text("UPDATE rate_counts SET count = 0"))
        return str((session.scalar(text("SHOW data_directory")),))


def put_online() -> None:
    petition = create_petition(read_petition_text(TEXT.encode(), "en"), slug=None, locale="en", at=now())
    open_petition(petition.slug, now())


def test_an_unreachable_server_is_noticed_in_seconds(tmp_path: Path) -> None:
    url = "postgresql://u@127.0.0.1:1/name"
    app = create_app(make_settings(tmp_path, PETITION_DATABASE_URL=url))
    began = time.monotonic()
    with app.app_context(), pytest.raises(OperationalError):
        value_of("statement_timeout")
    assert time.monotonic() - began < 3
