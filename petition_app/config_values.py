"""How the text of each kind of setting is read. A reader raises ValueError with what to write instead."""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from petition_app.paths import resource_folder

# Languages that show what was forgotten: English with accents and longer, English turned round and right to left.
# Each is an alias of a language whose dates, numbers and direction it has; development alone knows them.
PSEUDO_LOCALES = {"en-XA": "en", "ar-XB": "ar"}


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over: `smtp` speaks STARTTLS where the server offers it, `smtps` TLS from the first byte."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None = field(repr=False)


def folder(text: str) -> Path:
    if not text:
        raise ValueError("it is empty; give a folder, for example var")
    return Path(text).expanduser().resolve()


def database_url(text: str) -> str:
    if text and not re.match(r"(sqlite:///|postgresql(\+psycopg)?://)", text):
        raise ValueError("it must begin with sqlite:/// or postgresql://")
    if text.startswith("postgresql") and "," in _hosts(text):
        raise ValueError(
            "several hosts are written as "
            "postgresql://user:password@/name?host=a:5432&host=b:5432&target_session_attrs=read-write"
        )
    return text


def _hosts(text: str) -> str:
    """The hosts of an address, without user and password (which may hold anything that is not escaped)."""
    return re.split(r"[/?#]", text.partition("://")[2].rpartition("@")[2], maxsplit=1)[0]


def redis_url(text: str) -> str:
    if text and not re.match(r"rediss?://[^/\s]|unix://([^@\s]*@)?/[^\s?]", text):
        raise ValueError("write it as redis://:password@host:6379/0, rediss://host:6379/0 or unix:///path/to/socket")
    return text


def host(text: str) -> str:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        if not re.fullmatch(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.(?!-)[A-Za-z0-9-]{1,63})*", text):
            raise ValueError(f"“{text}” is no address to listen on, such as 127.0.0.1 or 0.0.0.0") from None
    return text


def between(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", text) or not least <= int(text) <= most:
            raise ValueError(f"“{text}” is not a whole number from {least} to {most}")
        return int(text)

    return read


def site_url(text: str) -> str:
    url = urlsplit(text)
    if text and (not re.fullmatch(r"https?://[\w.:\[\]-]+/?", text) or not url.hostname):
        raise ValueError(f"“{text}” is not the address of a site, such as https://petition.example.org")
    _ = url.port  # raises ValueError where the port is no number
    return text.rstrip("/")


def secret(text: str) -> str:
    if text and len(text) < 32:
        raise ValueError("it is shorter than 32 characters; leave it out to have one generated")
    return text


def mail_url(text: str) -> MailServer | None:
    if not text:
        return None
    url = urlsplit(text)
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise ValueError("write it as smtp://user:password@host:587 or smtps://user:password@host:465")
    tls = url.scheme == "smtps"
    return MailServer(
        host=url.hostname,
        port=url.port or (465 if tls else 587),
        tls=tls,
        user=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
    )


def mail_from(text: str) -> str:
    if text and (not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(text)[1]) or re.search(r"[\r\n]", text)):
        raise ValueError(
            f"“{text}” is not a sender, such as petition@example.org or “Our association <petition@example.org>”"
        )
    return text


def locales(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part for part in re.split(r"[,\s]+", text) if part))
    if not names:
        raise ValueError("name at least one locale, for example fr,en")
    available = available_locales()
    for name in names:
        if name not in available and name not in PSEUDO_LOCALES:
            raise ValueError(f"there is no catalogue for “{name}”; there are: {', '.join(available)}")
    return names


def available_locales() -> list[str]:
    """The locales that have a catalogue. English is the language of the sources and always there."""
    folder = resource_folder("translations")
    return sorted({"en", *(po.parent.parent.name for po in folder.glob("*/LC_MESSAGES/messages.po"))})


def locale(text: str) -> str:
    return text


def timezone(text: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"“{text}” is not a time zone, such as Europe/Paris") from None


def line(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("it must be one line without control characters")
    return text


def contact(text: str) -> str:
    if text and not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise ValueError(f"“{text}” is not an e-mail address")
    return text


def colour(text: str) -> str:
    """As `#0d5c63`, however it was written: `#ABC`, without the number sign."""
    digits = text.removeprefix("#").lower()
    if text and not re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", digits):
        raise ValueError(f"“{text}” is not a colour, such as #0d5c63")
    return f"#{''.join(2 * c for c in digits) if len(digits) == 3 else digits}" if digits else ""


def switch(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise ValueError(f"“{text}” is neither on nor off")
    return text.lower() == "on"


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this very machine (RFC 6761 for `localhost`)."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
