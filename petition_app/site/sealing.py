"""A secret at rest in the database: unreadable without the site's own secret, which is kept elsewhere.

What this is for: a dump of the database, a replica, somebody who reads one table. What it is not for: whoever has the
database and `secret_key` has the password too, for the program itself must read it to send mail. A backup of the data
folder (`petition backup`) holds both, as it holds everything else that the site knows.

The packages that the site runs on bring no cipher, so it is made of the standard library's HMAC-SHA256: in counter
mode it gives the key stream (a pseudorandom function makes a stream cipher), and over the result, with a key of its
own, the tag that is checked before anything is opened (encrypt-then-MAC). Nonces are random, of 256 bits.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

_MARK = "sealed:1:"
_NONCE, _TAG = 32, 32


def sealed(text: str, secret: str) -> str:
    """The text, for the database."""
    nonce = secrets.token_bytes(_NONCE)
    body = _crossed(text.encode(), nonce, secret)
    tag = _hmac(_key(secret, b"tag"), nonce + body)
    return _MARK + base64.b64encode(nonce + body + tag).decode("ascii")


def unsealed(text: str, secret: str) -> str | None:
    """What was sealed; None where it was sealed by another secret, or is damaged."""
    if not text.startswith(_MARK):
        return None
    try:
        data = base64.b64decode(text.removeprefix(_MARK), validate=True)
    except (binascii.Error, ValueError):
        return None
    nonce, body, tag = data[:_NONCE], data[_NONCE:-_TAG], data[-_TAG:]
    if len(data) < _NONCE + _TAG or not hmac.compare_digest(tag, _hmac(_key(secret, b"tag"), nonce + body)):
        return None
    return _crossed(body, nonce, secret).decode()


def _crossed(data: bytes, nonce: bytes, secret: str) -> bytes:
    """The data with the key stream over it; twice gives the data again."""
    key, stream = _key(secret, b"stream"), b""
    for block in range(-(-len(data) // 32)):
        stream += _hmac(key, nonce + block.to_bytes(8, "big"))
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))


def _key(secret: str, purpose: bytes) -> bytes:
    return _hmac(secret.encode(), b"petition_app settings|" + purpose)


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()
