"""The numbers of rows in addresses that everybody can read, disguised: they do not tell how many rows lie between two.

Whoever signs before and after a stranger's address was typed would else learn from the numbers of their own rows
whether it was new: an entry of one that has signed is undone, and takes no number.
"""

from __future__ import annotations

import functools
import hashlib

from flask import Flask
from werkzeug.routing import BaseConverter, ValidationError

from petition_app.web.site import settings

LARGEST = 2**32 - 1
_ROUNDS = 4
COMMENT = b"comment"


class CommentConverter(BaseConverter):
    """A comment in an address."""

    regex = "[0-9]{1,10}"

    def to_python(self, value: str) -> int:
        if int(value) > LARGEST:
            raise ValidationError
        return from_address(int(value), COMMENT)

    def to_url(self, value: int) -> str:
        return str(in_address(int(value), COMMENT))


def init_app(app: Flask) -> None:
    app.url_map.converters["comment"] = CommentConverter


def in_address(row_id: int, use: bytes) -> int:
    """The number of 32 bits that stands for a row's, for this use of it; another one for each use.

    A Feistel network (Luby and Rackoff, 1988): each number stands for one row, and only this site finds which.
    """
    key, left, right = _key(settings().secret_key), row_id >> 16, row_id & 0xFFFF
    for each in range(_ROUNDS):
        left, right = right, left ^ _mixed(right, each, use, key)
    return left << 16 | right


def from_address(number: int, use: bytes) -> int:
    """The row's number; that of no row, where nobody was given it."""
    key, left, right = _key(settings().secret_key), number >> 16, number & 0xFFFF
    for each in reversed(range(_ROUNDS)):
        left, right = right ^ _mixed(left, each, use, key), left
    return left << 16 | right


def _mixed(half: int, each: int, use: bytes, key: bytes) -> int:
    data = bytes((each,)) + half.to_bytes(2) + use
    return int.from_bytes(hashlib.blake2b(data, digest_size=2, key=key).digest())


@functools.lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    return hashlib.sha256(f"row numbers\0{secret}".encode()).digest()
