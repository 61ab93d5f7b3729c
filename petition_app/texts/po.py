"""A petition's texts as a gettext catalogue: each part an entry, whose context is its name."""

from __future__ import annotations

from io import BytesIO

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import normalize, write_po

from petition_app.i18n.damage import DamagedFile, worded
from petition_app.i18n.po import forms, parsed, sources
from petition_app.texts.entries import Bundle, Entry, UnreadableFile

# Stands among the places of an entry, which every editor keeps: how the translation stood when the file was made.
SEEN = "seen-"
WIDTH = 77


def write(bundle: Bundle) -> bytes:
    """The file, for Poedit, Weblate or any other editor of catalogues."""
    head = Catalog(
        locale=bundle.locale.replace("-", "_"),
        project=bundle.slug,
        version=bundle.source_locale,
        charset="utf-8",
        fuzzy=False,
        header_comment=f"# The texts of the petition “{bundle.slug}”, in Markdown.",
    )
    written = BytesIO()
    write_po(written, head, width=WIDTH)
    return "\n".join([written.getvalue().decode().rstrip("\n"), "", *map(_written, bundle.entries)]).encode()


def _written(entry: Entry) -> str:
    """An entry. The library would break what the source said before at the wrong places."""
    lines = [f"#. {entry.place}", f"#: {SEEN}{entry.seen}"]
    if entry.is_outdated:
        lines.append("#, fuzzy")
        lines += [f"#| {line}" for line in _keyword("msgid", entry.before).split("\n") if entry.before]
    said = (("msgctxt", entry.key), ("msgid", entry.source), ("msgstr", entry.target))
    return "\n".join([*lines, *(_keyword(name, text) for name, text in said), ""])


def _keyword(name: str, text: str) -> str:
    return f"{name} {normalize(text, width=WIDTH)}"


def read(data: bytes) -> Bundle:
    """What a file says. Raises UnreadableFile."""
    try:
        catalogue = parsed(data)
    except DamagedFile as error:
        raise UnreadableFile(worded(error)) from error
    locale = str(catalogue.locale) if catalogue.locale is not None else ""
    entries = tuple(_entry(message) for message in catalogue if message.id and message.context)
    return Bundle(str(catalogue.project), str(catalogue.version), locale, entries)


def _entry(message: Message) -> Entry:
    seen = next((place.removeprefix(SEEN) for place, _line in message.locations if place.startswith(SEEN)), "")
    return Entry(message.context or "", "", sources(message)[0], forms(message)[0], message.fuzzy, "", seen)
