"""Honest people: at home, at work, at school, on the train; in couples, with old phones, behind scanners of links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from bench.fraud.people import PROVIDERS, Visit, address_in, ascii_of, local_part, name
from petition_app.operations.demo.crowd import HOURS

# Networks of homes: some have many customers, most have few. Those of the carriers have very many.
HOMES, CARRIERS = 30_000, 12
FIRST_HOME, FIRST_CARRIER, FIRST_OFFICE = 100_000, 400_000, 500_000
# Associations, universities, administrations: their members sign from home as well as from their desks.
INSTITUTIONS = 15


def honest(count: int, begin: datetime, span: timedelta, chance: Random) -> list[Visit]:
    """So many people who sign, of every kind, over a span of time."""
    visits: list[Visit] = []
    for maker, share in ((_offices, 0.15), (_classes, 0.06), (_couples, 0.1)):
        source = maker(begin, span, chance)
        visits += _some(source, round(count * share))
    visits += _some(_alone(begin, span, chance), count - len(visits))
    return visits


def _some(source: Iterator[Visit], count: int) -> list[Visit]:
    return [next(source) for _ in range(count)]


def _alone(begin: datetime, span: timedelta, chance: Random) -> Iterator[Visit]:
    while True:
        yield _person(_moment(begin, span, chance), _home(chance), "alone", chance)


def _couples(begin: datetime, span: timedelta, chance: Random) -> Iterator[Visit]:
    """Two who share a mailbox and a sofa."""
    while True:
        one = _person(_moment(begin, span, chance), _home(chance), "couple", chance)
        yield one
        given, _surname = name(chance)
        after = timedelta(seconds=chance.uniform(60, 900))
        email = one.email if chance.random() < 0.97 else _spelt_otherwise(one.email)
        yield replace(one, at=one.at + after, given_name=given, email=email, confirms_after=_patience(chance))


def _offices(begin: datetime, span: timedelta, chance: Random) -> Iterator[Visit]:
    """A colleague sends the link around; they sign within hours, behind one address, and a scanner opens the links."""
    office = 0
    while True:
        office += 1
        domain, address = f"office{office}.example.org", address_in(FIRST_OFFICE + office, 7)
        has_script = chance.random() > 0.02  # an old browser that is the same for all of them
        start = _moment(begin, span - timedelta(hours=3), chance)
        for _ in range(chance.randrange(8, 60)):
            at = start + timedelta(seconds=min(chance.expovariate(1 / 2400), 10_000))
            person = _person(at, address, "office", chance, domain if chance.random() < 0.8 else "")
            yield replace(person, is_scanned=True, has_script=has_script)


def _classes(begin: datetime, span: timedelta, chance: Random) -> Iterator[Visit]:
    """A class that signs together, within ten minutes, behind the school's address."""
    school = 0
    while True:
        school += 1
        domain, address = f"school{school}.example.net", address_in(FIRST_OFFICE + 5_000 + school, 3)
        start = _moment(begin, span - timedelta(hours=1), chance)
        for _ in range(chance.randrange(20, 36)):
            at = start + timedelta(seconds=chance.uniform(0, 600))
            person = _person(at, address, "class", chance, domain if chance.random() < 0.5 else "")
            yield replace(person, seconds=chance.uniform(15, 120))


def _person(at: datetime, address: str, kind: str, chance: Random, domain: str = "") -> Visit:
    given, surname = name(chance)
    local = local_part(given, surname, chance)
    if not domain:
        domain = _domain(chance)
    if chance.random() < 0.006:
        local += "+petition"
    if chance.random() < 0.0003:
        domain = "yopmail.com"  # there are honest people who trust nobody with an address
    return Visit(
        at=at,
        given_name=given,
        surname=surname,
        email=f"{local}@{domain}",
        address=address,
        kind=kind,
        has_script=chance.random() > 0.03,
        seconds=max(4.0, chance.lognormvariate(3.7, 0.5)) if chance.random() > 0.01 else 2.0,
        does_work=chance.random() > 0.03,
        confirms_after=_patience(chance),
        is_scanned=chance.random() < 0.1,
    )


def _domain(chance: Random) -> str:
    """A large provider's, an institution's, or one's own."""
    draw = chance.random()
    if draw < 0.08:
        return f"institution{chance.randrange(INSTITUTIONS)}.example.com"
    if draw < 0.12:
        return f"{ascii_of(''.join(name(chance)))[:30]}{chance.randrange(100)}.example.org"
    return chance.choice(PROVIDERS)


def _patience(chance: Random) -> float | None:
    """Seconds until the button in the mail is pressed; one in nine never does."""
    return min(chance.lognormvariate(5.2, 1.6), 20 * 3600) if chance.random() < 0.89 else None


def _home(chance: Random) -> str:
    if chance.random() < 0.2:
        return address_in(FIRST_CARRIER + chance.randrange(CARRIERS), chance.randrange(254))
    return address_in(FIRST_HOME + int(HOMES * chance.random() ** 1.6), chance.randrange(254))


def _moment(begin: datetime, span: timedelta, chance: Random) -> datetime:
    """By day more than by night."""
    while True:
        at = begin + span * chance.random()
        if chance.random() * max(HOURS) < HOURS[at.hour]:
            return at


def _spelt_otherwise(email: str) -> str:
    local, _, domain = email.partition("@")
    return f"{local.replace('.', '').capitalize()}@{domain}" if domain == "gmail.com" else f"{local.upper()}@{domain}"
