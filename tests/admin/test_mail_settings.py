"""The mail server in the browser: tried before it is relied on, its password kept and never shown."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from petition_app.config_values import MailServer
from petition_app.extensions import db
from petition_app.models import AuditEntry, SiteSetting
from petition_app.web.site import settings
from tests.admin.desk import Desk
from tests.mail.conftest import Postbox, smtp, start_smtp  # noqa: F401  # fixtures
from tests.server import free_port

MAIL = "/admin/settings/mail"
SECRET = "a secret for programs"  # noqa: S105  # made up


@pytest.fixture
def alice(alice: Desk) -> Desk:
    alice.step_up()
    return alice


def form(postbox: Postbox, **values: Any) -> dict[str, Any]:
    server = postbox.server
    return {"host": server.host, "port": str(server.port), "protection": "smtp", "sender": "us@example.org"} | values


def test_a_test_mail_tells_what_the_server_said(app: Flask, alice: Desk, smtp: Postbox) -> None:  # noqa: F811
    page = alice.send(MAIL, act="test", **form(smtp)).get_data(as_text=True)
    assert "has taken a test mail for alice@example.org" in page
    assert "250 OK" in page
    (mail,) = smtp.mails
    assert mail["To"] == "alice@example.org"
    assert "us@example.org" in mail["From"]
    assert db.session.query(SiteSetting).count() == 0


def test_a_server_that_lets_us_in_is_saved(app: Flask, alice: Desk, smtp: Postbox) -> None:  # noqa: F811
    assert alice.send(MAIL, act="save", **form(smtp)).status_code == 303
    assert settings().mail_server == MailServer(smtp.server.host, smtp.server.port, False, None, None)
    assert settings().mail_from == "us@example.org"
    assert settings().values["mail_from"] == "us@example.org"


def test_a_wrong_server_is_saved_only_when_told(app: Flask, alice: Desk) -> None:
    typed = {"host": "127.0.0.1", "port": str(free_port()), "user": "us", "sender": "us@example.org"}
    response = alice.send(MAIL, act="save", protection="smtp", password=SECRET, **typed)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "Nothing answers at 127.0.0.1" in page
    assert "ConnectionRefusedError" in page
    assert "Save anyway" in page
    assert SECRET not in page
    assert db.session.query(SiteSetting).count() == 0
    sealed = page.split('name="sealed_password"')[1].split('value="')[1].split('"')[0]
    assert alice.send(MAIL, act="anyway", protection="smtp", sealed_password=sealed, **typed).status_code == 303
    server = settings().mail_server
    assert server is not None
    assert (server.user, server.password) == ("us", SECRET)
    for row in db.session.query(SiteSetting):
        assert SECRET not in row.value
    for entry in db.session.query(AuditEntry):
        assert SECRET not in entry.details
        assert "sealed:" not in entry.details
    page = alice.get(MAIL).get_data(as_text=True)
    assert SECRET not in page
    assert "A password is kept" in page


def test_a_kept_password_stays_until_another_one_is_typed(app: Flask, alice: Desk) -> None:
    typed = {"host": "127.0.0.1", "port": str(free_port()), "user": "us", "sender": "us@example.org", "act": "anyway"}
    alice.send(MAIL, protection="smtp", password=SECRET, **typed)
    alice.send(MAIL, protection="smtps", **typed)
    server = settings().mail_server
    assert server is not None
    assert (server.tls, server.password) == (True, SECRET)
    alice.send(MAIL, protection="smtps", password="another one", **typed)
    assert settings().mail_server is not None
    assert settings().mail_server.password == "another one"  # noqa: S105  # made up
    alice.send(MAIL, protection="smtps", **{**typed, "host": "localhost"})
    assert settings().mail_server is not None
    assert settings().mail_server.password is None  # not handed to a server that it was not given for


def test_an_empty_server_lets_no_mail_go_out(app: Flask, alice: Desk, smtp: Postbox) -> None:  # noqa: F811
    alice.send(MAIL, act="save", **form(smtp))
    assert alice.send(MAIL, act="save", host="", protection="smtp", sender="").status_code == 303
    assert settings().mail_server is None
    assert "There is no mail server yet" in alice.send(MAIL, act="test", host="", protection="smtp").get_data(
        as_text=True
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"host": "a b"}, "no name of a server"),
        ({"host": "x" * 400}, "longer than 300"),
        ({"port": "99999"}, "no port"),
        ({"port": "0"}, "no port"),
        ({"port": "²"}, "no port"),
        ({"port": "9" * 5000}, "no port"),
        ({"sender": ""}, "which address the mails come from"),
        ({"sender": "nobody"}, "does not look like a sender"),
        ({"sender": "a@b.example\nBcc: all@example.org"}, "cannot be shown"),
        ({"protection": "none"}, "Please choose one of these."),
        ({"password": "x" * 501}, "longer than 500"),
    ],
)
def test_what_is_wrong_comes_back(app: Flask, alice: Desk, wrong: dict[str, str], sentence: str) -> None:
    right = {"host": "mail.example.org", "port": "587", "protection": "smtp", "sender": "us@example.org"}
    response = alice.send(MAIL, act="anyway", **{**right, **wrong})
    assert response.status_code == 422
    assert sentence in response.get_data(as_text=True)
    assert db.session.query(SiteSetting).count() == 0
