"""The site's own words as a `.po` file for upstream, and such a file taken back: nothing that it says is lost.

Other programs (Poedit, Weblate) write headers of their own, break lines where they like, and keep what is obsolete at
the end: what is no message is kept as it came (models/translation.py) and goes out again.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass, field

from babel.messages.catalog import Message
from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.i18n import shipped
from petition_app.i18n.checking import UNSEEN
from petition_app.i18n.po import (
    COMPLETENESS,
    REVIEW_STATE,
    PoCatalogue,
    forms,
    key,
    parsed,
    rendered,
    short,
    sources,
)
from petition_app.i18n.site_words import By, Refused, Source, Wording, num_plurals_of, save
from petition_app.models import Translation, TranslationFile
from petition_app.models.translation import key_of

# A whole catalogue is about 200 kB; twice that in another script, and room for what is obsolete.
MOST_BYTES = 4 * 2**20


# What catalogues are written in; from others could come what no database takes.
_CHARSETS = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15"})


@dataclass
class Outcome:
    """What became of a file: how many messages of each kind, and a sentence for each that could not be taken."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


class WrongLanguage(Exception):
    """The file says that it is in another language; the argument is that."""


def export(locale: str) -> bytes:
    """The shipped catalogue with all that was worded here, as `translations update` would write it.

    Raises one of po.UNREADABLE.
    """
    catalogue = shipped.read(shipped.po_of(locale))
    rows = {row.key: row for row in db.session.scalars(select(Translation).where(Translation.locale == locale))}
    for message in catalogue:
        row = rows.get(_key(message)) if message.id else None
        if row is not None and row.strings:
            _word(message, row)
    kept = db.session.get(TranslationFile, locale)
    if kept is not None:
        _put_back(catalogue, kept)
    return rendered(catalogue)


def _word(message: Message, row: Translation) -> None:
    message.string = row.strings[0] if isinstance(message.id, str) else tuple(row.strings)
    message.flags.discard("fuzzy")
    message.previous_id = list(row.previous)
    if row.is_unsure:
        message.flags.add("fuzzy")
    message.user_comments = row.comment.split("\n") if row.comment else message.user_comments


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
        if message.id not in catalogue:
            catalogue.obsolete.setdefault(name, message)


def import_(session: Session, locale: str, data: bytes, by: By) -> Outcome:
    """Take in a file, in the caller's write transaction. What says the same as before is left as it is.

    Raises one of po.UNREADABLE, WrongLanguage.
    """
    file = parsed(data, None)
    if codecs.lookup(file.charset).name not in _CHARSETS:
        raise ValueError(f"it is written in {file.charset}: save it as UTF-8")
    told = (file.locale_identifier or "").replace("_", "-")
    if told and told != locale and not told.startswith(f"{locale}-"):
        raise WrongLanguage(told)
    catalogue = shipped.read(shipped.po_of(locale))
    ours = {key(message): message for message in catalogue if message.id}
    rows = {row.key: row for row in session.scalars(select(Translation).where(Translation.locale == locale))}
    outcome = Outcome()
    for message in file:
        if message.id:
            known = ours.get(key(message))
            if known is None:
                outcome.counts["unknown"] += 1
            else:
                _take(session, locale, known, message, rows.get(_key(known)), by, outcome)
    _keep_rest(session, locale, data, file, by)
    return outcome


def _take(
    session: Session, locale: str, ours: Message, theirs: Message, row: Translation | None, by: By, outcome: Outcome
) -> None:
    strings, comment, previous = forms(theirs), "\n".join(theirs.user_comments), _previous(theirs)
    now = tuple(row.strings) if row is not None and row.strings else forms(ours)
    unsure_now = row.is_unsure if row is not None and row.strings else bool(ours.fuzzy)
    comment_now = row.comment if row is not None else "\n".join(ours.user_comments)
    previous_now = tuple(row.previous) if row is not None and row.strings else _previous(ours)
    if not any(strings):
        outcome.counts["empty"] += 1
        return
    # Other programs break the lines of a note anew.
    is_same_note = comment.split() == comment_now.split()
    if is_same_note and (strings, bool(theirs.fuzzy), previous) == (now, unsure_now, previous_now):
        outcome.counts["same"] += 1
        return
    count, numbers = num_plurals_of(locale)
    source = Source(locale, ours.context, sources(ours), forms(ours), count, numbers)
    try:
        save(session, source, Wording(strings, bool(theirs.fuzzy), comment, previous), None, by)
        outcome.counts["taken"] += 1
    except Refused as refused:
        outcome.counts["refused"] += 1
        outcome.refused.append(f"“{short(ours)}”: {refused}")


def _keep_rest(session: Session, locale: str, data: bytes, file: PoCatalogue, by: By) -> None:
    kept = session.get(TranslationFile, locale)
    if kept is None:
        kept = TranslationFile(locale=locale)
        session.add(kept)
    kept.headers = [[UNSEEN.sub("", name), UNSEEN.sub("", value)] for name, value in file.mime_headers]
    kept.obsolete, kept.taken_at = UNSEEN.sub("", _obsolete_of(data)), by.at


def _obsolete_of(data: bytes) -> str:
    """The part of a file that is not in use any more, with what was said of it, as it stands there."""
    blocks = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n")
    return "\n\n".join(block for block in blocks if any(line.startswith("#~") for line in block.split("\n")))


def _previous(message: Message) -> tuple[str, ...]:
    """What the source said when this was translated."""
    told = message.previous_id
    return (told,) if isinstance(told, str) else tuple(told)


def _key(message: Message) -> str:
    return key_of(message.context, sources(message)[0])
