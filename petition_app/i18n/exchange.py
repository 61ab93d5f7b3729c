"""The site's own words as a `.po` file for upstream, and such a file taken back: nothing that it says is lost.

Other programs (Poedit, Weblate) write headers of their own, break lines where they like, and keep what is obsolete at
the end: what is no message is kept (kept_file.py) and goes out again.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass

from babel.messages.catalog import Message
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.i18n import kept_file, plurals, shipped
from petition_app.i18n.damage import DamagedFile
from petition_app.i18n.exported import Then, mark_of, moment_of_now, said_here
from petition_app.i18n.intake import Intake, Outcome, Text
from petition_app.i18n.po import MARK, PoCatalogue, forms, parsed, rendered, sources
from petition_app.i18n.site_words import By
from petition_app.models import Translation, TranslationFile
from petition_app.models.translation import key_of
from petition_app.transactions import is_unique_violation, writing

# A whole catalogue is about 200 kB; twice that in another script, and room for what is obsolete.
MOST_BYTES = 4 * 2**20


# What catalogues are written in; from others could come what no database takes.
_CHARSETS = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15"})


Record = Callable[[Session, Outcome], None]


class WrongLanguage(Exception):
    """The file says that it is in another language; the argument is that."""


@dataclass(frozen=True)
class Sent:
    """A file as it was sent, read and looked at: what it says of the program's messages, and what it has beside."""

    locale: str
    file: PoCatalogue
    texts: tuple[Text, ...]
    unknown: tuple[Message, ...]


def export(locale: str) -> bytes:
    """The shipped catalogue with all that was worded here, as `translations update` would write it, and marked.

    Raises one of po.UNREADABLE.
    """
    catalogue, moment = shipped.read(shipped.po_of(locale)), moment_of_now(db.session(), locale)
    rows = {row.key: row for row in db.session.scalars(_ROWS.where(Translation.locale == locale))}
    for message in catalogue:
        row = rows.pop(_key(message), None) if message.id else None
        if row is not None:
            _word(message, row)
    kept = db.session.get(TranslationFile, locale)
    if kept is not None:
        kept_file.put_back(catalogue, kept)
    for row in rows.values():
        _set_aside(catalogue, row)
    catalogue.other_headers[MARK] = mark_of(moment)
    return rendered(catalogue)


_ROWS = select(Translation).order_by(Translation.id)


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


def read(locale: str, data: bytes) -> Sent:
    """What a file says of each message. Raises one of po.UNREADABLE, WrongLanguage."""
    file = _parsed(locale, data)
    told = (file.locale_identifier or "").replace("_", "-").partition("@")[0]
    if told and not f"{told.lower()}-".startswith(f"{locale.lower()}-"):
        raise WrongLanguage(told)
    catalogue = shipped.read(shipped.po_of(locale))
    ours = {_key(message): message for message in catalogue if message.id}
    theirs = [message for message in file if message.id]
    if not theirs and not file.obsolete:
        raise DamagedFile("other", "it has no message")
    known = tuple(Text.of(locale, ours[_key(message)], message) for message in theirs if _key(message) in ours)
    unknown = (message for message in theirs if _key(message) not in ours and any(forms(message)))
    return Sent(locale, file, known, tuple(unknown))


def _parsed(locale: str, data: bytes) -> PoCatalogue:
    count, rule = plurals.rule_for(locale)
    wanted = f"Plural-Forms: nplurals={count}; plural={rule};"
    try:
        file = parsed(data, None)
    except DamagedFile as error:
        if error.kind != "plurals":
            raise
        raise DamagedFile("plurals", f"its head must say “{wanted}”", rule=wanted) from error
    if codecs.lookup(file.charset).name not in _CHARSETS:
        raise DamagedFile("charset", f"it is written in {file.charset}: save it as UTF-8", charset=file.charset)
    if file.num_plurals != count and _counts(file):
        raise DamagedFile("plurals", f"its head must say “{wanted}”", rule=wanted)
    return file


def _counts(file: PoCatalogue) -> bool:
    """Whether anything in it has plural forms."""
    return any(not isinstance(message.id, str) for message in (*file, *file.obsolete.values()))


def import_(sent: Sent, by: By, record: Record | None = None, *, overwrites: bool = False) -> Outcome:
    """Take in a file. What says the same as before is left as it is.

    Where it and somebody else here have both worded a text since it was made, the site's stays, unless it `overwrites`.
    `record` is called in the write transaction. Raises StorageUnavailable.
    """
    try:
        return _import(sent, by, record, overwrites=overwrites)
    except IntegrityError as error:  # somebody has worded a text for the first time at this very moment
        if not is_unique_violation(error):
            raise
        return _import(sent, by, record, overwrites=overwrites)


def _import(sent: Sent, by: By, record: Record | None, *, overwrites: bool) -> Outcome:
    with writing() as session:
        # All of them at once, and in their order: two who take in files never wait for each other.
        found = session.scalars(_ROWS.where(Translation.locale == sent.locale).with_for_update())
        rows = {row.key: row for row in found}
        intake = Intake(Then(session, sent.locale, sent.file, by), overwrites)
        for text in sent.texts:
            intake.take(text, rows.get(text.source.key))
        intake.write(session, by)
        kept_file.keep(session, sent.locale, sent.file, sent.unknown, by.at)
        intake.outcome.counts["unknown"] = len(sent.unknown)
        if record is not None:
            record(session, intake.outcome)
        return intake.outcome


def _key(message: Message) -> str:
    return key_of(message.context, sources(message)[0])
