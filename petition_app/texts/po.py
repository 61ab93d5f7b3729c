"""A petition's texts as a gettext catalogue: each part an entry, whose context is its name."""

from __future__ import annotations

from io import BytesIO

from babel import UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from petition_app.texts.entries import Bundle, Entry, UnreadableFile

# Stands among the places of an entry, which every editor keeps: how the translation stood when the file was made.
SEEN = "seen-"


def write(bundle: Bundle) -> bytes:
    """The file, for Poedit, Weblate or any other editor of catalogues."""
    catalogue = Catalog(
        locale=bundle.locale.replace("-", "_"),
        project=bundle.slug,
        version=bundle.source_locale,
        charset="utf-8",
        fuzzy=False,
        header_comment=f"# The texts of the petition “{bundle.slug}”, in Markdown.",
    )
    for entry in bundle.entries:
        catalogue.add(
            entry.source,
            entry.target,
            locations=[(f"{SEEN}{entry.seen}", None)],  # type: ignore[list-item]  # a place without a line has none
            auto_comments=[entry.place],
            context=entry.key,
            flags=["fuzzy"] if entry.is_outdated else [],
            previous_id=[entry.before] if entry.is_outdated and entry.before else [],
        )
    written = BytesIO()
    write_po(written, catalogue, width=77, include_previous=True)
    return written.getvalue()


def read(data: bytes) -> Bundle:
    """What a file says. Raises UnreadableFile."""
    try:
        catalogue = read_po(BytesIO(data), abort_invalid=True)
    except (PoFileError, UnknownLocaleError, ValueError, LookupError) as error:
        raise UnreadableFile(str(error)) from error
    locale = str(catalogue.locale) if catalogue.locale is not None else ""
    entries = tuple(_entry(message) for message in catalogue if message.id and message.context)
    return Bundle(str(catalogue.project), str(catalogue.version), locale, entries)


def _entry(message: Message) -> Entry:
    source = message.id if isinstance(message.id, str) else message.id[0]
    target = message.string if isinstance(message.string, str | None) else message.string[0]
    seen = next((place.removeprefix(SEEN) for place, _line in message.locations if place.startswith(SEEN)), "")
    before = message.previous_id[0] if message.previous_id else ""
    return Entry(message.context or "", "", source, target or "", message.fuzzy, before, seen)
