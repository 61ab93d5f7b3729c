"""Mailboxes that are thrown away after use, by the list of a package that knows such domains.

It is an extra: without the package nothing is known of them, and the rest of the checks does what it can.
"""

from __future__ import annotations

import functools


@functools.cache
def _domains() -> frozenset[str]:
    try:
        from disposable_email_domains import blocklist
    except ImportError:
        return frozenset()
    return frozenset(blocklist)


def is_disposable(domain: str) -> bool:
    """Whether a domain, or one that it belongs to, hands out mailboxes to throw away. `domain` is in ASCII."""
    labels = domain.casefold().split(".")
    return any(".".join(labels[place:]) in _domains() for place in range(max(1, len(labels) - 1)))
