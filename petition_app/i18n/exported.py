"""What stood on the site when a file was made: known from a mark in its head, and from the history of each text.

Who translates in a program of their own has the file for days. What it says as the site said it then is nobody's
wish: somebody may have worded it better since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.messages.catalog import Message
from flask import current_app
from itsdangerous import BadSignature, Signer
from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_app.i18n import shipped
from petition_app.i18n.po import MARK, PoCatalogue, forms, previous
from petition_app.models import Translation, TranslationRevision


@dataclass(frozen=True)
class Said:
    """What a message says, and what translators note beside it."""

    strings: tuple[str, ...]
    is_unsure: bool
    previous: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class _Moment:
    """When the newest of the site's texts in a file was saved, and the name of the catalogue that they lie over."""

    newest: datetime
    catalogue: str


def said_by(message: Message) -> Said:
    """What a file says of it."""
    return Said(forms(message), bool(message.fuzzy), previous(message), "\n".join(message.user_comments))


def said_here(ours: Message, row: Translation | TranslationRevision | None) -> Said:
    """What the site says by this row, over what the program is shipped with."""
    printed = said_by(ours)
    if row is None:
        return printed
    note = row.comment or printed.note
    if not row.strings:
        return Said(printed.strings, printed.is_unsure, printed.previous, note)
    # A revision does not tell for which source it was unsure.
    before = tuple(row.previous) if isinstance(row, Translation) else ()
    return Said(tuple(row.strings), row.is_unsure, before, note)


def mark_of(locale: str, rows: Iterable[Translation]) -> str:
    """The mark of a file that has these words of the site in it."""
    newest = max(row.saved_at for row in rows)
    return _signer().sign(f"{newest.isoformat()} {_catalogue_name(locale)}").decode()


class Then:
    """What each message said when a file was made.

    A file that is not marked, or bears another site's mark, does not hold what was worded here: it goes on from what
    is shipped.
    """

    def __init__(self, session: Session, locale: str, file: PoCatalogue) -> None:
        self._moment = _moment_of(file)
        self._is_same_catalogue = self._moment is None or self._moment.catalogue == _catalogue_name(locale)
        self._former = _former(session, locale, self._moment.newest) if self._moment else {}

    def said(self, ours: Message, row: Translation | None) -> Said | None:
        """None where nobody can tell any more: the program had another catalogue."""
        worded = None if self._moment is None or row is None else self._former.get(row.id, row)
        is_known = self._is_same_catalogue or (worded is not None and worded.strings)
        return said_here(ours, worded) if is_known else None


def _former(session: Session, locale: str, moment: datetime) -> Mapping[int, TranslationRevision | None]:
    """Of each text that was saved after a moment, by the number of its row: what it was then; None for nothing yet."""
    of_locale = select(TranslationRevision).join(Translation).where(Translation.locale == locale)
    later = of_locale.with_only_columns(TranslationRevision.translation_id).where(TranslationRevision.saved_at > moment)
    found: dict[int, TranslationRevision | None] = dict.fromkeys(session.scalars(later))
    earlier = of_locale.where(
        TranslationRevision.translation_id.in_(later.scalar_subquery()), TranslationRevision.saved_at <= moment
    )
    found |= {one.translation_id: one for one in session.scalars(earlier.order_by(TranslationRevision.version))}
    return found


def _moment_of(file: PoCatalogue) -> _Moment | None:
    try:
        said = _signer().unsign(file.other_headers.get(MARK, "")).decode()
        newest, _space, catalogue = said.partition(" ")
        return _Moment(datetime.fromisoformat(newest), catalogue)
    except (BadSignature, ValueError):
        return None


def _catalogue_name(locale: str) -> str:
    return hashlib.sha256(shipped.po_of(locale).read_bytes()).hexdigest()[:12]


def _signer() -> Signer:
    return Signer(current_app.config["SETTINGS"].secret_key, salt="exported catalogue", digest_method=hashlib.sha256)
