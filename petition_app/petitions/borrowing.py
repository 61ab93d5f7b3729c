"""What a translation still says in the main language, as nobody has translated it; and which text it was made of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from petition_app.extensions import db
from petition_app.models import Petition, PetitionText, TextPart
from petition_app.petitions.paragraphs import key_of, paragraphs_of
from petition_app.petitions.words import Words


def borrowed_in(petition: Petition, locale: str, words: Words) -> dict[str, Any] | None:
    """The paragraphs and offices that are the main language's own, by their places; None where there are none.

    What says in both languages the same by its translator's will (a name, a motto) is not borrowed.
    """
    source = petition.newest_text(petition.default_locale)
    if source is None or locale == petition.default_locale:
        return None
    found = db.session.scalars(_SAME, {"petition": petition.id, "locale": locale}) if petition.id else ()
    same = {key_of(text) for text in found}
    own = {unit.key for unit in paragraphs_of(source.body) if unit.is_words} - same
    body = [place for place, unit in enumerate(paragraphs_of(words.body)) if unit.key in own]
    offices = {r.position: r.office for r in petition.recipients if r.locale == petition.default_locale and r.office}
    left = [
        place
        for place, recipient in enumerate(words.recipients)
        if offices.get(place) == recipient.office and key_of(recipient.office) not in same
    ]
    return {"from": petition.default_locale, "body": body, "offices": left} if body or left else None


_SAME = select(TextPart.source).where(
    TextPart.petition_id == bindparam("petition"),
    TextPart.locale == bindparam("locale"),
    TextPart.source == TextPart.target,
)


def said_by(petition: Petition, locale: str) -> int:
    """The version of the main language's text that the newest one in this language says; 0 for none."""
    text = petition.newest_text(locale)
    if locale == petition.default_locale:
        return 0
    source = source_of(petition, text) if text is not None else petition.newest_text(petition.default_locale)
    return (source.id or 0) if source is not None else 0


def source_of(petition: Petition, text: PetitionText) -> PetitionText | None:
    """What a translation was made of: the version that it names, else the newest one that was there before it."""
    versions = [known for known in petition.texts if known.locale == petition.default_locale]
    named = next((known for known in versions if known.id == text.source_text_id), None)
    older = [known for known in versions if known.created_at <= text.created_at]
    return named or (older[-1] if older else None)
