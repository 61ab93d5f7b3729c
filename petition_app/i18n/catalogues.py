"""The catalogues: compiled on start, taken out of the code, brought up to date and checked against it.

Only the edited `.po` files are kept with the sources. What gettext reads is made from them when the program starts,
in the data folder, and made again when a `.po` file is newer.
"""

from __future__ import annotations

import copy
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

from petition_app.paths import PACKAGE, resource_folder

log = logging.getLogger(__name__)

KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
SOURCE_LOCALE = "en"
UNREADABLE = (OSError, ValueError, PoFileError)
# Headers that the library fills with placeholders, until a translator's tool writes what is so; and the dates of
# making, which say nothing that the history does not, and would change every file each time.
UNTOLD = re.compile(
    rb'^"(?:POT-Creation-Date|Generated-By|Report-Msgid-Bugs-To: (?:EMAIL@ADDRESS)?\\n|PO-Revision-Date: YEAR'
    rb'|Last-Translator: (?:FULL NAME|\\n)|Language-Team: (?:\w+ <LL@li\.org>)?\\n).*"\n',
    re.M,
)
Messages = dict[tuple[object, object], Message]
COMMENT_TAGS = ("Translators:",)
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]


def folder() -> Path:
    return resource_folder("translations")


def po_files() -> list[Path]:
    return sorted(folder().glob("*/LC_MESSAGES/messages.po"))


def locale_of(po: Path) -> str:
    return po.parent.parent.name


def compile_all(into: Path) -> None:
    """Compile each catalogue that is newer than what was made of it. Safe in several processes at once.

    One that cannot be read keeps the site from nothing: what was compiled before goes on being used.
    """
    for po in po_files():
        mo = into / locale_of(po) / "LC_MESSAGES" / "messages.mo"
        if not mo.exists() or mo.stat().st_mtime_ns != po.stat().st_mtime_ns:
            try:
                _compile(po, mo)
            except UNREADABLE:
                log.exception("the catalogue for %s cannot be used", locale_of(po))


def _compile(po: Path, mo: Path) -> None:
    stamp = po.stat().st_mtime_ns
    compiled = BytesIO()
    write_mo(compiled, _read(po), use_fuzzy=False)
    mo.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=mo.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(compiled.getvalue())
    os.utime(draft, ns=(stamp, stamp))
    Path(draft).replace(mo)


def _read(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=locale_of(po), abort_invalid=True)


def extract() -> Catalog:
    """The messages of the code and the templates as they are now."""
    template = Catalog(project="petition_app", version="1", copyright_holder="", msgid_bugs_address="", charset="utf-8")
    for source, prefix in ((PACKAGE, "petition_app"), (resource_folder("templates"), "templates")):
        found = extract_from_dir(
            source,
            method_map=METHODS,
            options_map={"**.html": {"trimmed": "true", "silent": "false"}, "**.txt": {"silent": "false"}},
            keywords=KEYWORDS,
            comment_tags=COMMENT_TAGS,
            strip_comment_tags=True,
        )
        for filename, line, message, comments, context in found:
            place = (f"{prefix}/{filename}", line)
            template.add(message, None, [place], auto_comments=comments, context=context)
    return template


def write_all() -> None:
    """Bring `messages.pot` and every `.po` file up to date with the code; nothing that was translated is lost."""
    template = extract()
    _write(template, folder() / "messages.pot", previous=False)
    for po in po_files():
        catalogue = _read(po)
        # A copy, for new messages go over into the catalogue as they are, and are translated there.
        catalogue.update(copy.deepcopy(template), no_fuzzy_matching=locale_of(po) == SOURCE_LOCALE)
        for key in [key for key, message in catalogue.obsolete.items() if not any(_forms(message))]:
            del catalogue.obsolete[key]
        if locale_of(po) == SOURCE_LOCALE:
            catalogue.obsolete.clear()
            _complete_from_source(catalogue)
        _write(catalogue, po, previous=True)


def _complete_from_source(catalogue: Catalog) -> None:
    """The sources are in this language: what nobody has worded otherwise is said in their words."""
    for message in catalogue:
        if message.id and not any(_forms(message)):
            message.string = message.id


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string or "",) if isinstance(message.string, str | None) else tuple(message.string)


def _write(catalogue: Catalog, path: Path, *, previous: bool) -> None:
    language = "" if catalogue.locale is None else f"{catalogue.locale.english_name} translations of "
    catalogue.header_comment = f"# {language}petition_app.\n# This file has the licence of the program (EUPL-1.2)."
    written = BytesIO()
    write_po(
        written,
        catalogue,
        width=110,
        sort_by_file=True,
        omit_header=False,
        include_previous=previous,
        include_lineno=False,
    )
    text = UNTOLD.sub(b"", written.getvalue())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)


def check() -> list[str]:
    """What a translator has to do before the catalogues can be used: one sentence for each finding."""
    code = extract()
    wanted = {_key(m): m for m in code if m.id}
    findings = []
    for po in [folder() / "messages.pot", *po_files()]:
        try:
            catalogue = _read(po) if po.suffix == ".po" else read_po(po.open("rb"))
        except UNREADABLE as error:
            findings.append(f"{po.name}: cannot be read: {error}")
            continue
        name = po.name if po.suffix == ".pot" else f"{locale_of(po)}/messages.po"
        present = {_key(m): m for m in catalogue if m.id}
        findings += _out_of_step(name, wanted, present)
        if po.suffix == ".po":
            findings += [f"{name}: {finding}" for m in present.values() for finding in _check_message(m, catalogue)]
    return findings


def _out_of_step(name: str, wanted: Messages, present: Messages) -> Iterator[str]:
    for key in sorted(wanted.keys() - present.keys(), key=str):
        yield f"{name}: “{_short(wanted[key])}” is missing: run `petition translations update`."
    for key in sorted(present.keys() - wanted.keys(), key=str):
        yield f"{name}: “{_short(present[key])}” is used nowhere any more: run `petition translations update`."


def _key(message: Message) -> tuple[object, object]:
    return message.context, message.id


def _short(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return text if len(text) <= 60 else text[:57] + "…"


PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%%")
TAG = re.compile(r"</?\w+[^>]*>")
# Characters that are not seen and can turn the order of what is: embeddings, overrides, isolates, controls.
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")


def _check_message(message: Message, catalogue: Catalog) -> Iterator[str]:
    what = f"“{_short(message)}”"
    sources = [message.id] if isinstance(message.id, str) else list(message.id)
    targets = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if message.fuzzy:
        yield f"{what} is marked fuzzy: compare it with the source, correct it and take the mark away."
    if not all(targets):
        yield f"{what} is not translated: write its translation."
        return
    if len(sources) > 1 and len(targets) != catalogue.num_plurals:
        yield f"{what} needs {catalogue.num_plurals} plural forms and has {len(targets)}."
    for index, target in enumerate(targets):
        # One item may be told without its number (“one signature”), so a plural form is held to the plural source.
        source = sources[min(index, len(sources) - 1)]
        names, allowed = set(PLACEHOLDER.findall(target)), set(PLACEHOLDER.findall(sources[-1]))
        if names - allowed or (len(sources) == 1 and names != allowed):
            expected = ", ".join(sorted(filter(None, allowed))) or "none"
            yield f"{what}: the placeholders must be the source's: {expected}."
        if sorted(TAG.findall(target)) != sorted(TAG.findall(source)):
            yield f"{what}: the tags must be the source's, with the same attributes."
        if (source[:1].isspace(), source[-1:].isspace()) != (target[:1].isspace(), target[-1:].isspace()):
            yield f"{what}: leading or trailing space differs from the source's."
        if UNSEEN.search(target):
            yield f"{what}: contains a character that cannot be seen; type the sentence again."
