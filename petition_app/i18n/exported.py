"""What stood on the site when a file was made: known from a mark in its head, and from the history of each text.

Who translates in a program of their own has the file for days. What it says as the site said it then is nobody's
wish: somebody may have worded it better since.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Message
from flask import current_app
from itsdangerous import BadSignature, Signer
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from petition_app.i18n import shipped
from petition_app.i18n.po import MARK, UNREADABLE, Key, PoCatalogue, forms, key, parsed, previous
from petition_app.i18n.site_words import By
from petition_app.models import Translation, TranslationRevision


@dataclass(frozen=True)
class Said:
    """What a message says, and what translators note beside it."""

    strings: tuple[str, ...]
    is_unsure: bool
    previous: tuple[str, ...]
    note: str


def said_by(message: Message) -> Said:
    """What a file says of it."""
    is_unsure = bool(message.fuzzy)
    before = previous(message) if is_unsure else ()
    return Said(forms(message), is_unsure, before, "\n".join(message.user_comments))


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


@dataclass(frozen=True)
class Moment:
    """Which revision was the newest, and the name of the catalogue that the site's words lie over."""

    revision: int
    saved_at: str
    catalogue: str


def moment_of_now(session: Session, locale: str) -> Moment:
    """Ask for it before the words themselves: what is saved in between is in the file then, and not taken for old."""
    newest = session.scalar(_NEWEST, {"locale": locale})
    name = _keep_printed(locale)
    return Moment(newest.id, newest.saved_at.isoformat(), name) if newest is not None else Moment(0, "-", name)


def mark_of(moment: Moment) -> str:
    """The header's value: nobody but this site can have made it."""
    return _signer().sign(f"{moment.revision} {moment.saved_at} {moment.catalogue}").decode()


class Then:
    """What each message said when a file was made.

    A file that is not marked, or bears another site's mark, does not hold what was worded here: it goes on from what
    is shipped. So does one that is marked with what a restored backup does not have.
    """

    def __init__(self, session: Session, locale: str, file: PoCatalogue, by: By) -> None:
        moment = _moment_of(session, locale, file)
        self._printed = _kept_printed(locale, moment.catalogue) if moment is not None else None
        self._is_same_catalogue = moment is None or moment.catalogue == _printed_name(locale)
        later = _later(moment.revision if moment is not None else 0)
        authors = session.execute(later.with_only_columns(*_AUTHOR).distinct(), {"locale": locale})
        self._others = {number for number, *author in authors if author != [by.member_id, by.name]}
        self._former = _former(session, locale, moment.revision, later) if moment is not None else None

    def said(self, ours: Message, row: Translation | None) -> Said | None:
        """None where nobody can tell any more: the program had another catalogue, which is not kept here."""
        worded = self._former.get(row.id, row) if row is not None and self._former is not None else None
        if self._is_same_catalogue:
            return said_here(ours, worded)
        if self._printed is not None:
            return said_here(self._printed.get(key(ours), Message(ours.id)), worded)
        return said_here(ours, worded) if worded is not None and worded.strings else None

    def is_of_others(self, row: Translation | None) -> bool:
        """Whether anybody but the bringer of the file has worded it since. What the program says is others'."""
        return row is None or not row.strings or row.id in self._others


_OF_LOCALE = select(TranslationRevision).join(Translation).where(Translation.locale == bindparam("locale"))
_NEWEST = _OF_LOCALE.order_by(TranslationRevision.id.desc()).limit(1)
_AUTHOR = TranslationRevision.translation_id, TranslationRevision.member_id, TranslationRevision.member_name


def _later(revision: int) -> Select[TranslationRevision]:
    return _OF_LOCALE.where(TranslationRevision.id > revision)


def _former(
    session: Session, locale: str, revision: int, later: Select[TranslationRevision]
) -> Mapping[int, TranslationRevision | None]:
    """Of each text that was saved later, by the number of its row: what it was then; None for nothing yet."""
    texts = later.with_only_columns(TranslationRevision.translation_id)
    found: dict[int, TranslationRevision | None] = dict.fromkeys(session.scalars(texts, {"locale": locale}))
    earlier = _OF_LOCALE.where(TranslationRevision.id <= revision, TranslationRevision.translation_id.in_(texts))
    rows = session.scalars(earlier.order_by(TranslationRevision.id), {"locale": locale})
    return found | {row.translation_id: row for row in rows}


def _moment_of(session: Session, locale: str, file: PoCatalogue) -> Moment | None:
    try:
        revision, saved_at, catalogue = _signer().unsign(file.other_headers.get(MARK, "")).decode().split(" ")
    except (BadSignature, ValueError):
        return None
    moment = Moment(int(revision), saved_at, catalogue)
    newest = session.get(TranslationRevision, moment.revision)
    is_here = newest is not None and newest.saved_at.isoformat() == saved_at
    return moment if is_here or not moment.revision else None


def _keep_printed(locale: str) -> str:
    """Keep the catalogue of now, to compare files with after an upgrade; answers with its name.

    Where that cannot be, a file that comes after an upgrade is told to be in conflict with more than it is.
    """
    name, content = _printed_name(locale), shipped.po_of(locale).read_bytes()
    path = _printed_path(locale, name)
    with suppress(OSError):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}")
            draft.write_bytes(content)
            draft.replace(path)
    return name


def _kept_printed(locale: str, name: str) -> Mapping[Key, Message] | None:
    try:
        catalogue = parsed(_printed_path(locale, name).read_bytes(), locale)
    except UNREADABLE:
        return None
    return {key(message): message for message in catalogue if message.id}


def _printed_name(locale: str) -> str:
    return hashlib.sha256(shipped.po_of(locale).read_bytes()).hexdigest()[:12]


def _printed_path(locale: str, name: str) -> Path:
    folder: Path = current_app.config["SETTINGS"].catalogues_dir
    return folder / "exported" / f"{locale}-{name}.po"


def _signer() -> Signer:
    return Signer(current_app.config["SETTINGS"].secret_key, salt="exported catalogue", digest_method=hashlib.sha256)
