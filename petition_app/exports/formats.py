"""The formats of a file of signatures. Each writer takes rows as they come and holds none of them.

CSV (RFC 4180) and JSON Lines have nowhere to speak of themselves, so every row says in a last column what it may be
used for. The spreadsheets have a sheet for that.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from petition_app.exports.columns import Cell, Head
from petition_app.exports.opendocument import write_ods
from petition_app.exports.workbook import write_xlsx
from petition_app.web.filters import iso

Rows = Iterable[Sequence[list[Cell]]]

# What a spreadsheet may run as a formula when a cell begins with it, and what hides such a beginning from the eye.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BLANKS = " \u00a0\u200b\ufeff"
# No cell that begins with one of these is dangerous: nearly all do, and need no second look.
_FIRST_LOOK = frozenset((*"".join(FORMULA_STARTS), *_BLANKS))

USE_COLUMN = "allowed_use"


@dataclass(frozen=True)
class Format:
    """How a file is written, and what it is called."""

    ending: str
    content_type: str
    write: Callable[[BinaryIO, Head, Rows], None]


def harmless(cell: str) -> str:
    """The cell with an apostrophe in front where a spreadsheet might take it for a formula."""
    if cell[:1] not in _FIRST_LOOK:
        return cell
    return f"'{cell}" if cell.lstrip(_BLANKS).startswith(FORMULA_STARTS) else cell


def _write_csv(target: BinaryIO, head: Head, rows: Rows) -> None:
    """Lines end with CR LF; moments are in UTC (ISO 8601)."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([*head.names, USE_COLUMN])
    for batch in rows:
        writer.writerows([[*(_csv_cell(cell) for cell in row), head.use] for row in batch])
        target.write(buffer.getvalue().encode())
        buffer.seek(0)
        buffer.truncate()
    target.write(buffer.getvalue().encode())  # the header of a file without rows


def _write_csv_with_bom(target: BinaryIO, head: Head, rows: Rows) -> None:
    """With the mark by which Excel knows UTF-8."""
    target.write(b"\xef\xbb\xbf")
    _write_csv(target, head, rows)


def _csv_cell(cell: Cell) -> str | int:
    if cell.__class__ is str:
        return harmless(cell)
    if isinstance(cell, datetime):
        return iso(cell)
    return "" if cell is None else cell


def _write_json_lines(target: BinaryIO, head: Head, rows: Rows) -> None:
    """An object a line, UTF-8."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=iso).encode
    for batch in rows:
        lines = [encode({**dict(zip(head.names, row, strict=True)), USE_COLUMN: head.use}) for row in batch]
        # Lone halves of a character are in no name that was typed; what cannot be encoded is told as such.
        target.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))


FORMATS = {
    "csv": Format("csv", "text/csv; charset=utf-8", _write_csv),
    "csv-bom": Format("csv", "text/csv; charset=utf-8", _write_csv_with_bom),
    "xlsx": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
    "ods": Format("ods", "application/vnd.oasis.opendocument.spreadsheet", write_ods),
    "jsonl": Format("jsonl", "application/jsonl; charset=utf-8", _write_json_lines),
}
