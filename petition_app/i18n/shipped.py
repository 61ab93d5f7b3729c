"""The catalogues that come with the program, and what they say of themselves.

They are `translations/<locale>/LC_MESSAGES/messages.po`, each with the words that it keeps to beside it
(`translations/<locale>/glossary.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from babel import Locale

from petition_app.i18n.po import PoCatalogue, forms, parsed, rendered
from petition_app.paths import resource_folder

# The sources are in this language.
SOURCE_LOCALE = "en"


@dataclass(frozen=True)
class Progress:
    """How far a catalogue has come. `total` is what there is to translate."""

    locale: str
    total: int
    translated: int
    fuzzy: int
    is_complete: bool
    is_machine_drafted: bool

    @property
    def missing(self) -> int:
        return self.total - self.translated - self.fuzzy


def folder() -> Path:
    return resource_folder("translations")


def template_file() -> Path:
    return folder() / "messages.pot"


def po_files() -> list[Path]:
    return sorted(folder().glob("*/LC_MESSAGES/messages.po"))


def po_of(locale: str) -> Path:
    return folder() / locale / "LC_MESSAGES" / "messages.po"


def glossary_of(locale: str) -> Path:
    return folder() / locale / "glossary.md"


def locale_of(po: Path) -> str:
    return po.parent.parent.name


def read(po: Path) -> PoCatalogue:
    """A catalogue, or the template. Raises one of po.UNREADABLE."""
    return parsed(po.read_bytes(), locale_of(po) if po.suffix == ".po" else None)


def write(catalogue: PoCatalogue, path: Path) -> None:
    if not catalogue.header_comment.strip("# \n"):
        catalogue.header_comment = _heading(catalogue.locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(rendered(catalogue))


def _heading(locale: Locale | None) -> str:
    language = f"{locale.english_name} translations of " if locale else ""
    return f"# {language}petition_app.\n# This file has the licence of the program (EUPL-1.2)."


def progress(locale: str) -> Progress:
    """Raises one of po.UNREADABLE."""
    catalogue = read(po_of(locale))
    messages = [message for message in catalogue if message.id]
    whole = [message for message in messages if all(forms(message))]
    fuzzy = sum(message.fuzzy for message in whole)
    return Progress(
        locale,
        total=len(messages),
        translated=len(whole) - fuzzy,
        fuzzy=fuzzy,
        is_complete=catalogue.is_complete,
        is_machine_drafted=catalogue.is_machine_drafted,
    )
