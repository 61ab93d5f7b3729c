"""Who signs in the simulation, from where, by which mailbox, and how: what is the same for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from petition_app.operations.demo.people import FRENCH_GIVEN, FRENCH_SURNAMES

PROVIDERS = ("gmail.com", "orange.fr", "free.fr", "laposte.net", "hotmail.fr", "outlook.fr", "yahoo.fr", "sfr.fr")


@dataclass(frozen=True)
class Visit:
    """One time that somebody sends the form, and what becomes of the mail."""

    at: datetime
    given_name: str
    surname: str
    email: str
    address: str  # the IP address
    kind: str
    is_bot: bool = False
    # The page's script runs; seconds from the first touch of the form to sending it; the work is done where asked.
    has_script: bool = True
    seconds: float = 40
    does_work: bool = True
    fills_trap: bool = False
    # Seconds from the mail to the press on its button; None where it is never pressed.
    confirms_after: float | None = None
    # A scanner opens every link of the mail before a person does.
    is_scanned: bool = False


def name(chance: Random) -> tuple[str, str]:
    """A name that hardly anybody else has, as in life; one in thirty has a frequent one."""
    given = chance.choice(FRENCH_GIVEN)
    if chance.random() < 1 / 30:
        return chance.choice(FRENCH_GIVEN[:12]), chance.choice(FRENCH_SURNAMES[:6])
    return given, f"{chance.choice(FRENCH_SURNAMES)}-{chance.choice(FRENCH_SURNAMES)}"


def local_part(given: str, surname: str, chance: Random) -> str:
    """As people make an address of their name."""
    first, last = (ascii_of(part) for part in (given, surname))
    number = chance.choice(("", "", str(chance.randrange(1, 99)), str(chance.randrange(1940, 2008))))
    return chance.choice((f"{first}.{last}", f"{first[0]}{last}", f"{last}.{first}", f"{first}{last}"))[:50] + number


def ascii_of(part: str) -> str:
    from unicodedata import normalize

    return "".join(c for c in normalize("NFD", part.casefold()) if c.isascii() and c.isalnum()) or "x"


def address_in(network: int, host: int) -> str:
    """An address of the nth /24 network, in ranges that are anybody's."""
    return f"{20 + network // 65_536 % 180}.{network // 256 % 256}.{network % 256}.{host % 254 + 1}"
