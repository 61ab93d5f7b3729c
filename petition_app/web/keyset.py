"""The places in a list that grows at its top: a page goes on from the last row that was shown, however deep."""

from __future__ import annotations

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta

from flask import abort

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Beyond these, a cursor is nobody's: the year 2200, and the largest integer that both databases hold.
_LAST_MOMENT = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_LAST_ID = 2**31 - 1

Place = tuple[datetime, int]


def cursor_of(moment: datetime, row_id: int) -> str:
    """The name of a row's place, to be carried in an address."""
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(struct.pack(">QI", micros, row_id)).decode()


def place_of(cursor: str) -> Place | None:
    """The place that a cursor names; None for none. A cursor that cannot be one is a page that is not there: 404."""
    if not cursor:
        return None
    try:
        micros, row_id = struct.unpack(">QI", base64.urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, binascii.Error, struct.error):
        abort(404)
    if micros > _LAST_MOMENT or row_id > _LAST_ID:
        abort(404)
    return _EPOCH + timedelta(microseconds=micros), row_id
