"""Passwords: what is taken for one, how it is kept, and how it is compared in the same time for everybody."""

from __future__ import annotations

import functools
import threading
import unicodedata
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import Type, hash_secret_raw
from flask_babel import gettext as _

from petition_app.models import Member

SHORTEST, LONGEST = 12, 200
COMMON = frozenset(
    word
    for line in Path(__file__).with_name("common_passwords.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)
KEYBOARD_ROWS = (
    "1234567890",
    "0123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop",
    "azertyuiopqsdfghjklmwxcvbn",
    "azertyuiop",
    "qwertzuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1a2z3e4r5t6y7u8i9o0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "abcdefghijklmnopqrstuvwxyz",
    "a1b2c3d4e5f6g7h8i9j0",
)
# RFC 9106's second choice with less memory and one lane: a tenth of a second on a small machine.
_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
# Each comparison takes 32 MB: a crowd at the door must not take the machine's memory from the signers.
_at_once = threading.BoundedSemaphore(2)


def weakness(password: str, *personal: str) -> str:
    """What is wrong with a password, in a sentence; "" where it will do. `personal` is what others know or try."""
    if len(password) < SHORTEST:
        return str(
            _("This has fewer than %(least)s characters. A few words in a row make a good password.", least=SHORTEST)
        )
    if len(password) > LONGEST:
        return str(_("This has more than %(most)s characters. Please shorten it.", most=LONGEST))
    plain = _plain(password)
    if len(set(plain)) < 5 or plain in COMMON or _is_common_lengthened(plain) or _is_on_a_row(plain):
        return str(_("This is one of the first passwords that are tried. Please choose another one."))
    if any(_says_the_same(plain, _plain(known)) for known in personal):
        return str(_("This is your name, your address or the site’s name. Please choose another one."))
    return ""


def hash_of(password: str) -> str:
    with _at_once:
        return _hasher.hash(_normal(password))


def is_right(member: Member | None, password: str) -> bool:
    """Whether this is the member's password. For nobody, and for who has none yet, it takes as long and says no."""
    known = member.password_hash if member is not None and member.is_active else ""
    try:
        with _at_once:
            _hasher.verify(known or _nobodys_hash(), _normal(password[: LONGEST + 1]))
    except (Argon2Error, InvalidHashError):
        return False
    return bool(known)


def needs_new_hash(member: Member) -> bool:
    """Whether the member's hash was made with other parameters than are used now."""
    return _hasher.check_needs_rehash(member.password_hash)


def derived(text: str, salt: bytes, length: int) -> bytes:
    """So many bytes that take as much work to make as a password's hash does."""
    with _at_once:
        return hash_secret_raw(
            text.encode(), salt, _hasher.time_cost, _hasher.memory_cost, _hasher.parallelism, length, Type.ID
        )


@functools.cache
def _nobodys_hash() -> str:
    """Made with the same parameters; no password that is taken is empty."""
    return _hasher.hash("")


def _normal(password: str) -> str:
    """The same characters, whatever keyboard they were typed on (RFC 8265: NFC for what is opaque)."""
    return unicodedata.normalize("NFC", password)


def _plain(text: str) -> str:
    """Letters and digits alone, in lower case, without accents: as who guesses would vary it."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in bare if c.isalnum() and not unicodedata.combining(c))


def _is_common_lengthened(plain: str) -> bool:
    """A common one with digits around it, or said twice: “password1234”, “motdepassemotdepasse”."""
    core = plain.strip("0123456789")
    half = core[: len(core) // 2]
    return core in COMMON or (len(core) % 2 == 0 and half * 2 == core and half in COMMON) or not core


def _is_on_a_row(plain: str) -> bool:
    """Keys beside each other, either way, and again: “qwertyuiopas”, “1234567890123”."""
    return any(plain in row * 3 or plain[::-1] in row * 3 for row in KEYBOARD_ROWS)


def _says_the_same(plain: str, known: str) -> bool:
    """Equal, or little more than what is known."""
    return len(known) >= 4 and known in plain and len(plain) - len(known) < 6
