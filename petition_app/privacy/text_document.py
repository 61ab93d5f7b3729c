"""A document to keep and to print: an OpenDocument text (OASIS 1.3), which LibreOffice and Word open."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

from petition_app.privacy.processing import Section

MIMETYPE = "application/vnd.oasis.opendocument.text"

_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{path}:1.0"'
    for name, path in {
        "office": "office",
        "style": "style",
        "text": "text",
        "table": "table",
        "fo": "xsl-fo-compatible",
    }.items()
)
_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{MIMETYPE}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""
_STYLES = """<office:automatic-styles>\
<style:style style:name="title" style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0.6cm"/>\
<style:text-properties fo:font-size="20pt" fo:font-weight="bold"/></style:style>\
<style:style style:name="heading" style:family="paragraph"><style:paragraph-properties fo:margin-top="0.7cm" \
fo:margin-bottom="0.2cm" fo:keep-with-next="always"/><style:text-properties fo:font-size="14pt" \
fo:font-weight="bold"/></style:style>\
<style:style style:name="label" style:family="paragraph"><style:text-properties fo:font-weight="bold"/></style:style>\
<style:style style:name="narrow" style:family="table-column"><style:table-column-properties \
style:column-width="4.5cm"/></style:style>\
<style:style style:name="wide" style:family="table-column"><style:table-column-properties \
style:column-width="12.5cm"/></style:style>\
<style:style style:name="cell" style:family="table-cell"><style:table-cell-properties fo:padding="0.12cm" \
fo:border-bottom="0.5pt solid #999999"/></style:style></office:automatic-styles>"""
# What XML cannot hold (XML 1.0, 2.2).
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text_document(title: str, sections: Sequence[Section]) -> bytes:
    """A title, and a table of two columns under each heading."""
    body = f'<text:h text:style-name="title" text:outline-level="1">{_text(title)}</text:h>'
    body += "".join(_section(number, section) for number, section in enumerate(sections))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.3" {_SPACES}>{_STYLES}'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MIMETYPE, zipfile.ZIP_STORED)  # the first, and plain, so that it can be recognised
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", content.encode())
    return buffer.getvalue()


def _section(number: int, section: Section) -> str:
    heading, rows = section
    columns = "".join(f'<table:table-column table:style-name="{width}"/>' for width in ("narrow", "wide"))
    lines = "".join(
        f"<table:table-row>{_cell([label], 'label')}{_cell(paragraphs, '')}</table:table-row>"
        for label, paragraphs in rows
    )
    return (
        f'<text:h text:style-name="heading" text:outline-level="2">{_text(heading)}</text:h>'
        f'<table:table table:name="table{number}">{columns}{lines}</table:table>'
    )


def _cell(paragraphs: Sequence[str], style: str) -> str:
    named = f' text:style-name="{style}"' if style else ""
    inner = "".join(f"<text:p{named}>{_text(paragraph)}</text:p>" for paragraph in paragraphs)
    return f'<table:table-cell table:style-name="cell">{inner}</table:table-cell>'


def _text(words: str) -> str:
    return escape(_ILLEGAL.sub("", words))
