"""Which addresses are the same mailbox.

The table is data: a provider's domains, whether dots in the local part count, and what begins a tag. Rules as the
providers document them; for domains that are not listed, only the letters' case is set aside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import idna
from email_validator import EmailNotValidError, validate_email

# Most signers have their mailboxes under a few domains: what the form of a name asks for is kept for so many.
MOST_DOMAINS = 1024


@dataclass(frozen=True)
class Provider:
    """`domain` is the one under which all of `domains` are compared."""

    domain: str
    domains: frozenset[str]
    dots_count: bool = True
    tag: str = "+"


def _provider(domain: str, *others: str, dots_count: bool = True, tag: str = "+") -> Provider:
    return Provider(domain, frozenset({domain, *others}), dots_count, tag)


PROVIDERS = (
    _provider("gmail.com", "googlemail.com", dots_count=False),
    _provider("outlook.com"),
    _provider("outlook.fr"),
    _provider("hotmail.com"),
    _provider("hotmail.fr"),
    _provider("live.com"),
    _provider("live.fr"),
    _provider("msn.com"),
    _provider("icloud.com", "me.com", "mac.com"),
    _provider("proton.me", "protonmail.com", "pm.me"),
    _provider("fastmail.com"),
    _provider("fastmail.fm"),
    _provider("mailbox.org"),
    _provider("posteo.de", "posteo.net", "posteo.eu", "posteo.org"),
    _provider("tutanota.com"),
    _provider("zoho.com"),
    _provider("zoho.eu"),
    _provider("yahoo.com", tag="-"),
    _provider("yahoo.fr", tag="-"),
    _provider("yahoo.de", tag="-"),
    _provider("yahoo.co.uk", tag="-"),
    _provider("yandex.com", "yandex.ru", "ya.ru"),
    _provider("gmx.de"),
    _provider("gmx.net"),
    _provider("mailo.com"),
)
_BY_DOMAIN = {domain: provider for provider in PROVIDERS for domain in provider.domains}


# Domains of which anyone may have a mailbox, beside those above: that many signers share one says nothing of them.
_FOR_ANYONE = frozenset(
    [
        "bbox.fr",
        "free.fr",
        "aliceadsl.fr",
        "libertysurf.fr",
        "laposte.net",
        "orange.fr",
        "wanadoo.fr",
        "sfr.fr",
        "neuf.fr",
        "cegetel.net",
        "club-internet.fr",
        "numericable.fr",
        "mailo.fr",
        "net-c.com",
        "netcourrier.com",
        "gmx.com",
        "gmx.fr",
        "gmx.at",
        "gmx.ch",
        "web.de",
        "t-online.de",
        "freenet.de",
        "arcor.de",
        "hotmail.co.uk",
        "hotmail.it",
        "hotmail.es",
        "hotmail.de",
        "live.be",
        "live.nl",
        "live.it",
        "live.co.uk",
        "outlook.de",
        "outlook.es",
        "outlook.it",
        "yahoo.es",
        "yahoo.it",
        "yahoo.ca",
        "yahoo.com.br",
        "ymail.com",
        "aol.com",
        "aim.com",
        "protonmail.ch",
        "tuta.io",
        "tuta.com",
        "disroot.org",
        "riseup.net",
        "autistici.org",
        "mailfence.com",
        "hey.com",
        "duck.com",
        "relay.firefox.com",
        "simplelogin.com",
        "telenet.be",
        "skynet.be",
        "proximus.be",
        "voo.be",
        "bluewin.ch",
        "sunrise.ch",
        "hispeed.ch",
        "libero.it",
        "virgilio.it",
        "alice.it",
        "tin.it",
        "tiscali.it",
        "telefonica.net",
        "terra.es",
        "sapo.pt",
        "wp.pl",
        "o2.pl",
        "onet.pl",
        "interia.pl",
        "mail.ru",
        "seznam.cz",
        "centrum.cz",
        "btinternet.com",
        "sky.com",
        "talktalk.net",
        "virginmedia.com",
        "comcast.net",
        "verizon.net",
        "att.net",
        "cox.net",
        "videotron.ca",
        "sympatico.ca",
        "rogers.com",
        "uol.com.br",
        "bol.com.br",
        "ziggo.nl",
        "kpnmail.nl",
        "planet.nl",
        "hetnet.nl",
        "home.nl",
        "qq.com",
        "163.com",
        "126.com",
        "naver.com",
    ]
)


def is_large_provider(domain: str) -> bool:
    """Whether a domain, in the form of a canonical mailbox, is one under which anyone may have an address."""
    return domain in _BY_DOMAIN or domain in _FOR_ANYONE


def has_tag(address: str) -> bool:
    """Whether an address carries a tag behind its mailbox's name, as name+tag@gmail.com, that leads to the same box."""
    local, _, domain = address.rpartition("@")
    provider = _BY_DOMAIN.get(_ascii(domain.casefold()))
    tag = provider.tag if provider is not None else "+"
    return tag in local[1:]


class NotAnAddress(ValueError):
    """The text is no e-mail address by the rules of RFC 5321, 5322 and 6531."""


def normal_address(text: str) -> str:
    """The address as it is written to: trimmed, NFC, the domain in lower case and readable. Raises NotAnAddress."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=True)
    except (EmailNotValidError, UnicodeError) as error:
        raise NotAnAddress(str(error)) from error
    return checked.normalized


def canonical_mailbox(address: str) -> str:
    """The one name of a mailbox for all its spellings. `address` has been through `normal_address`."""
    local, _, domain = address.rpartition("@")
    local, domain = local.casefold(), _ascii(domain.casefold())
    provider = _BY_DOMAIN.get(domain)
    if provider is not None:
        domain = provider.domain
        local = local.split(provider.tag, 1)[0] or local
        if not provider.dots_count:
            local = local.replace(".", "") or local
    return f"{local}@{domain}"


@lru_cache(MOST_DOMAINS)
def _ascii(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain
