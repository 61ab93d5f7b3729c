"""The places in a list that grows at its top: a page goes on from the last row that was shown, however deep."""

from __future__ import annotations

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort
from sqlalchemy import Row, Select

from petition_app.extensions import db
from petition_app.web.row_numbers import from_address, in_address

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Beyond the year 2200, a cursor is nobody's; and no row has a number beyond what both databases hold.
_LAST_MOMENT = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_LAST_ID = 2**31 - 1

Place = tuple[datetime, int]


def cursor_of(moment: datetime, row_id: int) -> str:
    """The name of a row's place, to be carried in an address. The row's number is disguised in it."""
    micros = struct.pack(">Q", (moment - _EPOCH) // timedelta(microseconds=1))
    return base64.urlsafe_b64encode(micros + struct.pack(">I", in_address(row_id, micros))).decode()


def place_of(cursor: str) -> Place | None:
    """The place that a cursor names; None for none. A cursor that cannot be one is a page that is not there: 404."""
    if not cursor:
        return None
    try:
        data = base64.urlsafe_b64decode(cursor.encode("ascii"))
        micros, number = struct.unpack(">QI", data)
    except (ValueError, binascii.Error, struct.error):
        abort(404)
    row_id = min(from_address(number, data[:8]), _LAST_ID)
    if micros > _LAST_MOMENT:
        abort(404)
    return _EPOCH + timedelta(microseconds=micros), row_id


def rows_from(
    place: Place | None, newest: Select[*tuple[Any, ...]], before: Select[*tuple[Any, ...]], **asked: int
) -> tuple[Row[*tuple[Any, ...]], ...]:
    """The rows from a place in a petition's list on: by `newest` at its top, else by `before`, which is told `moment`
    and `row` as well."""
    connection = db.session.connection()
    if place is None:
        return tuple(connection.execute(newest, asked))
    return tuple(connection.execute(before, {**asked, "moment": place[0], "row": place[1]}))
