"""The sheet on which a text is written, and the versions that come of it.

There is one sheet for each language of a petition, the team's together. Whoever saves says which revision was read: an
older one is refused (`Stale`), never written over. What is published becomes a version of its own as soon as somebody
may have read the one before; signatures stay bound to the version that was signed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.models import Petition, PetitionText, Recipient, Signature, TextDraft
from petition_app.petitions.borrowing import borrowed_in, said_by
from petition_app.petitions.difference import is_spelling
from petition_app.petitions.recipients import NamedRecipient
from petition_app.petitions.words import Words
from petition_app.transactions import is_unique_violation, writing
from petition_app.web.changes import petition_changed

LONGEST_REASON = 500


@dataclass(frozen=True)
class Sheet:
    """What the editor shows: the words as they are written now, and of which revision they are."""

    words: Words
    revision: int
    is_open: bool
    saved_by: str
    saved_at: datetime | None


class Stale(Exception):
    """Somebody else has saved in the meantime; `sheet` is theirs."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        super().__init__()


class ReasonMissing(ValueError):
    """What is said has changed, and readers must be told why."""


class NothingToPublish(Exception):
    """The sheet says what is published already."""


def sheet_of(petition: Petition, locale: str) -> Sheet:
    """The sheet of this language: what is being written, else what is published, else an empty one."""
    draft = _draft(petition.id, locale)
    if draft is None:
        return Sheet(published_words(petition, locale), 0, False, "", None)
    if not draft.is_open:
        return Sheet(published_words(petition, locale), draft.revision, False, draft.saved_by, draft.saved_at)
    return Sheet(_words_of(draft), draft.revision, True, draft.saved_by, draft.saved_at)


def published_words(petition: Petition, locale: str) -> Words:
    """The newest version in this language; empty where there is none."""
    text = petition.newest_text(locale)
    if text is None:
        return Words()
    return words_of_version(text, [r for r in petition.recipients if r.locale == locale])


def words_of_version(text: PetitionText, recipients: list[Recipient]) -> Words:
    named = tuple(NamedRecipient(r.name, r.office) for r in recipients)
    return Words(text.title, text.summary, text.body, text.call_to_action, named)


def save_sheet(petition_id: int, locale: str, words: Words, revision: int, by: str, at: datetime) -> Sheet:
    """Keep what was typed, without publishing it. Raises Stale, LookupError, StorageUnavailable."""
    try:
        with writing() as session:
            petition = session.get(Petition, petition_id)
            if petition is None:
                raise LookupError(petition_id)
            draft = _checked(petition, locale, revision, session)
            _write(draft, petition, words, by, at)
        return sheet_of(petition, locale)
    except IntegrityError as error:  # the very first saving, twice at once
        if not is_unique_violation(error):
            raise
        raise Stale(sheet_of(db.session.get_one(Petition, petition_id), locale)) from error


def drop_sheet(petition_id: int, locale: str, revision: int) -> None:
    """Go back to what is published; what was written stays for `take_up_again`. Raises Stale, LookupError."""
    _turn(petition_id, locale, revision, is_open=False)


def take_up_again(petition_id: int, locale: str, revision: int) -> None:
    """Go on writing where the sheet was dropped. Raises Stale, LookupError."""
    _turn(petition_id, locale, revision, is_open=True)


def publish(petition_id: int, locale: str, revision: int, kind: str, reason: str, at: datetime) -> PetitionText:
    """Let readers have what the sheet says.

    `kind` is "spelling" or "change", as its writer calls it; a change that is more than spelling is one, whatever it
    is called, and needs a reason as soon as somebody has signed. Raises Stale, ReasonMissing, NothingToPublish,
    LookupError, StorageUnavailable.
    """
    with writing() as session:
        petition = session.get(Petition, petition_id)
        if petition is None:
            raise LookupError(petition_id)
        draft = _checked(petition, locale, revision, session)
        words = _words_of(draft)
        if not draft.is_open or words == published_words(petition, locale):
            raise NothingToPublish
        text = put_online(petition, locale, words, kind, reason, at)
        session.flush()
        draft.is_open, draft.revision, draft.base_text_id = False, draft.revision + 1, text.id
    petition_changed.send(petition_id=petition_id)
    return text


def put_online(
    petition: Petition, locale: str, words: Words, called: str, reason: str, at: datetime, source: int | None = None
) -> PetitionText:
    """The newest version, in the caller's transaction. Raises ReasonMissing.

    `source` is the version of the main language's text that a translation says; where its writer does not tell, the
    same as before, for somebody has corrected it.
    """
    if source is None:
        source = said_by(petition, locale)
    kind = kind_of(petition, locale, published_words(petition, locale), words, called)
    if kind == "change" and not reason:
        raise ReasonMissing
    text = _new_version(petition, locale, words, at)
    text.kind, text.reason = kind, reason if kind == "change" else ""
    text.source_text_id, text.borrowed = source, borrowed_in(petition, locale, words)
    _name_recipients(petition, locale, words.recipients)
    return text


def kind_of(petition: Petition, locale: str, before: Words, after: Words, called: str) -> str:
    """What a change is: the first words of a language or before anybody has signed, spelling, or more."""
    if petition.newest_text(locale) is None or not has_signatures(petition.id):
        return "initial"
    if called == "spelling" and is_spelling(before.as_lines, after.as_lines):
        return "spelling"
    return "change"


def has_signatures(petition_id: int) -> bool:
    """Whether anybody has signed, confirmed or not, ever."""
    return db.session.scalar(_ANY_SIGNATURE, {"petition": petition_id}) is not None


_ANY_SIGNATURE = select(Signature.id).where(Signature.petition_id == bindparam("petition")).limit(1)
_DRAFT = select(TextDraft).where(
    TextDraft.petition_id == bindparam("petition"), TextDraft.locale == bindparam("locale")
)


def _draft(petition_id: int, locale: str) -> TextDraft | None:
    found: TextDraft | None = db.session.scalar(_DRAFT, {"petition": petition_id, "locale": locale})
    return found


def _checked(petition: Petition, locale: str, revision: int, session: Session) -> TextDraft:
    """The sheet's row, made where there is none. Raises Stale where it is not of this revision any more."""
    draft = session.scalar(_DRAFT.with_for_update(), {"petition": petition.id, "locale": locale})
    newest = petition.newest_text(locale)
    base = newest.id if newest is not None else 0
    if draft is None:
        draft = TextDraft(petition_id=petition.id, locale=locale, revision=0, base_text_id=base, is_open=False)
        session.add(draft)
    elif draft.is_open and draft.base_text_id != base and draft.revision == revision:
        # A command has put another version online: what is written here began from an older one.
        draft.base_text_id = base
        stale = Sheet(
            published_words(petition, locale), draft.revision, True, "", newest.created_at if newest else None
        )
        raise Stale(stale)
    if draft.revision != revision:
        raise Stale(sheet_of(petition, locale))
    draft.base_text_id = base
    return draft


def _write(draft: TextDraft, petition: Petition, words: Words, by: str, at: datetime) -> None:
    for part in fields(Words):
        if part.name != "recipients":
            setattr(draft, part.name, getattr(words, part.name))
    draft.recipients = json.dumps([[r.name, r.office] for r in words.recipients], ensure_ascii=False)
    draft.is_open = words != published_words(petition, draft.locale)
    draft.revision, draft.saved_by, draft.saved_at = draft.revision + 1, by, at


def _words_of(draft: TextDraft) -> Words:
    named = tuple(NamedRecipient(name, office) for name, office in json.loads(draft.recipients))
    return Words(draft.title, draft.summary, draft.body, draft.call_to_action, named)


def _turn(petition_id: int, locale: str, revision: int, *, is_open: bool) -> None:
    with writing() as session:
        petition = session.get(Petition, petition_id)
        if petition is None:
            raise LookupError(petition_id)
        draft = _checked(petition, locale, revision, session)
        draft.is_open, draft.revision = is_open, draft.revision + 1


def _new_version(petition: Petition, locale: str, words: Words, at: datetime) -> PetitionText:
    """A version of its own; in the place of the last one where nobody can have read that."""
    newest = petition.newest_text(locale)
    if newest is not None and petition.status == "draft" and not has_signatures(petition.id):
        text = newest
    else:
        text = PetitionText(locale=locale, version=newest.version + 1 if newest else 1)
        petition.texts.append(text)
    text.title, text.summary, text.body = words.title, words.summary, words.body
    text.call_to_action, text.created_at = words.call_to_action, at
    return text


def _name_recipients(petition: Petition, locale: str, named: tuple[NamedRecipient, ...]) -> None:
    """Their rows in this order; a row keeps its place, so that no two have one at any moment."""
    known = {r.position: r for r in petition.recipients if r.locale == locale}
    for position, recipient in enumerate(named):
        row = known.pop(position, None)
        if row is None:
            row = Recipient(locale=locale, position=position)
            petition.recipients.append(row)
        row.name, row.office = recipient.name, recipient.office
    for left in known.values():
        petition.recipients.remove(left)
