"""What is translated goes to readers: a new version of the text, and the words of demands, fields, mails and updates.

What is not translated of the text is shown in the main language, paragraph by paragraph, and is marked as such; a
demand, a field, what is added to a mail or an update goes when it is whole, for a reader gets each in one language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.models import FieldWording, Petition, PetitionText, TextPart, UpdateText
from petition_app.models.mail_words import PARTS
from petition_app.petitions import mail_words, versions
from petition_app.petitions.borrowing import borrowed_in, said_by
from petition_app.petitions.demands import demands_of
from petition_app.petitions.fields import live_fields
from petition_app.petitions.paragraphs import Split, Unit, filled, paragraphs_of, plain_paragraphs_of
from petition_app.petitions.recipients import NamedRecipient
from petition_app.petitions.words import Words
from petition_app.texts.parts import Part
from petition_app.texts.reading import parts_of, rows_of, updates_of
from petition_app.texts.writing import problem_of, write
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed

Targets = dict[str, str]


class NotEnough(ValueError):
    """A translation has its title and one paragraph at least: before, there is nothing to read in this language."""


@dataclass(frozen=True)
class Published:
    """What went to readers: the text's new version, if it has changed, and how many other things have."""

    text: PetitionText | None
    others: int


def words_of(petition: Petition, parts: Iterable[Part]) -> Words:
    """The text as readers will have it: in the main language where nothing else is there. Raises NotEnough."""
    words = _words_so_far(petition, parts)
    if not words.title or not words.body:
        raise NotEnough
    return words


def kept_words(petition: Petition, locale: str) -> Words | None:
    """The text as translators have written it so far, which readers do not have yet; None where they have it so."""
    if locale == petition.default_locale:
        return None
    parts = parts_of(petition, locale)
    waits = any(part.target and not part.is_online for part in parts if _is_of_text(part.key))
    return _words_so_far(petition, parts) if waits else None


def _words_so_far(petition: Petition, parts: Iterable[Part]) -> Words:
    said = {part.key: part.target for part in parts if part.target}
    source = petition.text_for(petition.default_locale)
    own = [r for r in petition.recipients if r.locale == petition.default_locale]
    has_body = any(key.startswith("body.") for key in said)
    return Words(
        title=said.get("title", ""),
        summary=said.get("summary", ""),
        body=filled(source.body, lambda unit: said.get(f"body.{unit.key}", "")) if has_body else "",
        call_to_action=said.get("call", ""),
        recipients=tuple(
            NamedRecipient(said.get(f"name.{r.position}", r.name), said.get(f"office.{r.position}", r.office))
            for r in own
        ),
    )


def put_online(petition_id: int, locale: str, called: str, reason: str, by: str, at: datetime) -> Published:
    """Let readers have it. Raises NotEnough, LookupError, StorageUnavailable, and ReasonMissing as `versions` does."""
    with writing() as session:
        # One at a time: whoever comes second finds what the first one has put online.
        petition = session.get(Petition, petition_id, with_for_update=True, populate_existing=True)
        if petition is None or locale == petition.default_locale:
            raise LookupError(petition_id)
        parts = parts_of(petition, locale)
        text = _put_text(petition, locale, parts, (called, reason), at)
        said = {part.key: part.target for part in parts if part.target}
        others = (
            _put_demands(petition, locale, said)
            + _put_fields(session, petition, locale, said, at)
            + _put_mail_words(petition, locale, parts, said, at)
            + _put_updates(petition, locale, said, by, at)
        )
        _remember(session, petition_id, locale, parts, at)
    petition_changed.send(petition_id=petition_id)
    return Published(text, others)


def _put_text(
    petition: Petition, locale: str, parts: list[Part], told: tuple[str, str], at: datetime
) -> PetitionText | None:
    words = words_of(petition, parts)
    is_whole = not any(part.state == "changed" for part in parts if _is_of_text(part.key))
    source = petition.text_for(petition.default_locale).id if is_whole else said_by(petition, locale)
    if words != versions.published_words(petition, locale):
        return versions.put_online(petition, locale, words, *told, at, source=source)
    # Nothing else is said: somebody has looked whether it is still what the main language says.
    text = petition.text_for(locale)
    looked_at = source, borrowed_in(petition, locale, words)
    if looked_at != (text.source_text_id, text.borrowed):
        text.source_text_id, text.borrowed = looked_at
        petition.revision += 1  # its pages say otherwise now whether it is all translated (public/seeing.py)
    return None


def _is_of_text(key: str) -> bool:
    return key.partition(".")[0] in ("title", "summary", "call", "body", "name", "office")


def _put_demands(petition: Petition, locale: str, said: Targets) -> int:
    changed = 0
    for demand in demands_of(petition):
        words = said.get(f"demand.{demand.id}", "")
        if words and demand.texts.get(locale) != words:
            demand.texts = {**demand.texts, locale: words}
            changed += 1
    petition.revision += bool(changed)
    return changed


def _put_fields(session: Session, petition: Petition, locale: str, said: Targets, at: datetime) -> int:
    """New words of a field are a new version of it, which those who sign meanwhile are shown first."""
    changed = 0
    for field in live_fields(session, petition.id) if petition.form_revision else ():
        words, own = field.current_wordings, field.current_wordings.get(petition.default_locale)
        new = _wording(own, f"field.{field.id}.", said) if own is not None else None
        if new is None or (locale in words and words[locale].content == new.content):
            continue
        kept = {code: FieldWording(**_columns(wording)) for code, wording in words.items() if code != locale}
        changed += field.word({**kept, locale: new}, petition.form_revision + 1, at)
    petition.form_revision += bool(changed)
    return changed


def _wording(own: FieldWording, family: str, said: Targets) -> FieldWording | None:
    """A field in another language; None where a part of it is not translated."""
    choices = [[key, said.get(f"{family}choice.{key}", "")] for key, _words in own.choices]
    label, purpose = said.get(f"{family}label", ""), said.get(f"{family}purpose", "")
    if not purpose or (own.label and not label) or not all(words for _key, words in choices):
        return None
    return FieldWording(label=label, purpose=purpose, choices=choices, for_recipients=own.for_recipients)


def _columns(wording: FieldWording) -> dict[str, object]:
    return {
        "label": wording.label,
        "purpose": wording.purpose,
        "choices": wording.choices,
        "for_recipients": wording.for_recipients,
    }


def _put_mail_words(petition: Petition, locale: str, parts: list[Part], said: Targets, at: datetime) -> int:
    """What is added to a mail and to the page after it: each of the two where it is whole, else as readers have it."""
    own, before = petition.newest_mail_words(petition.default_locale), petition.newest_mail_words(locale)
    if own is None:
        return 0
    # Looked at once more on its way into a mail: it may have been kept for words that stood elsewhere.
    unfit = {part.key for part in parts if part.key.startswith("mail.") and problem_of(part.target, part)}
    said = {key: text for key, text in said.items() if key not in unfit}
    words = {part: _whole(own.words(part), f"mail.{part}.", said, plain_paragraphs_of) for part in PARTS}
    if before is not None:
        words = {part: text or (before.words(part) if own.words(part) else "") for part, text in words.items()}
    is_looked_at = not any(part.state == "changed" for part in parts if part.key.startswith("mail."))
    source = own.id if is_looked_at or before is None else before.source_id
    made = mail_words.add_version(petition, locale, words, at, source)
    if made is None and before is not None:
        before.source_id = source  # somebody has looked whether it is still what the main language says
    return int(made is not None)


def _put_updates(petition: Petition, locale: str, said: Targets, by: str, at: datetime) -> int:
    changed = 0
    for update in updates_of(petition):
        texts = {text.locale: text for text in update.texts}
        own, family = texts.get(petition.default_locale), f"update.{update.id}."
        if own is None or not update.may_be_edited:
            continue
        new = _update_text(own, locale, family, said)
        if new is None:
            continue
        text = texts.get(locale)
        if text is None:
            update.texts.append(new)
        elif (text.title, text.body) != (new.title, new.body):
            text.title, text.body = new.title, new.body
        else:
            continue
        update.edited(by, at)
        changed += 1
    return changed


def _update_text(own: UpdateText, locale: str, family: str, said: Targets) -> UpdateText | None:
    """An update in another language; None where a part of it is not translated."""
    body, title = _whole(own.body, family, said), said.get(f"{family}title", "")
    return UpdateText(locale=locale, title=title, body=body) if title and body else None


def _whole(source: str, family: str, said: Targets, split: Split = paragraphs_of) -> str:
    """All its paragraphs in another language; "" where one of them is not translated."""
    missing = []

    def words(unit: Unit) -> str:
        found = said.get(family + unit.key, "")
        if unit.is_words and not found:
            missing.append(unit)
        return found

    made = filled(source, words, split)
    return made if not missing else ""


def _remember(session: Session, petition_id: int, locale: str, parts: list[Part], at: datetime) -> None:
    """Readers have it now: whatever is found otherwise from here on was changed elsewhere."""
    db.session.flush()
    found = {part.key: part.found.online for part in parts_of(session.get_one(Petition, petition_id), locale)}
    rows = rows_of(petition_id, locale)
    for part in parts:
        if not part.target:
            continue
        key = part.written_as or part.key
        online = part.target if _is_of_text(part.key) else found.get(part.key, "")
        if key in rows:
            rows[key].online = online
            rows[key].target = part.target
        else:
            said = TextPart(key=key, source=part.before or part.source, target=part.target, online=online)
            write(session, petition_id, locale, rows, said, "", at)
