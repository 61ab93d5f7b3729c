"""The tokens in personal addresses: signed, each for one purpose, with nothing in them that tells who it is.

A token names a signature by its random key. One for confirming opens no personal page, and the other way round.
"""

from __future__ import annotations

import functools
import hashlib
from datetime import UTC, datetime

from itsdangerous import BadSignature, TimestampSigner
from itsdangerous.encoding import base64_encode, int_to_bytes

from petition_app.web.site import settings

CONFIRMATION_SECONDS = 30 * 24 * 3600


class TokenDamaged(Exception):
    """It was not made by this site, or something of it is missing."""


class TokenExpired(Exception):
    """It was good once, and its time is over."""


def confirmation_token(key: str, made_at: datetime | None = None) -> str:
    """What confirms the signature with this key; good for 30 days from `made_at` on, which is now."""
    signer = _signer("confirmation")
    return (signer.sign(key) if made_at is None else signer.signed_at(key, made_at)).decode()


def read_confirmation_token(token: str) -> str:
    """The key of the signature to confirm. Raises TokenDamaged or TokenExpired."""
    return _unsigned("confirmation", token, CONFIRMATION_SECONDS)


def personal_token(key: str) -> str:
    """What opens a signature's personal page; good until the signature is erased."""
    return _signer("personal").sign(key).decode()


def read_personal_token(token: str) -> str:
    """The key of the signature whose page it opens. Raises TokenDamaged."""
    return _unsigned("personal", token, None)


def answer_token(key: str) -> str:
    """What opens the page where a recipient answers; how long it is good is the database's to say."""
    return _signer("answer").sign(key).decode()


def read_answer_token(token: str) -> str:
    """The key of the answer. Raises TokenDamaged."""
    return _unsigned("answer", token, None)


def unsubscribing_token(key: str, update_id: int) -> str:
    """What ends the news of a petition for the mailbox of the signature with this key, and nothing else.

    It names the update whose mail carries it; it is good until the signature is erased.
    """
    return _signer("unsubscribing").sign(f"{key}.{update_id}").decode()


def read_unsubscribing_token(token: str) -> tuple[str, int]:
    """The key of the signature, and the update. Raises TokenDamaged."""
    key, _dot, update_id = _unsigned("unsubscribing", token, None).rpartition(".")
    return key, int(update_id)


def member_token(purpose: str, key: str) -> str:
    """What a link to a member of the team carries; how long it is good is the database's to say."""
    return _signer(f"member.{purpose}").sign(key).decode()


def read_member_token(purpose: str, token: str) -> str:
    """The key of the link. Raises TokenDamaged."""
    return _unsigned(f"member.{purpose}", token, None)


def _signer(purpose: str) -> _Signer:
    return _signer_with(settings().secret_key, purpose)


@functools.lru_cache(maxsize=64)
def _signer_with(secret: str, purpose: str) -> _Signer:
    return _Signer(secret, salt=f"token.{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)


class _Signer(TimestampSigner):
    """One that has one secret, and derives its key from it once."""

    @functools.cached_property
    def _key(self) -> bytes:
        return super().derive_key()

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        return self._key

    def signed_at(self, key: str, moment: datetime) -> bytes:
        """As `sign` does, of another moment than now: the signer is everybody's, and keeps nothing of it."""
        stamp = base64_encode(int_to_bytes(int(moment.timestamp())))
        value = b".".join((key.encode(), stamp))
        return b".".join((value, self.get_signature(value)))


def _unsigned(purpose: str, token: str, max_age: int | None) -> str:
    """The key inside. One that seems to come from the future is good: the clock was set back, by nobody's fault."""
    try:
        value, signed_at = _signer(purpose).unsign(token, return_timestamp=True)
        key = value.decode("ascii")
    except (BadSignature, ValueError) as error:
        raise TokenDamaged from error
    if max_age is not None and (datetime.now(UTC) - signed_at).total_seconds() > max_age:
        raise TokenExpired
    return key
