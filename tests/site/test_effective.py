"""Settings that are made in the browser: what goes before what, and how soon every process knows."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, text

from petition_app import create_app
from petition_app.config import Settings, overlaid, read_settings
from petition_app.config_sources import DATABASE
from petition_app.extensions import db
from petition_app.models import SiteSetting
from petition_app.site import effective
from petition_app.site.sealing import sealed, unsealed
from petition_app.site.storing import store
from petition_app.transactions import writing
from petition_app.web.site import settings as site_settings
from tests.conftest import make_settings
from tests.databases import both_engines
from tests.visitor import Visitor

NOBODY = {f"PETITION_ASSOCIATION_{name}": "" for name in ("NAME", "ADDRESS", "CONTACT", "PUBLISHER", "HOSTING")}


@pytest.fixture
def variables() -> dict[str, str]:
    """A site whose operator has not said who runs it."""
    return NOBODY


def change(**values: str) -> None:
    with writing() as session:
        store(session, values)


@both_engines
def test_what_is_stored_holds_where_the_operator_has_set_nothing(app: Flask, client: Visitor) -> None:
    assert "Les Amis de la rivière" not in client.get("/en/legal").get_data(as_text=True)
    change(association_name="Les Amis de la rivière", association_publisher="Ada Exemple", timezone="Asia/Tokyo")
    effective.look(at_once=True)
    page = client.get("/en/legal").get_data(as_text=True)
    assert "Les Amis de la rivière" in page
    assert "Ada Exemple" in page
    assert site_settings().timezone.key == "Asia/Tokyo"
    assert site_settings().sources["association_name"] == DATABASE
    change(association_name="")
    effective.look(at_once=True)
    assert site_settings().association_name == ""


class TestTheOperatorsWord:
    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {"PETITION_LOCALES": "en", "PETITION_DEFAULT_LOCALE": "en"}

    def test_it_goes_before(self, app: Flask) -> None:
        change(association_name="Somebody else", locales="fr")
        effective.look(at_once=True)
        assert site_settings().association_name == "Association Exemple"
        assert site_settings().locales == ("en",)


@both_engines
def test_another_process_knows_within_a_second_or_so(app: Flask, settings: Settings, client: Visitor) -> None:
    client.get("/en/legal")
    with create_app(settings).app_context():  # another process, as far as what it keeps goes
        change(association_name="Les Amis de la rivière")
        db.session.remove()
        db.engine.dispose()
    deadline = time.monotonic() + 3
    while "Les Amis de la rivière" not in client.get("/en/legal").get_data(as_text=True):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_database_is_not_asked_on_each_request(app: Flask, client: Visitor) -> None:
    client.get("/en/legal")
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *sent: asked.append("site_settings" in sent[2]))
    began = time.monotonic()
    for _ in range(50):
        client.post("/en/legal")  # passes the page layer by
    assert sum(asked) <= 1 + (time.monotonic() - began) / effective.LOOK_EVERY_SECONDS


def test_without_its_table_a_site_goes_on(app: Flask, client: Visitor) -> None:
    """The program is newer than the schema, for the moment of an upgrade."""
    with writing() as session:
        session.execute(text("DROP TABLE site_settings"))
    effective._keeper().due = 0.0
    assert client.get("/en/legal").status_code == 200


def test_a_variable_that_is_left_empty_leaves_the_setting_open(tmp_path: Path) -> None:
    base = read_settings({"PETITION_DATA_DIR": str(tmp_path), "PETITION_ASSOCIATION_NAME": " "}, tmp_path / "none.env")
    assert overlaid(base, {"association_name": "Les Amis de la rivière"}).association_name == "Les Amis de la rivière"


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    base = make_settings(tmp_path, **NOBODY)
    bad = {
        "timezone": "Europe/Nowhere",
        "locales": "xx",
        "default_locale": "de",
        "accent_colour": "red; } body { display: none",
        "mail_url": "gopher://x",
        "association_name": "two\nlines",
        "data_dir": "/elsewhere",
    }
    found = overlaid(base, bad)
    assert (found.timezone, found.locales, found.default_locale) == (base.timezone, base.locales, base.default_locale)
    assert (found.accent_colour, found.mail_server, found.association_name) == ("", None, "")
    assert found.data_dir == base.data_dir


def test_nothing_stored_is_what_the_operator_has_set(tmp_path: Path) -> None:
    base = make_settings(tmp_path)
    assert overlaid(base, {}) == base


def test_a_default_language_that_the_operator_has_set_is_there(tmp_path: Path) -> None:
    base = make_settings(tmp_path, PETITION_DEFAULT_LOCALE="fr")
    found = overlaid(base, {"locales": "en"})
    assert (found.locales, found.default_locale) == (("fr", "en"), "fr")


def test_a_password_is_sealed_and_opens_by_the_sites_own_secret_only() -> None:
    for password in ("", "p@ss:wörd %", "x" * 500):
        once, again = sealed(password, "a" * 40), sealed(password, "a" * 40)
        assert once != again
        assert password == "" or password not in once
        assert unsealed(once, "a" * 40) == password
        assert unsealed(once, "b" * 40) is None
    broken = once[:-6] + ("A" if once[-6] != "A" else "B") + once[-5:]
    for text_ in (broken, once[:40], "sealed:1:", "sealed:1:%%%", "plain", ""):
        assert unsealed(text_, "a" * 40) is None


def test_the_mail_server_has_its_password_back(app: Flask) -> None:
    secret = site_settings().secret_key
    change(
        mail_url="smtp://petition%40example.org@mail.example.org:2525",
        mail_password=sealed("p@ss:w/rd", secret),
        mail_from="petition@example.org",
    )
    effective.look(at_once=True)
    server = site_settings().mail_server
    assert server is not None
    assert (server.host, server.port, server.tls) == ("mail.example.org", 2525, False)
    assert (server.user, server.password) == ("petition@example.org", "p@ss:w/rd")
    assert "p@ss" not in repr(effective.known())
    assert all("p@ss" not in row.value for row in db.session.query(SiteSetting))


def test_a_password_sealed_by_another_secret_is_told(app: Flask) -> None:
    change(mail_url="smtp://petition@mail.example.org:587", mail_password=sealed("x", "b" * 40))
    effective.look(at_once=True)
    assert effective.known().has_lost_password
    server = site_settings().mail_server
    assert server is not None
    assert server.password is None
