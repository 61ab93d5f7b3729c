"""gzip of what is sent: of a whole, or of the pieces of a page, each of which is compressed once for all pages.

Most of a page that is asked for with a query of its own stands in the pages before it, too: to compress it again would
be a quarter of what it takes to make the page.
"""

from __future__ import annotations

import functools
import gzip
import struct
import zlib
from collections.abc import Sequence

# As gzip writes them (RFC 1952, 2.3): no name, no time, an unknown system; and an empty last block (RFC 1951, 3.2.6).
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_END = b"\x03\x00"
LEVEL = 6
# The pieces that are kept: a page has some fifteen, and there is one for each language and share link.
MOST_PIECES = 1_000


def whole(body: bytes, level: int) -> bytes:
    """The same body gives the same bytes."""
    return gzip.compress(body, level, mtime=0)


def of_pieces(pieces: Sequence[bytes], body: bytes) -> bytes:
    """The body in one gzip member, where `pieces` are what it consists of."""
    ends = struct.pack("<LL", zlib.crc32(body), len(body) & 0xFFFFFFFF)
    return b"".join((_HEAD, *map(_deflated, pieces), _END, ends))


@functools.lru_cache(maxsize=MOST_PIECES)
def _deflated(piece: bytes) -> bytes:
    """Blocks that end with a whole byte and look back at nothing that stands before the piece, whatever that is."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
