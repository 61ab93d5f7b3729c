"""The operator's care: doctor, config, health, logs, the regular jobs, and help worth reading."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import click
import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.models.counter import PetitionCounter
from petition_app.operations import doctor, jobs
from petition_app.operations.cli import COMMANDS, LazyGroup
from petition_app.operations.logs import JsonFormatter
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.operations.conftest import Run
from tests.story import confirmed, mails, sign
from tests.visitor import Visitor


def findings() -> dict[str, doctor.Finding]:
    return {finding.subject: finding for finding in doctor.examine()}


@both_engines
def test_a_site_that_is_well(app: Flask, petition: Petition, run: Run) -> None:
    done = run("doctor")
    assert done.exit_code == 0, done.output
    for subject in (
        "configuration",
        "files",
        "database",
        "migrations",
        "count",
        "outbox",
        "jobs",
        "mail",
        "disk",
        "clock",
    ):
        assert f"{subject}:" in done.output


def test_a_count_that_somebody_touched_is_found(app: Flask, client: Visitor, petition: Petition, run: Run) -> None:
    confirmed(app, client)
    with writing() as session:
        session.get_one(PetitionCounter, {"petition_id": petition.id, "slot": 0}).confirmed = 500
    done = run("doctor")
    assert done.exit_code == 1
    assert "shows 500 signatures and has 1" in done.output


def test_mails_that_wait_or_failed_are_told(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client)
    with writing() as session:
        mail = session.query(OutboxMessage).one()
        mail.due_at = now() - timedelta(minutes=30)
    assert findings()["outbox"].verdict == "wrong"
    with writing() as session:
        session.query(OutboxMessage).one().refused(now(), "550 no such user")
    assert "550 no such user" in findings()["outbox"].sentence


def test_others_who_can_read_the_secret(app: Flask) -> None:
    for name in ("secret_key", "network.key"):
        file = app.config["SETTINGS"].data_dir / name
        file.chmod(0o644)
        assert findings()["files"].verdict == "wrong"
        assert str(file) in findings()["files"].sentence
        file.chmod(0o600)


def test_a_clock_that_is_behind(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client)
    with writing() as session:
        session.query(Signature).one().created_at = now() + timedelta(days=2)
    assert findings()["clock"].verdict == "wrong"


def test_an_older_schema(app: Flask, client: Visitor) -> None:
    with writing() as session:
        session.execute(db.text("UPDATE alembic_version SET version_num = '0000'"))
    assert findings()["migrations"].verdict == "wrong"
    assert client.get("/readyz").status_code == 503


def test_a_test_mail_is_sent(app: Flask, run: Run) -> None:
    done = run("doctor", "--send-test", "ada@example.org")
    assert "test mail: It was handed over" in done.output
    assert [str(mail["To"]) for mail in mails(app)] == ["ada@example.org"]
    assert run("doctor", "--send-test", "nobody").exit_code == 1


class TestOnAPublicSite:
    """What a site that strangers reach may lack."""

    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {
            "PETITION_SITE_URL": "http://petitions.example",
            "PETITION_ABUSE_CONTROLS": "on",
            "PETITION_ASSOCIATION_HOSTING": "",
            "PETITION_MAIL_URL": "smtp://127.0.0.1:9",
            "PETITION_MAIL_FROM": "petition@petitions.example",
        }

    def test_all_that_is_wrong_is_told_at_once(self, app: Flask) -> None:
        said = "\n".join(f.sentence for f in doctor.examine() if f.verdict == "wrong")
        for words in ("PETITION_ASSOCIATION_HOSTING", "https", "PETITION_TRUSTED_PROXIES", "127.0.0.1, port 9"):
            assert words in said


def test_config_prints_everything_and_no_secret(app: Flask, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETITION_MAIL_URL", "smtp://ada:hunter2@mail.example:587")
    monkeypatch.setenv("PETITION_MAIL_FROM", "petition@example.org")
    monkeypatch.setenv("PETITION_SECRET_KEY", "s" * 40)
    done = run("config")
    assert "hunter2" not in done.output
    assert "s" * 40 not in done.output
    assert "PETITION_MAIL_URL=smtp://ada:********@mail.example:587" in done.output
    rows = {row["variable"]: row for row in json.loads(run("config", "--json").output)}
    assert rows["PETITION_PORT"] == {
        "variable": "PETITION_PORT",
        "value": "8000",
        "default": "8000",
        "source": "default",
        "sentence": rows["PETITION_PORT"]["sentence"],
    }
    assert rows["PETITION_MAIL_URL"]["source"] == "environment"
    assert all(row["sentence"] for row in rows.values())


def test_a_wrong_setting_stops_every_command_with_a_sentence(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PETITION_PROT": "8000",
        "PETITION_WORKERS": "many",
        "PETITION_DATA_DIR": str(tmp_path),
    }
    for command in ("serve", "config", "doctor"):
        done = subprocess.run(
            [sys.executable, "-m", "petition_app", command],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 2
        assert "PETITION_PROT is not a setting of this program; did you mean PETITION_PORT?" in done.stderr
        assert "PETITION_WORKERS is wrong" in done.stderr
        assert "Traceback" not in done.stderr


def test_every_command_explains_itself(run: Run) -> None:
    def help_of(command: click.Command, path: tuple[str, ...]) -> None:
        done = run(*path, "--help")
        assert done.exit_code == 0
        assert len(command.help or "") > 20, path
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden and parameter.name != "help":
                assert parameter.help, (path, parameter.name)
        if isinstance(command, click.Group) and not isinstance(command, LazyGroup):
            for name, child in command.commands.items():
                help_of(child, (*path, name))

    group = LazyGroup()
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        help_of(command, (name,))
    assert "Did you mean “petition import”?" in run("improt").output


@both_engines
def test_health(app: Flask, client: Visitor, petition: Petition) -> None:
    assert client.get("/healthz").data == b"ok"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["database"], ready.json["outbox"]) == (200, "ok", "ok")
    sign(client)
    with writing() as session:
        session.query(OutboxMessage).one().due_at = now() - timedelta(minutes=11)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_no_database_is_not_ready_and_no_traceback(
    app: Flask, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    from petition_app.operations import schema

    def fail() -> str:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(schema, "revision", fail)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "no answer")


def test_logs_are_lines_of_json_without_people_in_them(
    app: Flask, client: Visitor, petition: Petition, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        personal = confirmed(app, client, given_name="Geheimname", comment="Geheimwort")
        client.post(f"{personal}/withdrawal")
        logging.getLogger("x").warning("mail to %s failed at %s", "alice@example.org", personal)
    token = personal.split("/")[3]
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert any('"route": "/<locale:locale>/signatures/<token>/withdrawal"' in line for line in lines)
    for line in lines:
        json.loads(line)
        for secret in ("alice@", "Geheimname", "Geheimwort", token, "127.0.0.1"):
            assert secret not in line


@both_engines
def test_what_was_never_confirmed_is_erased_after_thirty_days(app: Flask, client: Visitor, petition: Petition) -> None:
    sign(client)
    confirmed(app, client, email="bob@example.org")
    mails(app)
    with writing() as session:
        for signature in session.query(Signature):
            signature.created_at = now() - timedelta(days=31)
        for mail in session.query(OutboxMessage):
            mail.finished_at = now() - timedelta(days=8)
    jobs.run_due()
    assert [s.status for s in db.session.query(Signature)] == ["confirmed"]
    assert db.session.query(OutboxMessage).count() == 0
