"""What an association adds to the words of the site in its mail to a signer, and on the page after confirming."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from petition_app.models import MailWords, Petition
from petition_app.models.mail_words import PARTS, Part
from petition_app.transactions import writing

# In characters: a mail that asks for one thing stays short.
LONGEST = 1_000


class Stale(Exception):
    """Somebody else has saved other words in the meantime."""


def save(petition_id: int, words: Mapping[Part, str], seen: int, at: datetime) -> MailWords | None:
    """Let signers have these from now on, in the petition's main language; None where it is so already.

    `seen` is the version that their writer has looked at, 0 for none. What is said no more is said in no other language
    either. Raises Stale, LookupError, StorageUnavailable.
    """
    with writing() as session:
        petition = session.get(Petition, petition_id, with_for_update=True, populate_existing=True)
        if petition is None:
            raise LookupError(petition_id)
        newest = petition.newest_mail_words(petition.default_locale)
        if seen != (newest.version if newest is not None else 0):
            raise Stale
        made = add_version(petition, petition.default_locale, words, at)
        for said in [petition.newest_mail_words(locale) for locale in _others(petition)] if made else ():
            if said is not None:
                left = {part: said.words(part) if words.get(part) else "" for part in PARTS}
                add_version(petition, said.locale, left, at, said.source_id)
    return made


def _others(petition: Petition) -> set[str]:
    return {former.locale for former in petition.mail_words} - {petition.default_locale}


def add_version(
    petition: Petition, locale: str, words: Mapping[Part, str], at: datetime, source_id: int = 0
) -> MailWords | None:
    """The newest version in this language, in the caller's transaction; None where it says nothing else."""
    newest = petition.newest_mail_words(locale)
    if all(words.get(part, "") == (newest.words(part) if newest is not None else "") for part in PARTS):
        return None
    made = MailWords(
        locale=locale,
        version=newest.version + 1 if newest is not None else 1,
        why=words.get("why", ""),
        thanks=words.get("thanks", ""),
        source_id=source_id,
        created_at=at,
    )
    petition.mail_words.append(made)
    petition.has_mail_words = True
    return made


def copied(source: Petition, copy: Petition, at: datetime) -> None:
    """The same words in a copy of the petition, in each of its languages."""
    for locale in {former.locale for former in source.mail_words} if source.has_mail_words else ():
        newest = source.newest_mail_words(locale)
        if newest is not None:
            add_version(copy, locale, {part: newest.words(part) for part in PARTS}, at)
