"""The words of an update: what was typed in each language, checked, and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from petition_app.models import Member, Petition, Update, UpdateText
from petition_app.updates import mailing

LONGEST_TITLE = 200
LONGEST_BODY = 20_000


@dataclass(frozen=True)
class Words:
    """Title and body (Markdown) in one language, as they were typed."""

    locale: str
    title: str
    body: str

    @property
    def is_empty(self) -> bool:
        return not self.title and not self.body


class WrittenMeanwhile(Exception):
    """Somebody else has saved it since it was opened; `update` is how it stands now."""

    def __init__(self, update: Update) -> None:
        self.update = update
        super().__init__()


def create(session: Session, petition: Petition, words: Sequence[Words], by: Member, at: datetime) -> Update:
    """A new draft, in the caller's transaction."""
    update = Update(
        petition_id=petition.id,
        member_id=by.id,
        member_name=by.name,
        created_at=at,
        edited_at=at,
        edited_by=by.name,
    )
    session.add(update)
    _write(update, words)
    session.flush()
    return update


def rewrite(session: Session, update_id: int, version: int, words: Sequence[Words], by: Member, at: datetime) -> Update:
    """Other words, in the caller's transaction, for whoever has read the version that they replace.

    Raises WrittenMeanwhile, and WrongState while it goes out or is about to.
    """
    update = mailing.held(session, update_id, "draft", "sent")
    if update.version != version:
        raise WrittenMeanwhile(update)
    _write(update, words)
    update.edited(by.name, at)
    return update


def _write(update: Update, words: Sequence[Words]) -> None:
    """One row a language; one that was emptied goes."""
    kept: Mapping[str, UpdateText] = {text.locale: text for text in update.texts}
    for said in words:
        text = kept.get(said.locale)
        if said.is_empty:
            if text is not None:
                update.texts.remove(text)
        elif text is None:
            update.texts.append(UpdateText(locale=said.locale, title=said.title, body=said.body))
        else:
            text.title, text.body = said.title, said.body
