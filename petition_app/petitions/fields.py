"""What a petition's form asks for beside name and address: read for every form, and changed by the association.

A form has a revision, which each change raises. What is asked is kept in memory by it, so that a reader and a signer
cost the database nothing more; and whoever changes the form says which revision was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from petition_app.extensions import db
from petition_app.models import FieldWording, Petition, PetitionField, SignatureAnswer
from petition_app.models.petition_field import KNOWN_KINDS
from petition_app.transactions import writing

# As many as a person reads before leaving; a form that asks for more asks in vain.
MOST_FIELDS = 8
BATCH = 500

KNOWN_LABELS: dict[str, LazyString] = {
    # Translators: where somebody lives: a town, a village
    "municipality": _l("Municipality"),
    "phone": _l("Phone"),
    "birth_year": _l("Year of birth"),
    "profession": _l("Profession"),
}


@dataclass(frozen=True)
class Words:
    """A field in one language; `wording_id` names the version that an answer is given to."""

    wording_id: int
    locale: str
    label: str
    purpose: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AskedField:
    """A field as a form shows it. `revision` is the form's with which its words came."""

    id: int
    kind: str
    is_required: bool
    for_recipients: bool
    revision: int
    words: Mapping[str, Words]

    def words_in(self, locale: str, default: str) -> Words:
        """The words in this language, else in the petition's default one, else in the first there is."""
        return self.words.get(locale) or self.words.get(default) or next(iter(self.words.values()))

    def label_in(self, locale: str, default: str) -> str:
        """What stands above the field: a name that the site has for it, or the question."""
        return known_label(self.kind) or self.words_in(locale, default).label


@dataclass(frozen=True)
class AskedForm:
    """What a form asks for, in order, as of a revision."""

    revision: int
    fields: tuple[AskedField, ...]


_NOTHING = AskedForm(0, ())


def known_label(kind: str) -> str:
    """How the site calls a field of this kind; "" for a question, which has words of its own."""
    return str(KNOWN_LABELS[kind]) if kind in KNOWN_LABELS else ""


def asked_form(petition: Petition) -> AskedForm:
    """What this petition's form asks for. The database is asked once for each revision, and not for one without."""
    if not petition.form_revision:
        return _NOTHING
    kept: dict[int, tuple[datetime, AskedForm]] = current_app.extensions.setdefault("asked_forms", {})
    begun, found = kept.get(petition.id, (None, _NOTHING))
    # SQLite gives the number of a draft that was deleted to the next petition.
    if begun != petition.created_at or found.revision != petition.form_revision:
        found = _read(petition.id)
        kept[petition.id] = petition.created_at, found
    return found


def _read(petition_id: int) -> AskedForm:
    """In one statement, so that the revision is that of the fields, whoever writes meanwhile."""
    rows = db.session.execute(_ASKED, {"petition": petition_id}).all()
    found: dict[int, tuple[Any, dict[str, Words]]] = {}
    for row in rows:
        if row.wording_id is not None:
            words = Words(row.wording_id, row.locale, row.label, row.purpose, tuple((k, v) for k, v in row.choices))
            found.setdefault(row.field_id, (row, {}))[1][row.locale] = words
    return AskedForm(
        rows[0].form_revision if rows else 0,
        tuple(
            AskedField(row.field_id, row.kind, row.is_required, row.for_recipients, row.revision, words)
            for row, words in found.values()
        ),
    )


_ASKED = (
    select(
        Petition.form_revision,
        PetitionField.id.label("field_id"),
        PetitionField.kind,
        PetitionField.is_required,
        FieldWording.id.label("wording_id"),
        FieldWording.locale,
        FieldWording.label,
        FieldWording.purpose,
        FieldWording.choices,
        FieldWording.for_recipients,
        FieldWording.revision,
    )
    .outerjoin(PetitionField, (PetitionField.petition_id == Petition.id) & PetitionField.removed_at.is_(None))
    .outerjoin(
        FieldWording, (FieldWording.field_id == PetitionField.id) & (FieldWording.version == PetitionField.version)
    )
    .where(Petition.id == bindparam("petition"))
    .order_by(PetitionField.position, PetitionField.id, FieldWording.id)
)


def answer_label(answer: SignatureAnswer) -> str:
    """What was asked, as it was shown."""
    return known_label(answer.field.kind) or answer.wording.label


def answer_text(answer: SignatureAnswer) -> str:
    """What was answered, for a person."""
    return value_text(answer.field.kind, answer.value, answer.wording.choices)


def value_text(kind: str, value: str, choices: Sequence[Sequence[str]]) -> str:
    """A value as a person reads it: a choice by its words, yes and no in the reader's language."""
    if kind == "question_yes_no":
        return str(_("Yes")) if value == "yes" else str(_("No"))
    return next((words for key, words in choices if key == value), value)


class FormChanged(Exception):
    """Somebody else has changed the form since it was looked at; nothing was written."""


class FormFull(Exception):
    """The form asks for as much as it may, or for this very thing already."""


@dataclass(frozen=True)
class Wanted:
    """How a field is to be: its words by language, and what holds in all of them."""

    kind: str
    is_required: bool
    for_recipients: bool
    labels: Mapping[str, str]
    purposes: Mapping[str, str]
    # In order: each a key, and the words for it by language.
    choices: Sequence[tuple[str, Mapping[str, str]]] = ()


def hold(session: Session, petition_id: int, revision: int) -> Petition:
    """The petition, held until the transaction ends, with its form's next revision begun. Raises FormChanged."""
    petition: Petition = session.get_one(Petition, petition_id, with_for_update=True, populate_existing=True)
    if petition.form_revision != revision:
        raise FormChanged
    petition.form_revision += 1
    return petition


def add_field(session: Session, petition: Petition, wanted: Wanted, at: datetime) -> PetitionField:
    """Ask for something more, behind all the rest. Raises FormFull."""
    asked = live_fields(session, petition.id)
    is_there = wanted.kind in KNOWN_KINDS and any(field.kind == wanted.kind for field in asked)
    if is_there or len(asked) >= MOST_FIELDS:
        raise FormFull
    field = PetitionField(petition_id=petition.id, kind=wanted.kind, version=0)
    field.position = asked[-1].position + 1 if asked else 0
    session.add(field)
    change_field(petition, field, wanted, at)
    return field


def copy_fields(session: Session, source: Petition, copy: Petition, at: datetime) -> None:
    """Ask in another petition for what this one asks for now, in the same words, as its form's first revision."""
    for field in live_fields(session, source.id):
        words = field.current_wordings
        copied = PetitionField(
            petition_id=copy.id, kind=field.kind, is_required=field.is_required, position=field.position, version=0
        )
        session.add(copied)
        copy.form_revision = 1
        copied.word(
            {
                locale: FieldWording(
                    label=wording.label,
                    purpose=wording.purpose,
                    choices=wording.choices,
                    for_recipients=wording.for_recipients,
                )
                for locale, wording in words.items()
            },
            copy.form_revision,
            at,
        )


def change_field(petition: Petition, field: PetitionField, wanted: Wanted, at: datetime) -> bool:
    """Ask for it so from now on; answers whether its words have changed, which those who sign meanwhile see first."""
    field.is_required = wanted.is_required
    return field.word({locale: _wording(wanted, locale) for locale in wanted.purposes}, petition.form_revision, at)


def _wording(wanted: Wanted, locale: str) -> FieldWording:
    return FieldWording(
        label=wanted.labels.get(locale, ""),
        purpose=wanted.purposes[locale],
        choices=[[key, words[locale]] for key, words in wanted.choices],
        for_recipients=wanted.for_recipients,
    )


def move_field(session: Session, field: PetitionField, step: int) -> bool:
    """Put it before the one above it (-1), or behind the one below (1). False where it is the first or the last."""
    asked = live_fields(session, field.petition_id)
    place = asked.index(field)
    if not 0 <= place + step < len(asked):
        return False
    asked.insert(place + step, asked.pop(place))
    for position, each in enumerate(asked):
        each.position = position
    return True


def live_fields(session: Session, petition_id: int) -> list[PetitionField]:
    """The fields that are asked for now, in order, as rows."""
    found = (
        select(PetitionField)
        .where(PetitionField.petition_id == petition_id, PetitionField.removed_at.is_(None))
        .order_by(PetitionField.position, PetitionField.id)
    )
    return list(session.scalars(found))


def removed_fields(petition_id: int) -> list[PetitionField]:
    """Those that are asked for no longer and whose answers were to stay, the last one first."""
    found = (
        select(PetitionField)
        .where(
            PetitionField.petition_id == petition_id,
            PetitionField.removed_at.is_not(None),
            PetitionField.forgets_answers.is_(False),
        )
        .order_by(PetitionField.removed_at.desc(), PetitionField.id.desc())
    )
    return list(db.session.scalars(found))


def answers_to(field_id: int) -> int:
    """How many have answered: counted by the index, for a page that somebody of the association asks for."""
    found = select(func.count()).select_from(SignatureAnswer).where(SignatureAnswer.field_id == field_id)
    return int(db.session.scalar(found) or 0)


def forget_answers(field_ids: Sequence[int]) -> int:
    """Delete one batch of the answers to these fields. Answers how many they were: 0 where nothing is left."""
    if not field_ids:
        return 0
    due = (
        select(SignatureAnswer.field_id, SignatureAnswer.signature_id)
        .where(SignatureAnswer.field_id.in_(field_ids))
        .limit(BATCH)
    )
    with writing() as session:
        rows = session.execute(due).all()
        for field_id in {row.field_id for row in rows}:
            doomed = [row.signature_id for row in rows if row.field_id == field_id]
            session.execute(
                delete(SignatureAnswer).where(
                    SignatureAnswer.field_id == field_id, SignatureAnswer.signature_id.in_(doomed)
                ),
                execution_options={"synchronize_session": False},
            )
    return len(rows)


def forgetting_fields() -> list[int]:
    """The fields whose answers are to go: a handful, which are looked at again and again for what came in late."""
    found = select(PetitionField.id).where(PetitionField.forgets_answers.is_(True)).order_by(PetitionField.id)
    ids = list(db.session.scalars(found))
    db.session.rollback()
    return ids
