"""An operator sets the site up; a wrong setting stops the start with a sentence that names it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from petition_app.config import SETTINGS, ConfigurationError, Settings, read_settings
from petition_app.config_values import is_loopback


def read(tmp_path: Path, env_file: str = "", **variables: str) -> Settings:
    file = tmp_path / "settings.env"
    file.write_text(env_file, "utf-8")
    return read_settings({"PETITION_DATA_DIR": str(tmp_path / "var"), **variables}, file)


def test_everything_has_a_default(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.site_url == "http://localhost:8000"
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'petition.sqlite3'}"
    assert settings.locales == ("fr", "en")
    assert settings.default_locale == "fr"
    assert settings.mail_from == "petition@localhost"
    assert settings.shows_mailbox


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 48
    assert first.network_key == second.network_key != first.secret_key
    for name in ("secret_key", "network.key"):
        assert stat.S_IMODE((tmp_path / "var" / name).stat().st_mode) == 0o600


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = read(tmp_path, "PETITION_PORT=9001\nPETITION_WORKERS=3\nOTHER=x\n", PETITION_PORT="9002")
    assert (settings.port, settings.workers) == (9002, 3)
    assert settings.sources["port"] == "environment"
    assert settings.sources["workers"].endswith("settings.env")
    assert settings.sources["host"] == "default"
    assert settings.site_url == "http://localhost:9002"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PETITION_PROT": "8000"}, "PETITION_PROT is not a setting of this program; did you mean PETITION_PORT?"),
        ({"PETITION_PORT": "many"}, "PETITION_PORT is wrong: “many” is not a whole number from 1 to 65535"),
        ({"PETITION_PORT": "٣٣"}, "PETITION_PORT is wrong"),
        ({"PETITION_HOST": "foo..bar"}, "PETITION_HOST is wrong"),
        ({"PETITION_SITE_URL": "http://a b"}, "PETITION_SITE_URL is wrong"),
        ({"PETITION_PORT": "70000"}, "PETITION_PORT is wrong"),
        ({"PETITION_WORKERS": "0"}, "PETITION_WORKERS is wrong"),
        ({"PETITION_SITE_URL": "example.org"}, "PETITION_SITE_URL is wrong"),
        ({"PETITION_SITE_URL": "https://example.org/sub"}, "PETITION_SITE_URL is wrong"),
        ({"PETITION_SITE_URL": "https://example.org:x"}, "PETITION_SITE_URL is wrong"),
        ({"PETITION_DATABASE_URL": "mysql://localhost/x"}, "PETITION_DATABASE_URL is wrong"),
        ({"PETITION_DATABASE_URL": "postgresql://localhost/x"}, "PETITION_SECRET_KEY must be set"),
        ({"PETITION_SECRET_KEY": "short"}, "PETITION_SECRET_KEY is wrong"),
        ({"PETITION_MAIL_URL": "mail.example.org"}, "PETITION_MAIL_URL is wrong"),
        ({"PETITION_MAIL_URL": "smtp://mail.example.org"}, "PETITION_MAIL_FROM must be set"),
        ({"PETITION_MAIL_FROM": "nobody"}, "PETITION_MAIL_FROM is wrong"),
        ({"PETITION_MAIL_FROM": "a@example.org\nBcc: b@example.org"}, "PETITION_MAIL_FROM is wrong"),
        ({"PETITION_LOCALES": "fr,tlh"}, "PETITION_LOCALES is wrong: there is no catalogue for “tlh”"),
        ({"PETITION_LOCALES": " "}, "PETITION_LOCALES is wrong"),
        ({"PETITION_DEFAULT_LOCALE": "de"}, "PETITION_DEFAULT_LOCALE is de"),
        ({"PETITION_TIMEZONE": "Europe/Atlantis"}, "PETITION_TIMEZONE is wrong"),
        ({"PETITION_ABUSE_CONTROLS": "maybe"}, "PETITION_ABUSE_CONTROLS is wrong"),
        (
            {"PETITION_ABUSE_CONTROLS": "off", "PETITION_SITE_URL": "https://petition.example.org"},
            "PETITION_ABUSE_CONTROLS is off, but PETITION_SITE_URL is not a loopback address",
        ),
        ({"PETITION_TRUSTED_PROXIES": "-1"}, "PETITION_TRUSTED_PROXIES is wrong"),
        ({"PETITION_ASSOCIATION_CONTACT": "call us"}, "PETITION_ASSOCIATION_CONTACT is wrong"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, variables: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        read(tmp_path, **variables)
    assert any(problem.startswith(said) for problem in error.value.problems), error.value.problems


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        read(tmp_path, PETITION_PORT="x", PETITION_WORKERS="x", PETITION_X="x")
    assert len(error.value.problems) == 3


def test_a_mail_servers_address_is_read_whole(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        PETITION_MAIL_URL="smtps://user%40example.org:p%3Aw@mail.example.org",
        PETITION_MAIL_FROM="a@example.org",
    )
    server = settings.mail_server
    assert server is not None
    assert (server.host, server.port, server.tls) == ("mail.example.org", 465, True)
    assert (server.user, server.password) == ("user@example.org", "p:w")
    assert not settings.shows_mailbox
    assert "p:w" not in repr(settings)


def test_a_public_site_names_its_association(tmp_path: Path) -> None:
    public = read(tmp_path, PETITION_SITE_URL="https://petition.example.org", PETITION_ASSOCIATION_NAME="Exemple")
    assert "PETITION_ASSOCIATION_ADDRESS" in public.missing_identity
    assert "PETITION_ASSOCIATION_NAME" not in public.missing_identity
    assert read(tmp_path).missing_identity == []


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost.example.org", False),
        ("example.org", False),
        ("0.0.0.0", False),  # noqa: S104  # nothing is bound
        ("192.168.1.2", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_else(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_each_setting_explains_itself() -> None:
    assert all(setting.sentence.endswith(".") for setting in SETTINGS)
