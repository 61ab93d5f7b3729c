"""A file of signatures for LibreOffice: an OpenDocument spreadsheet (OASIS 1.3), its content written as it comes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import IO, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from flask_babel import gettext as _

from petition_app.exports.columns import Cell, Head

MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
ROWS_A_SHEET = 1_000_000
COMPRESSION_LEVEL = 3

_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{MIMETYPE}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""
_BEGINNING = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content office:version="1.3" xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" \
xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" \
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" \
xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" \
xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" \
xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"><office:automatic-styles>\
<style:style style:name="wide" style:family="table-column"><style:table-column-properties \
style:column-width="18cm"/></style:style>\
<style:style style:name="usual" style:family="table-column"><style:table-column-properties \
style:column-width="4cm"/></style:style>\
<style:style style:name="bold" style:family="table-cell"><style:text-properties fo:font-weight="bold"/></style:style>\
<style:style style:name="wrapped" style:family="table-cell"><style:table-cell-properties \
fo:wrap-option="wrap"/></style:style>\
<number:date-style style:name="iso"><number:year number:style="long"/><number:text>-</number:text><number:month \
number:style="long"/><number:text>-</number:text><number:day number:style="long"/><number:text> </number:text>\
<number:hours number:style="long"/><number:text>:</number:text><number:minutes number:style="long"/>\
<number:text>:</number:text><number:seconds number:style="long"/></number:date-style>\
<style:style style:name="moment" style:family="table-cell" style:data-style-name="iso"/>\
</office:automatic-styles><office:body><office:spreadsheet>"""
_END = "</office:spreadsheet></office:body></office:document-content>"
# What XML cannot hold (XML 1.0, 2.2).
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_ods(target: BinaryIO, head: Head, rows: Iterable[Sequence[list[Cell]]]) -> None:
    """Text cells hold text only. Moments are in the site's time zone, for a spreadsheet knows none."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL) as archive:
        archive.writestr("mimetype", MIMETYPE, zipfile.ZIP_STORED)  # the first, and plain, so that it can be recognised
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        with archive.open("content.xml", "w", force_zip64=True) as content:
            content.write(_BEGINNING.encode())
            _write_sheets(content, head, rows)
            content.write(_describe(head).encode())
            content.write(_END.encode())


def _write_sheets(content: IO[bytes], head: Head, rows: Iterable[Sequence[list[Cell]]]) -> None:
    sheets, line = 1, 0
    content.write(_begin(head, sheets).encode())
    for batch in rows:
        for start in range(0, len(batch), ROWS_A_SHEET):
            part = batch[start : start + ROWS_A_SHEET]
            if line and line + len(part) > ROWS_A_SHEET:
                sheets, line = sheets + 1, 0
                content.write(("</table:table>" + _begin(head, sheets)).encode())
            content.write("".join(_row(row, head.zone) for row in part).encode())
            line += len(part)
    content.write(b"</table:table>")


def _begin(head: Head, sheets: int) -> str:
    name = _("Signatures") if sheets == 1 else f"{_('Signatures')} {sheets}"
    columns = f'<table:table-column table:style-name="usual" table:number-columns-repeated="{len(head.labels)}"/>'
    labels = "".join(_text_cell(label, "bold") for label in head.labels)
    heading = f"<table:table-header-rows><table:table-row>{labels}</table:table-row></table:table-header-rows>"
    return f"<table:table table:name={quoteattr(name)}>{columns}{heading}"


def _describe(head: Head) -> str:
    lines = "".join(
        f"<table:table-row>{_text_cell(label, 'bold')}{_text_cell(sentence, 'wrapped')}</table:table-row>"
        for label, sentence in head.about
    )
    columns = '<table:table-column table:style-name="usual"/><table:table-column table:style-name="wide"/>'
    return f"<table:table table:name={quoteattr(_('About this file'))}>{columns}{lines}</table:table>"


def _row(row: list[Cell], zone: tzinfo) -> str:
    cells = []
    for cell in row:
        if cell.__class__ is str:
            cells.append(_text_cell(cell) if cell else "<table:table-cell/>")
        elif isinstance(cell, datetime):
            local = cell.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")
            cells.append(
                f'<table:table-cell table:style-name="moment" office:value-type="date" office:date-value="{local}">'
                f"<text:p>{local.replace('T', ' ')}</text:p></table:table-cell>"
            )
        elif cell is None:
            cells.append("<table:table-cell/>")
        else:
            cells.append(
                f'<table:table-cell office:value-type="float" office:value="{cell}"><text:p>{cell}</text:p>'
                "</table:table-cell>"
            )
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _text_cell(text: str, style: str = "") -> str:
    named = f' table:style-name="{style}"' if style else ""
    legal = _ILLEGAL.sub("\ufffd", text) if not text.isalnum() else text
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in legal.split("\n"))
    return f'<table:table-cell{named} office:value-type="string">{lines}</table:table-cell>'
