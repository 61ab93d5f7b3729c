"""The site's own words as a `.po` file for upstream, and such a file taken back: nothing that it says is lost.

Other programs (Poedit, Weblate) write headers of their own, break lines where they like, and keep what is obsolete at
the end: what is no message is kept as it came (models/translation.py) and goes out again.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from babel.messages.catalog import Message
from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.i18n import shipped
from petition_app.i18n.checking import UNSEEN
from petition_app.i18n.damage import DamagedFile
from petition_app.i18n.exported import Then, mark_of, said_here
from petition_app.i18n.intake import Intake, Outcome
from petition_app.i18n.po import (
    COMPLETENESS,
    MARK,
    REVIEW_STATE,
    PoCatalogue,
    forms,
    key,
    parsed,
    rendered,
    sources,
)
from petition_app.i18n.po_writing import obsolete_blocks
from petition_app.i18n.site_words import By
from petition_app.models import Translation, TranslationFile
from petition_app.models.translation import key_of

# A whole catalogue is about 200 kB; twice that in another script, and room for what is obsolete.
MOST_BYTES = 4 * 2**20


# What catalogues are written in; from others could come what no database takes.
_CHARSETS = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15"})


class WrongLanguage(Exception):
    """The file says that it is in another language; the argument is that."""


def export(locale: str) -> bytes:
    """The shipped catalogue with all that was worded here, as `translations update` would write it.

    Raises one of po.UNREADABLE.
    """
    catalogue = shipped.read(shipped.po_of(locale))
    rows = {row.key: row for row in db.session.scalars(select(Translation).where(Translation.locale == locale))}
    mark = mark_of(locale, rows.values()) if any(row.strings or row.comment for row in rows.values()) else ""
    for message in catalogue:
        row = rows.pop(_key(message), None) if message.id else None
        if row is not None:
            _word(message, row)
    for row in rows.values():
        _set_aside(catalogue, row)
    kept = db.session.get(TranslationFile, locale)
    if kept is not None:
        _put_back(catalogue, kept)
    if mark:
        catalogue.other_headers[MARK] = mark
    return rendered(catalogue)


def _word(message: Message, row: Translation) -> None:
    said = said_here(message, row)
    message.string = said.strings[0] if isinstance(message.id, str) else said.strings
    message.previous_id = list(said.previous)
    message.flags.discard("fuzzy")
    if said.is_unsure:
        message.flags.add("fuzzy")
    message.user_comments = said.note.split("\n") if said.note else []


def _set_aside(catalogue: PoCatalogue, row: Translation) -> None:
    """What was worded here for a source that the program has no more stands at the end, as gettext keeps it."""
    if not row.strings:
        return
    msgid = [row.msgid, row.msgid_plural] if row.msgid_plural else row.msgid
    string = list(row.strings) if row.msgid_plural else row.strings[0]
    flags = ["fuzzy"] if row.is_unsure else []
    notes = row.comment.split("\n") if row.comment else []
    message = Message(msgid, string, flags=flags, user_comments=notes, context=row.context or None)
    catalogue.obsolete[catalogue._key_for(message.id, message.context)] = message


# What the program's own catalogue says of itself; all else that a file's head says is its translators' business.
_OURS = frozenset({"Project-Id-Version", "Language", "Plural-Forms", "MIME-Version", "Content-Type", COMPLETENESS})


def _put_back(catalogue: PoCatalogue, kept: TranslationFile) -> None:
    """What a file said beside its messages. A person who has taken the mark of a draft away has reviewed it."""
    told = {name: value for name, value in kept.headers if name not in _OURS}
    ours = {name: value for name, value in catalogue.mime_headers if name not in told}
    if REVIEW_STATE not in told:
        ours.pop(REVIEW_STATE, None)
    catalogue.mime_headers = [*ours.items(), *told.items()]
    for name, message in parsed(kept.obsolete.encode(), kept.locale).obsolete.items():
        if catalogue.get(message.id, message.context) is None:
            catalogue.obsolete.setdefault(name, message)


def import_(session: Session, locale: str, data: bytes, by: By, *, overwrites: bool = False) -> Outcome:
    """Take in a file, in the caller's write transaction. What says the same as before is left as it is.

    Nothing that was worded here since the file was made is written over, unless it `overwrites`.
    Raises one of po.UNREADABLE, WrongLanguage.
    """
    file = parsed(data, None)
    if codecs.lookup(file.charset).name not in _CHARSETS:
        raise DamagedFile("charset", f"it is written in {file.charset}: save it as UTF-8", charset=file.charset)
    told = (file.locale_identifier or "").replace("_", "-")
    if told and told != locale and not told.startswith(f"{locale}-"):
        raise WrongLanguage(told)
    catalogue = shipped.read(shipped.po_of(locale))
    ours = {key(message): message for message in catalogue if message.id}
    rows = {row.key: row for row in session.scalars(select(Translation).where(Translation.locale == locale))}
    intake = Intake(session, locale, by, Then(session, locale, file), overwrites)
    unknown = []
    for message in file:
        known = ours.get(key(message)) if message.id else None
        if known is not None:
            intake.take(known, message, rows.get(_key(known)))
        elif message.id and any(forms(message)):
            unknown.append(message)
    intake.outcome.counts["unknown"] = len(unknown)
    _keep_rest(session, locale, data, file, unknown, by)
    return intake.outcome


def _keep_rest(
    session: Session, locale: str, data: bytes, file: PoCatalogue, unknown: Sequence[Message], by: By
) -> None:
    """What is no message of the program. One that it does not have may be for its next edition, or its last one."""
    kept = session.get(TranslationFile, locale)
    if kept is None:
        kept = TranslationFile(locale=locale)
        session.add(kept)
    headers = [(name, value) for name, value in file.mime_headers if name != MARK]
    kept.headers = [[UNSEEN.sub("", name), UNSEEN.sub("", value)] for name, value in headers]
    blocks = [*_obsolete_of(data), *obsolete_blocks(unknown, file.num_plurals)]
    kept.obsolete, kept.taken_at = UNSEEN.sub("", "\n\n".join(blocks)), by.at


def _obsolete_of(data: bytes) -> list[str]:
    """The part of a file that is not in use any more, with what was said of it, as it stands there."""
    blocks = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n")
    return [block for block in blocks if any(line.startswith("#~") for line in block.split("\n"))]


def _key(message: Message) -> str:
    return key_of(message.context, sources(message)[0])
