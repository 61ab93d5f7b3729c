"""The bot farm: ten thousand addresses over five hundred networks, and it reads its mail.

A third are mailboxes to throw away, a third are tags on some hundred mailboxes of a large provider, a third are made up
under a few domains that take any address. It draws names as people have them, spreads over hours, waits before it
confirms. One in seven is a real browser that waits like a person and does the work that it is asked for. Some of its
networks are homes, where honest people sign, too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from bench.fraud.crowd import FIRST_HOME, HOMES
from bench.fraud.people import Visit, address_in, local_part, name
from petition_app.antiabuse import disposable

CATCH_ALL = tuple(f"mail{number}.example" for number in range(8))
FIRST_NETWORK, SHARED = 10_000, 20


def bots(count: int, networks: int, begin: datetime, span: timedelta, chance: Random) -> list[Visit]:
    """So many addresses that sign over so many networks."""
    throwaway = chance.sample(_throwaway(), 60)
    mailboxes = [f"{local_part(*name(chance), chance)}@gmail.com" for _ in range(max(1, count // 15))]
    shared = [FIRST_HOME + int(HOMES * chance.random() ** 1.6) for _ in range(networks * SHARED // 500)]
    places = [*shared, *(FIRST_NETWORK + number for number in range(networks - len(shared)))]
    visits = []
    for number in range(count):
        given, surname = name(chance)
        kind = ("throwaway", "tagged", "catch-all")[number % 3]
        visits.append(
            Visit(
                at=begin + span * chance.random(),
                given_name=given,
                surname=surname,
                email=_email(kind, given, surname, throwaway, mailboxes, chance),
                address=address_in(places[number % len(places)], chance.randrange(254)),
                kind=kind,
                is_bot=True,
                **_manner(chance),
            )
        )
    return visits


def _email(kind: str, given: str, surname: str, throwaway: list[str], mailboxes: list[str], chance: Random) -> str:
    if kind == "tagged":
        local, _, domain = chance.choice(mailboxes).partition("@")
        return f"{local}+{chance.randrange(10**6)}@{domain}"
    return f"{local_part(given, surname, chance)}@{chance.choice(throwaway if kind == 'throwaway' else CATCH_ALL)}"


def _manner(chance: Random) -> dict[str, object]:
    if chance.random() < 1 / 7:
        return {"seconds": chance.uniform(8, 90), "confirms_after": chance.uniform(30, 3600)}
    return {
        "has_script": False,
        "does_work": False,
        "fills_trap": chance.random() < 0.1,
        "confirms_after": chance.uniform(4, 900) if chance.random() < 0.97 else None,
    }


def _throwaway() -> list[str]:
    """Domains of the list, which a farm picks from; in one order, so that a seed means the same."""
    from disposable_email_domains import blocklist

    return sorted(domain for domain in blocklist if disposable.is_disposable(domain) and domain.count(".") == 1)
