"""Every setting of the site: its variable, its default, its sentence and how its value is read.

Settings come from the environment and from an optional `.env` file in the working folder; the environment wins.
A wrong value or an unknown `PETITION_…` variable stops the start with a sentence that names it.

Some may be made in the browser as well (`IN_BROWSER`). What is set here, by the operator, goes before that; what is set
nowhere has its default.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values

from petition_app.config_values import (
    PSEUDO_LOCALES,
    MailServer,
    between,
    colour,
    contact,
    database_url,
    folder,
    host,
    is_loopback,
    line,
    locale,
    locales,
    mail_from,
    mail_url,
    redis_url,
    secret,
    site_url,
    switch,
    timezone,
)

log = logging.getLogger(__name__)

PREFIX = "PETITION_"
# A file of the data folder that `petition backup` leaves out, on purpose.
NETWORK_KEY = "network.key"

# Where a value may come from, beside the environment and a file.
DEFAULT, DATABASE = "default", "database"
# What the association may change without the operator (admin/settings). The rest would end or endanger the site.
IN_BROWSER = frozenset(
    {
        "mail_url",
        "mail_from",
        "locales",
        "default_locale",
        "timezone",
        "association_name",
        "association_address",
        "association_contact",
        "association_publisher",
        "association_hosting",
        "data_protection_contact",
        "signers_kept_months",
        "accent_colour",
    }
)

# How many requests a process lets into Flask at a time (web/gate.py). It has a connection to the database for each
# (engine.py), and as many threads again for readers whose pages are in memory (operations/serve.py). Eight signed more
# people a second than four. It stands here because serve must know it without loading what answers.
REQUESTS_AT_ONCE = 8


class ConfigurationError(Exception):
    """The settings cannot be used. `problems` holds one sentence for each that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Setting:
    """One setting: the attribute it fills, how its text is read, its default as text, and what it is for."""

    name: str
    read: Callable[[str], Any]
    default: str
    sentence: str
    secret: bool = False

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


@dataclass(frozen=True)
class Settings:
    """The settings of one process, read and checked. Lengths and ports are numbers, folders are paths."""

    data_dir: Path
    database_url: str
    statement_timeout: int
    redis_url: str = field(repr=False)
    host: str
    port: int
    workers: int
    site_url: str
    secret_key: str = field(repr=False)
    mailbox_key: str = field(repr=False)
    # What marks of networks are keyed by; in no backup (antiabuse/networks.py).
    network_key: str = field(repr=False)
    mail_server: MailServer | None
    mail_from: str
    locales: tuple[str, ...]
    default_locale: str
    timezone: zoneinfo.ZoneInfo
    association_name: str
    association_address: str
    association_contact: str
    association_publisher: str
    association_hosting: str
    data_protection_contact: str
    signers_kept_months: int
    accent_colour: str
    abuse_controls: bool
    development: bool
    trusted_proxies: int
    values: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)

    @property
    def on_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def is_local(self) -> bool:
        """Whether the site's own address is this machine's loopback: a trial, not a site that strangers reach."""
        return is_loopback(urlsplit(self.site_url).hostname or "")

    @property
    def shows_mailbox(self) -> bool:
        """Whether the preview mailbox may be read in the browser: it holds every confirmation link."""
        return self.mail_server is None and self.is_local and is_loopback(self.host)

    @property
    def mailbox_dir(self) -> Path:
        return self.data_dir / "mailbox"

    @property
    def catalogues_dir(self) -> Path:
        """Where the compiled catalogues are kept; the edited `.po` files lie in `translations/`."""
        return self.data_dir / "catalogues"

    @property
    def missing_identity(self) -> list[str]:
        """The variables of the association's identity without which a public site may not open a petition."""
        if self.is_local:
            return []
        return [s.variable for s in SETTINGS if s.name.startswith("association_") and not getattr(self, s.name)]


def read_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Read and check all settings; raise `ConfigurationError` with every problem at once.

    Makes the data folder and the generated secret when they are not there yet.
    """
    texts, sources, problems = _gather(os.environ if environ is None else environ, env_file or Path(".env"))
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        try:
            values[setting.name] = setting.read(texts[setting.name])
        except ValueError as error:
            problems.append(f"{setting.variable} is wrong: {error}")
    if not problems:
        _complete(values, texts, sources)
        problems = _contradictions(values, texts)
    if problems:
        raise ConfigurationError(problems)
    values["mail_server"] = values.pop("mail_url")
    if not values["secret_key"]:
        values["secret_key"] = _kept_secret(values["data_dir"], "secret_key")
    values["network_key"] = _network_key(values)
    return Settings(**values, values=texts, sources=sources)


def overlaid(settings: Settings, stored: Mapping[str, str]) -> Settings:
    """These settings with what is stored, where the operator has set nothing. What cannot be read is left out."""
    texts, sources, values = dict(settings.values), dict(settings.sources), {}
    for setting in SETTINGS:
        if setting.name not in IN_BROWSER or settings.sources[setting.name] != DEFAULT:
            continue
        text = stored.get(setting.name, setting.default)
        try:
            values[setting.name] = setting.read(text)
        except ValueError:
            log.warning("a stored setting cannot be used", extra={"fields": {"setting": setting.name}})
            text = setting.default
            values[setting.name] = setting.read(text)
        texts[setting.name] = text
        sources[setting.name] = DATABASE if setting.name in stored else DEFAULT
    if "mail_url" in values:
        values["mail_server"] = values.pop("mail_url")
    new = replace(settings, **values, values=texts, sources=sources)
    return _agreed(new)


def _agreed(settings: Settings) -> Settings:
    """What the operator has set may not fit what was made in the browser: the site goes on all the same."""
    default, locales = settings.default_locale, settings.locales
    if default not in locales:
        is_fixed = default and settings.sources["default_locale"] not in (DEFAULT, DATABASE)
        default, locales = (default, (default, *locales)) if is_fixed else (locales[0], locales)
    sender = settings.mail_from or f"petition@{urlsplit(settings.site_url).hostname or 'localhost'}"
    texts = {**settings.values, "default_locale": default, "mail_from": sender}
    return replace(settings, default_locale=default, locales=locales, mail_from=sender, values=texts)


def _gather(environ: Mapping[str, str], env_file: Path) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """The text of each setting, where it came from, and what could not be understood as a setting."""
    problems: list[str] = []
    from_file: dict[str, str] = {}
    if env_file.is_file():
        try:
            read = dotenv_values(env_file, interpolate=False)
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"The file {env_file} cannot be read: {error}. Save it as UTF-8 text.")
        else:
            from_file = {k: v or "" for k, v in read.items() if k.startswith(PREFIX)}
    known = {s.variable for s in SETTINGS}
    unknown = {*from_file, *(k for k in environ if k.startswith(PREFIX))} - known
    problems += [f"{name} is not a setting of this program{_nearest(name, known)}." for name in sorted(unknown)]
    texts, sources = {}, {}
    for setting in SETTINGS:
        for source, mapping in (("environment", environ), (str(env_file), from_file)):
            # Left empty where that is the default, it is left open for those who set it in the browser.
            if mapping.get(setting.variable, "").strip() or (setting.variable in mapping and setting.default):
                texts[setting.name], sources[setting.name] = mapping[setting.variable].strip(), source
                break
        else:
            texts[setting.name], sources[setting.name] = setting.default, DEFAULT
    return texts, sources, problems


def _nearest(variable: str, known: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(variable, known, n=1)
    return f"; did you mean {near[0]}?" if near else "; `petition config` lists them all"


def _complete(values: dict[str, Any], texts: dict[str, str], sources: dict[str, str]) -> None:
    """Fill the defaults that follow from other settings."""
    data_dir: Path = values["data_dir"]
    if not values["database_url"]:
        texts["database_url"] = values["database_url"] = f"sqlite:///{data_dir / 'petition.sqlite3'}"
    if not values["site_url"]:
        texts["site_url"] = values["site_url"] = f"http://localhost:{values['port']}"
    if not values["default_locale"]:
        texts["default_locale"] = values["default_locale"] = values["locales"][0]
    if not values["mail_from"] and values["mail_url"] is None:
        host = urlsplit(values["site_url"]).hostname or "localhost"
        texts["mail_from"] = values["mail_from"] = f"petition@{host}"


def _contradictions(values: dict[str, Any], texts: dict[str, str]) -> list[str]:
    """Sentences for settings that are right alone and wrong together."""
    problems = []
    loopback_site = is_loopback(urlsplit(values["site_url"]).hostname or "")
    if not values["abuse_controls"] and not loopback_site:
        problems.append(
            "PETITION_ABUSE_CONTROLS is off, but PETITION_SITE_URL is not a loopback address: "
            "the controls can be off on this machine only. Remove the setting."
        )
    if values["development"] and not loopback_site:
        problems.append(
            "PETITION_DEVELOPMENT is on, but PETITION_SITE_URL is not a loopback address: development is for this "
            "machine only. Remove the setting."
        )
    pseudo = [name for name in values["locales"] if name in PSEUDO_LOCALES]
    if pseudo and not values["development"]:
        problems.append(
            f"PETITION_LOCALES names {', '.join(pseudo)}, which is for development alone: "
            "take it out, or set PETITION_DEVELOPMENT to on."
        )
    if values["default_locale"] not in values["locales"]:
        problems.append(
            f"PETITION_DEFAULT_LOCALE is {values['default_locale']}, which PETITION_LOCALES "
            f"({', '.join(values['locales'])}) does not name. Add it there or choose another."
        )
    if not values["database_url"].startswith("sqlite") and not values["secret_key"]:
        problems.append(
            "PETITION_SECRET_KEY must be set when PETITION_DATABASE_URL is not SQLite: every node needs the same one. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    if values["mail_url"] is not None and not values["mail_from"]:
        problems.append("PETITION_MAIL_FROM must be set with PETITION_MAIL_URL: the address that mails come from.")
    return problems


def _network_key(values: Mapping[str, Any]) -> str:
    """On SQLite a file of its own, for backups hold the secret; on PostgreSQL what is in no dump of the database."""
    if values["database_url"].startswith("sqlite"):
        return _kept_secret(values["data_dir"], NETWORK_KEY)
    return str(values["mailbox_key"] or values["secret_key"])


def _kept_secret(data_dir: Path, name: str) -> str:
    """A generated secret of the data folder; made once, readable by its owner only."""
    path = data_dir / name
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = path.with_name(f".{name}.{secrets.token_hex(8)}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)  # two processes that start together agree on the first one's
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        secret = path.read_text("utf-8").strip()
    except OSError as error:
        raise ConfigurationError([f"PETITION_DATA_DIR ({data_dir}) cannot be used: {error}."]) from error
    if len(secret) < 32:
        advice = "Delete it: a new one is made." if name == NETWORK_KEY else "Restore it from a backup."
        raise ConfigurationError([f"The secret in {path} is shorter than 32 characters. {advice}"])
    return secret


def masked(setting: Setting, text: str) -> str:
    """A setting's text as it may be shown: without a secret, and without the password inside an address."""
    if not setting.secret or not text:
        return text
    hidden = re.sub(r"(?<=://)([^/@:]*):.*@", r"\1:********@", text)
    hidden = re.sub(r"([?&][^=&]*password[^=&]*=)[^&]*", r"\1********", hidden, flags=re.IGNORECASE)
    return hidden if "://" in text else "********"


SETTINGS: tuple[Setting, ...] = (
    Setting("data_dir", folder, "var", "The folder that is the site: database, generated secret, preview mailbox."),
    Setting(
        "database_url",
        database_url,
        "",
        "The database; SQLite in the data folder unless it names a PostgreSQL one (postgresql://user:password@host/name).",
        secret=True,
    ),
    Setting(
        "statement_timeout",
        between(1, 3_600),
        "10",
        "After how many seconds PostgreSQL gives a statement up; migrations, exports and moves take what they need.",
    ),
    Setting(
        "redis_url",
        redis_url,
        "",
        "Counts rate limits in Redis or Valkey (redis://:password@host:6379/0, rediss://…, unix:///path); unset: in "
        "the database.",
        secret=True,
    ),
    Setting(
        "host", host, "127.0.0.1", "The address that the server listens on; a reverse proxy stands in front of it."
    ),
    Setting("port", between(1, 65535), "8000", "The port that the server listens on."),
    Setting("workers", between(1, 64), "2", "How many server processes answer; one for each core is a good number."),
    Setting(
        "site_url",
        site_url,
        "",
        "The site's public address, which links in mails begin with; http://localhost:<port> when unset.",
    ),
    Setting(
        "secret_key", secret, "", "Signs the personal links; generated into the data folder when unset.", secret=True
    ),
    Setting(
        "mailbox_key",
        secret,
        "",
        "Names the mailboxes of a site that seals addresses; on SQLite it is the file mailbox.key of the data folder "
        "when unset. Keep a copy apart from the backups of the database.",
        secret=True,
    ),
    Setting(
        "mail_url",
        mail_url,
        "",
        "The SMTP server (smtp://user:password@host:587, smtps://…); unset: mails go to the preview mailbox.",
        secret=True,
    ),
    Setting("mail_from", mail_from, "", "The sender of every mail, with or without a name."),
    Setting("locales", locales, "fr,en", "The languages of the site, separated by commas, in the order of the menu."),
    Setting(
        "default_locale", locale, "", "The language of visitors whose own is not among them; the first one when unset."
    ),
    Setting("timezone", timezone, "Europe/Paris", "The time zone in which times and days are told."),
    Setting("association_name", line, "", "The association that runs the site and answers for the data."),
    Setting("association_address", line, "", "Its postal address, for the legal notice and the privacy policy."),
    Setting("association_contact", contact, "", "The e-mail address that signers can write to."),
    Setting(
        "association_publisher", line, "", "The person who answers for what is published (director of publication)."
    ),
    Setting("association_hosting", line, "", "Who hosts the machine: name and address, for the legal notice."),
    Setting(
        "data_protection_contact",
        line,
        "",
        "Whom people write to about their data: a name, an address; the association itself when unset.",
    ),
    Setting(
        "signers_kept_months",
        between(1, 36),
        "6",
        "How many months after a petition has closed its signers are forgotten; numbers and countries stay.",
    ),
    Setting("accent_colour", colour, "", "The association's colour, such as #0d5c63; corrected where it reads badly."),
    Setting("abuse_controls", switch, "on", "Rate limits and mail pacing; off for tests on this machine only."),
    Setting(
        "development",
        switch,
        "off",
        "Shows edited catalogues within two seconds, and knows the pseudo-locales en-XA and ar-XB; on this machine "
        "only.",
    ),
    Setting(
        "trusted_proxies",
        between(0, 8),
        "0",
        "How many reverse proxies stand in front; 0 ignores all forwarded headers.",
    ),
)
