"""An export from its order to its file."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from flask_babel import gettext as _

from petition_app.exports.columns import Cell, Column, Head
from petition_app.exports.fields import field_purposes
from petition_app.exports.formats import FORMATS
from petition_app.exports.rows import AddressesSealed, Opener, batches
from petition_app.exports.uses import USES, Use
from petition_app.extensions import db
from petition_app.files.making import CannotBeMade, Progress
from petition_app.files.orders import Order
from petition_app.i18n.locales import use_locale
from petition_app.models import Petition, StoredFile
from petition_app.models.counter import confirmed_count
from petition_app.privacy.consent import wordings
from petition_app.sealing import boxes
from petition_app.sealing.boxes import CannotOpen
from petition_app.sealing.keyring import keyring
from petition_app.sealing.state import current
from petition_app.web.filters import moment
from petition_app.web.site import settings


@dataclass(frozen=True)
class Export:
    """What is wanted: the names of a use and a format, and of the columns (all that the use may have where empty)."""

    use: str
    format: str
    columns: tuple[str, ...] = ()
    with_left: bool = False


def needs_passphrase(petition: Petition, export: Export) -> bool:
    """Whether addresses have to be opened for it. Raises NotAColumn."""
    columns = USES[export.use].chosen(petition, list(export.columns))
    return current() is not None and any(column.name == "email" for column in columns)


def order_of(petition: Petition, export: Export, locale: str, ordered_by: str, at: datetime) -> Order:
    """The order to place. Raises NotAColumn."""
    sealing = current()
    sealed_key = None
    if needs_passphrase(petition, export) and sealing is not None:
        sealed_key = boxes.sealed(secrets.token_bytes(32), sealing.public_key)
    ending = FORMATS[export.format].ending
    day = at.astimezone(settings().timezone).date()
    return Order(
        petition_id=petition.id,
        kind="export",
        name=f"{petition.slug}-{export.use.replace('_', '-')}-{day.isoformat()}.{ending}",
        content_type=FORMATS[export.format].content_type,
        options={
            "use": export.use,
            "format": export.format,
            "columns": list(export.columns),
            "with_left": export.with_left,
        },
        locale=locale,
        total=confirmed_count(petition.id),
        ordered_by=ordered_by,
        sealed_key=sealed_key,
    )


def make_export(file: StoredFile, target: BinaryIO, progress: Progress) -> None:
    """What makes the files of the kind “export”."""
    wanted = Export(
        file.options["use"], file.options["format"], tuple(file.options["columns"]), file.options["with_left"]
    )
    petition = db.session.get_one(Petition, file.petition_id)
    key = keyring().key_for(("file", file.id))
    with use_locale(file.locale):
        try:
            write_export(petition, wanted, target, progress, file.ordered_at, opener_by(key) if key else None)
        except (AddressesSealed, CannotOpen):
            raise CannotBeMade(sealed_since()) from None


def sealed_since() -> str:
    """Why a file cannot be made whose addresses could be read when it was ordered."""
    return str(_("The addresses were sealed after this file was ordered. Order it again, with the passphrase."))


def opener_by(private_key: bytes) -> Opener:
    return lambda box: boxes.opened_address(box, private_key)


def write_export(
    petition: Petition,
    export: Export,
    target: BinaryIO,
    progress: Progress,
    at: datetime,
    opener: Opener | None = None,
) -> int:
    """Write the signatures as of a moment; answers how many stand in the file.

    `opener` is for addresses that rest sealed. Raises NotAColumn, AddressesSealed, CannotOpen.
    """
    use = USES[export.use]
    columns = use.chosen(petition, list(export.columns))
    head = Head(
        names=tuple(column.name for column in columns),
        labels=tuple(str(column.label) for column in columns),
        use=use.name,
        about=about(petition, use, columns, at),
        zone=settings().timezone,
    )
    counted = _Counted()
    rows = counted.through(batches(petition.id, use, columns, at, with_left=export.with_left, opener=opener), progress)
    FORMATS[export.format].write(target, head, rows)
    return counted.rows


class _Counted:
    """Tells how far the reading is, and remembers how many rows went into the file."""

    def __init__(self) -> None:
        self.rows = 0

    def through(
        self, found: Iterator[tuple[int, list[list[Cell]]]], progress: Progress
    ) -> Iterator[Sequence[list[Cell]]]:
        for looked_at, rows in found:
            self.rows += len(rows)
            yield rows
            progress(looked_at)


def about(petition: Petition, use: Use, columns: Sequence[Column], at: datetime) -> tuple[tuple[str, str], ...]:
    """What a reader of the file must know of it: a label and a sentence each."""
    consent = wordings()[use.news or "processing"]
    return (
        (_("Petition"), petition.text_for(petition.default_locale).title),
        # Translators: heads the sentence that says what a file may be used for
        (_("May be used for"), str(use.sentence)),
        # Translators: heads the wording that all signers in this file have agreed to
        (_("What each of them agreed to"), consent),
        # Translators: in front of the moment at which a file was made
        (_("As of"), moment(at)),
        (_("Columns"), ", ".join(str(column.label) for column in columns)),
        *field_purposes(petition, [column.field_id for column in columns if column.field_id is not None]),
    )
