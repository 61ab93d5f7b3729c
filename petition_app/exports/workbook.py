"""A file of signatures for Excel: sheets of rows, and one that says what they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from flask_babel import gettext as _

from petition_app.exports.columns import Cell, Head
from petition_app.web.site import settings

# A sheet holds 1 048 576 rows; what is beyond goes on the next one.
ROWS_A_SHEET = 1_000_000
WIDTH, ABOUT_WIDTHS = 18, (26, 90)

# Text is text, whatever it begins with: no formula, no link, no number is made of what a signer has typed.
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}


def write_xlsx(target: BinaryIO, head: Head, rows: Iterable[Sequence[list[Cell]]]) -> None:
    """Moments are in the site's time zone, for Excel knows none."""
    import xlsxwriter  # for the process that makes files alone: the others need not carry it

    with tempfile.TemporaryDirectory(dir=settings().data_dir, prefix="workbook-") as folder:
        book = xlsxwriter.Workbook(target, {**_OPTIONS, "tmpdir": folder})
        _describe(book, head)
        _Sheets(book, head).write(rows)
        book.close()


def _describe(book: Any, head: Head) -> None:
    # Translators: the name of the sheet of a file that says what the file is
    sheet = book.add_worksheet(_sheet_name(_("About this file")))
    bold, wrapped = book.add_format({"bold": True, "valign": "top"}), book.add_format({"text_wrap": True})
    for column, width in enumerate(ABOUT_WIDTHS):
        sheet.set_column(column, column, width)
    for line, (label, sentence) in enumerate(head.about):
        sheet.write_string(line, 0, label, bold)
        sheet.write_string(line, 1, sentence, wrapped)


class _Sheets:
    def __init__(self, book: Any, head: Head) -> None:
        self._book, self._head = book, head
        self._bold = book.add_format({"bold": True, "bottom": 1})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._sheet: Any = None
        self._sheets = self._line = 0

    def write(self, rows: Iterable[Sequence[list[Cell]]]) -> None:
        self._begin()
        for batch in rows:
            for row in batch:
                if self._line > ROWS_A_SHEET:
                    self._begin()
                self._write(row)

    def _begin(self) -> None:
        self._sheets += 1
        name = _("Signatures") if self._sheets == 1 else f"{_('Signatures')} {self._sheets}"
        self._sheet, self._line = self._book.add_worksheet(_sheet_name(name)), 1
        self._sheet.set_column(0, len(self._head.labels) - 1, WIDTH)
        self._sheet.freeze_panes(1, 0)
        if self._sheets == 1:
            self._sheet.activate()
        for column, label in enumerate(self._head.labels):
            self._sheet.write_string(0, column, label, self._bold)

    def _write(self, row: list[Cell]) -> None:
        sheet, line = self._sheet, self._line
        for column, cell in enumerate(row):
            if cell.__class__ is str:
                if cell:
                    sheet.write_string(line, column, cell)
            elif isinstance(cell, datetime):
                local = cell.astimezone(self._head.zone).replace(tzinfo=None)
                sheet.write_datetime(line, column, local, self._moment)
            elif cell is not None:
                sheet.write_number(line, column, cell)
        self._line += 1


def _sheet_name(words: str) -> str:
    """At most 31 characters, without those that Excel refuses."""
    return "".join(c for c in words if c not in "[]:*?/\\'")[:31]
