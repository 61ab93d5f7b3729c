"""What translators' files say beside the program's messages: kept when one is taken in, said by the next export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from babel.messages.catalog import Message
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.i18n import plurals
from petition_app.i18n.checking import UNSEEN
from petition_app.i18n.po import COMPLETENESS, MARK, REVIEW_STATE, UNREADABLE, Key, PoCatalogue, forms, key, parsed
from petition_app.i18n.po_writing import obsolete_blocks
from petition_app.models import TranslationFile

# What the program's own catalogue says of itself; all else that a file's head says is its translators' business.
_OURS = frozenset(
    {"Project-Id-Version", "Language", "Plural-Forms", "MIME-Version", "Content-Type", COMPLETENESS, MARK}
)
# In characters: more than a catalogue has by itself. All of it is in each export, which has to fit into an import.
MOST_KEPT = 2**20
# The name under which the lines above a file's head stand among its headers, which have no such name.
_HEADING = "#"


def keep(session: Session, locale: str, file: PoCatalogue, unknown: Iterable[Message], at: datetime) -> None:
    """Keep what a file says, beside what others said; `unknown` are texts of its that are in another edition.

    A file without a head says nothing of it.
    """
    kept = session.get(TranslationFile, locale, with_for_update=True)
    is_first = kept is None
    if kept is None:
        kept = TranslationFile(locale=locale)
        session.add(kept)
    if file.has_head:
        kept.headers = [[name, value] for name, value in _headers(file, None if is_first else dict(kept.headers))]
    beside = (message for message in (*file.obsolete.values(), *unknown) if message.id)
    messages = {**_readable(kept, locale), **{key(message): message for message in beside}}
    kept.obsolete, kept.taken_at = _rendered(list(messages.values()), file.num_plurals), at


def _headers(file: PoCatalogue, before: dict[str, str] | None) -> Iterable[tuple[str, str]]:
    """Those of the newest file go before; a review that has taken the mark of a draft away is not taken back."""
    said = {UNSEEN.sub("", name): UNSEEN.sub("", value) for name, value in file.mime_headers}
    said[_HEADING] = UNSEEN.sub("", file.header_comment)
    is_reviewed = REVIEW_STATE not in said or (before is not None and REVIEW_STATE not in before)
    merged = (before or {}) | said
    return ((name, value) for name, value in merged.items() if name != REVIEW_STATE or not is_reviewed)


def put_back(catalogue: PoCatalogue, kept: TranslationFile) -> None:
    """Say it again. A person who has taken the mark of a draft away has reviewed it."""
    told = {name: value for name, value in kept.headers if name not in _OURS}
    heading = told.pop(_HEADING, "")
    if heading.strip("# \n"):
        catalogue.header_comment = heading
    ours = {name: value for name, value in catalogue.mime_headers if name not in told}
    if kept.headers and REVIEW_STATE not in told:
        ours.pop(REVIEW_STATE, None)
    catalogue.mime_headers = [*ours.items(), *told.items()]
    for message in _obsolete(kept, kept.locale).values():
        _put_message_back(catalogue, message)


def kept_texts(locale: str) -> list[Message]:
    """Translations of what is not in the program: they may help with what has come in its place."""
    kept = db.session.get(TranslationFile, locale)
    return list(_readable(kept, locale).values()) if kept is not None else []


def _put_message_back(catalogue: PoCatalogue, message: Message) -> None:
    ours = catalogue.get(message.id, message.context)
    if ours is None:
        catalogue.obsolete.setdefault(catalogue._key_for(message.id, message.context), message)
    elif not any(forms(ours)) and key(ours) == key(message):
        # It has come back into the program: somebody has to look whether it still holds.
        ours.string = message.string
        ours.flags.add("fuzzy")


def _readable(kept: TranslationFile, locale: str) -> Mapping[Key, Message]:
    try:
        return _obsolete(kept, locale)
    except UNREADABLE:
        return {}


def _obsolete(kept: TranslationFile, locale: str) -> Mapping[Key, Message]:
    return _messages(locale, kept.obsolete) if kept.obsolete else {}


@lru_cache(maxsize=8)
def _messages(locale: str, obsolete: str) -> Mapping[Key, Message]:
    """Nobody changes them: they are asked for with each form of a message."""
    count, rule = plurals.rule_for(locale)
    head = f'msgid ""\nmsgstr "Plural-Forms: nplurals={count}; plural={rule};\\n"\n\n'
    return {key(message): message for message in parsed((head + obsolete).encode(), locale).obsolete.values()}


def _rendered(messages: Sequence[Message], num_plurals: int) -> str:
    """Each as it stands at a file's end. Where there is no room for all, what was kept last stays."""
    blocks, size = [], 0
    for block in reversed(obsolete_blocks(messages, num_plurals)):
        size += len(block) + 2
        if size > MOST_KEPT:
            break
        blocks.append(block)
    return UNSEEN.sub("", "\n\n".join(reversed(blocks)))
