"""Which signatures came from the same network, without keeping whose: a keyed hash, forgotten after 30 days.

A network is the /24 or /48 that an address belongs to; the address itself is known to the rate limits only, as another
keyed hash, for a day. A mailbox's domain is kept in the same way where it is not a large provider's.

Networks are few enough to be tried out by whoever has the key, so it is none that a backup holds: on SQLite the file
`network.key` of the data folder, on PostgreSQL one of the operator's variables. Where it is lost, marks of before and
after have nothing in common, and counts of the day begin anew. The association sees only which are alike.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from petition_app.antiabuse.mailboxes import is_large_provider
from petition_app.antiabuse.rate_limit import network_of, wide_network_of

KEPT_FOR = timedelta(days=30)
LENGTH = 16


@dataclass(frozen=True)
class Origin:
    """Where a form came from: the address (in IPv6 its /64), and the network around it. It is written down nowhere."""

    address: str
    network: str

    @classmethod
    def of(cls, remote_address: str | None) -> Origin:
        return cls(network_of(remote_address or ""), wide_network_of(remote_address or ""))


def domain_mark(mailbox: str, secret: str) -> str | None:
    """What the mailboxes of one domain have in common; None for a large provider's, which says nothing."""
    domain = mailbox.rpartition("@")[2]
    return None if is_large_provider(domain) else keyed_mark("domain", domain, secret)


def keyed_mark(what: str, value: str, secret: str) -> str:
    """A short keyed hash of a value, another one for each use that it is put to."""
    return hmac.new(secret.encode(), f"{what}|{value}".encode(), hashlib.sha256).hexdigest()[:LENGTH]


def network_mark(network: str, secret: str) -> str | None:
    """What signatures of one network have in common; None where the network is not known."""
    if network == "unknown":
        return None
    return hmac.new(secret.encode(), f"signed-from|{coarse(network)}".encode(), hashlib.sha256).hexdigest()[:LENGTH]


def coarse(network: str) -> str:
    """The /24 (IPv4) or /48 (IPv6) around an address or a network: what is kept for days tells no single connection."""
    try:
        ip = ipaddress.ip_interface(network).ip
    except ValueError:
        return network
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def reader_mark(network: str, comment_id: int, secret: str) -> str:
    """Whose network flagged a comment: another mark for each comment, so that nobody's reading can be followed."""
    said = f"flagged|{comment_id}|{coarse(network)}"
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()[:32]
