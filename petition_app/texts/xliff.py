"""A petition's texts as XLIFF 2 (OASIS, 2.0): each part a unit of one segment, whose id is its name."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # what is read is looked at first: no document type, no entities
from xml.parsers import expat

from flask_babel import gettext as _

from petition_app.i18n.damage import DamagedFile, Kind, worded
from petition_app.texts.entries import Bundle, Entry, UnreadableFile
from petition_app.texts.parts import seen_name

CORE = "urn:oasis:names:tc:xliff:document:2.0"
OURS = "urn:petition-app:texts"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
# Of a translation that was written for what the source said before.
CHANGED = "petition:changed"
# What XML 1.0 cannot hold; no text that was typed here has any of it.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(bundle: Bundle) -> bytes:
    """The file, for OmegaT, Weblate or any other program that takes XLIFF 2."""
    ET.register_namespace("", CORE)
    ET.register_namespace("petition", OURS)
    languages = {"srcLang": _tag(bundle.source_locale), "trgLang": _tag(bundle.locale)}
    root = ET.Element(f"{{{CORE}}}xliff", {"version": "2.0", **languages})
    file = ET.SubElement(root, f"{{{CORE}}}file", {"id": bundle.slug, _SPACE: "preserve"})
    for entry in bundle.entries:
        unit = ET.SubElement(file, f"{{{CORE}}}unit", {"id": entry.key, f"{{{OURS}}}seen": entry.seen})
        notes = ET.SubElement(unit, f"{{{CORE}}}notes")
        _text(notes, "note", entry.place, category="location")
        if entry.is_outdated and entry.before:
            _text(notes, "note", entry.before, category="previous-source")
        segment = ET.SubElement(unit, f"{{{CORE}}}segment", _state(entry))
        _text(segment, "source", entry.source)
        if entry.target:
            _text(segment, "target", entry.target)
    ET.indent(root, space="  ")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode").encode()


def read(data: bytes) -> Bundle:
    """What a file says. Raises UnreadableFile."""
    _refuse_document_type(data)
    try:
        root = ET.fromstring(data)  # noqa: S314  # see _refuse_document_type
    except (ET.ParseError, ValueError, LookupError) as error:
        raise _damaged(error) from error
    if _name(root) != "xliff" or not root.get("version", "").startswith("2."):
        raise UnreadableFile(str(_("It is no XLIFF of version 2.")))
    file = next((child for child in root if _name(child) == "file"), None)
    slug = file.get("id", "") if file is not None else ""
    units = [unit for unit in root.iter() if _name(unit) == "unit" and unit.get("id")]
    entries = tuple(_entry(unit) for unit in units)
    return Bundle(slug, root.get("srcLang", ""), root.get("trgLang", "").replace("-", "_"), entries)


def _refuse_document_type(data: bytes) -> None:
    """A file that declares entities could grow without end, or name files of the server; XLIFF has no use for any."""

    def refuse(*_declared: object) -> None:
        raise UnreadableFile(str(_("It has a document type, which XLIFF 2 has no use for. Please take it out.")))

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except UnreadableFile:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> UnreadableFile:
    """Expat tells the line; of what it is written in, that the text does not agree with it."""
    line = getattr(error, "lineno", 0)
    kind: Kind = "line" if line else "encoding" if isinstance(error, UnicodeError) else "other"
    return UnreadableFile(worded(DamagedFile(kind, str(error), line=line)))


def _entry(unit: ET.Element) -> Entry:
    segments = [part for part in unit if _name(part) in ("segment", "ignorable")]
    notes = {note.get("category"): _words(note) for note in unit.iter() if _name(note) == "note"}
    target = "".join(_words(child) for part in segments for child in part if _name(child) == "target")
    seen = unit.get(f"{{{OURS}}}seen", "")
    is_outdated = any(part.get("state") == "initial" and part.get("subState") == CHANGED for part in segments)
    return Entry(
        unit.get("id", ""),
        notes.get("location", ""),
        "".join(_words(child) for part in segments for child in part if _name(child) == "source"),
        target,
        # Many programs leave the state alone: other words than were there have been written for this source.
        is_outdated and seen in ("", seen_name(target)),
        notes.get("previous-source", ""),
        seen,
    )


def _state(entry: Entry) -> dict[str, str]:
    if entry.is_outdated:
        return {"state": "initial", "subState": CHANGED}
    return {"state": "translated" if entry.target else "initial"}


def _text(parent: ET.Element, name: str, words: str, **attributes: str) -> None:
    ET.SubElement(parent, f"{{{CORE}}}{name}", attributes).text = _NOT_XML.sub("", words)


def _words(element: ET.Element) -> str:
    return "".join(element.itertext())


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _tag(locale: str) -> str:
    return locale.replace("_", "-")
