"""The large providers of mailboxes, by the domains of their addresses.

Only these are told apart: a domain of one's own says whose it is.
"""

from __future__ import annotations

OTHERS = "other"

_DOMAINS = {
    "Bouygues (bbox)": "bbox.fr",
    "Free": "free.fr aliceadsl.fr libertysurf.fr",
    "Gmail": "gmail.com googlemail.com",
    "GMX, Web.de": "gmx.com gmx.de gmx.fr gmx.net gmx.at gmx.ch web.de",
    "iCloud": "icloud.com me.com mac.com",
    "La Poste": "laposte.net",
    "Mailo": "mailo.com mailo.fr net-c.com netcourrier.com",
    "Orange": "orange.fr wanadoo.fr",
    "Outlook, Hotmail": "outlook.com outlook.fr hotmail.com hotmail.fr hotmail.co.uk live.com live.fr msn.com",
    "Posteo": "posteo.de posteo.net posteo.org",
    "Proton": "proton.me protonmail.com pm.me protonmail.ch",
    "SFR": "sfr.fr neuf.fr cegetel.net club-internet.fr numericable.fr",
    "T-Online": "t-online.de",
    "Telenet, Proximus": "telenet.be skynet.be proximus.be",
    "Yahoo": "yahoo.com yahoo.fr yahoo.co.uk yahoo.de yahoo.es yahoo.it ymail.com aol.com",
}
_BY_DOMAIN = {domain: name for name, domains in _DOMAINS.items() for domain in domains.split()}


def provider_of(address: str | None) -> str:
    """The provider of an address, or of what follows its @, by its name, or OTHERS."""
    return _BY_DOMAIN.get(_domain(address), OTHERS)


def shared_domain(address: str) -> str:
    """The domain of an address where it is a large provider's; "" for one that may say whose it is."""
    domain = _domain(address)
    return domain if domain in _BY_DOMAIN else ""


def _domain(address: str | None) -> str:
    return (address or "").rpartition("@")[2].lower()
