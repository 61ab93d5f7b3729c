"""One answer in the two codings that it is sent in, plain and gzip, each with its ETag and the 304 in its place."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from petition_app.web import packing

Header = tuple[str, str]

SMALLEST_TO_COMPRESS = 256
COMPRESSIBLE = (
    "text/",
    "application/feed+json",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/manifest+json",
    "application/xml",
    "application/atom+xml",
    "application/rss+xml",
    "image/svg+xml",
)
# Made anew here from the body that is sent.
_OURS = ("content-length", "etag", "vary")
# What describes a body, and so has no place where none is sent (RFC 9110, 15.4.5).
_OF_THE_BODY = ("content-length", "content-type", "content-encoding", "content-language")


@dataclass(slots=True)
class Coded:
    """One coding: what is sent, and the headers of the 304 that says that it is still so."""

    etag: str
    body: bytes
    headers: list[Header]
    not_modified: list[Header]


@dataclass(slots=True)
class Representation:
    """Both codings; one and the same object where compressing gains nothing."""

    digest: bytes
    plain: Coded
    packed: Coded

    @property
    def size(self) -> int:
        """Bytes of the bodies in memory."""
        return len(self.plain.body) + (0 if self.packed is self.plain else len(self.packed.body))


def represent(
    body: bytes,
    headers: list[Header],
    *,
    level: int,
    pieces: Sequence[bytes] = (),
    before: Representation | None = None,
) -> Representation:
    """Make both codings of a body. `headers` without coding; `before` lends its bodies where nothing has changed.

    `pieces` are what the body consists of, where they are likely to have been in another one.
    """
    digest = hashlib.sha256(body).digest()
    if before is not None and before.digest == digest:
        body = before.plain.body
        packed = None if before.packed is before.plain else before.packed.body
    else:
        packed = _compressed(body, headers, level, pieces)
    kept = [header for header in headers if header[0].lower() not in _OURS]
    if packed is not None or _is_compressible(headers):
        # Said of short bodies as well: the next one at this address may be long enough to be compressed.
        kept.append(("Vary", "Accept-Encoding"))
    name = digest.hex()[:32]
    plain = _coded(f'"{name}"', body, kept)
    if packed is None:
        return Representation(digest, plain, plain)
    return Representation(digest, plain, _coded(f'"{name}-gz"', packed, [*kept, ("Content-Encoding", "gzip")]))


def _compressed(body: bytes, headers: list[Header], level: int, pieces: Sequence[bytes]) -> bytes | None:
    """The body in gzip, where that is worth it."""
    if len(body) < SMALLEST_TO_COMPRESS or not _is_compressible(headers):
        return None
    packed = packing.of_pieces(pieces, body) if len(pieces) > 1 else packing.whole(body, level)
    return packed if len(packed) < len(body) else None


def _is_compressible(headers: list[Header]) -> bool:
    return any(name.lower() == "content-type" and value.startswith(COMPRESSIBLE) for name, value in headers)


def _coded(etag: str, body: bytes, headers: list[Header]) -> Coded:
    full = [*headers, ("ETag", etag), ("Content-Length", str(len(body)))]
    return Coded(etag, body, full, [header for header in full if header[0].lower() not in _OF_THE_BODY])


@functools.lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether this `Accept-Encoding` takes gzip (RFC 9110, 12.5.3). What cannot be read counts as a refusal."""
    qualities = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        qualities[coding.strip()] = _quality(parameter)
    named = qualities.get("gzip", qualities.get("x-gzip"))
    return (qualities.get("*", 0.0) if named is None else named) > 0


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if not name.strip():
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0


def matches(wanted: str, etag: str) -> bool:
    """Whether `If-None-Match` names this ETag, weakly compared as RFC 9110, 13.1.2 has it."""
    if wanted == etag or wanted.strip() == "*":
        return True
    return any(part.strip().removeprefix("W/") == etag for part in wanted.split(","))
