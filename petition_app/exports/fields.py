"""The columns of the fields that a petition has chosen for its form: which file may have them, and what stands there.

An answer was given for what its field said that it was asked for. So a file holds it for the association's own look,
for that very purpose, and for the recipients only where the signer was told that they get it. A number to be called by
stands in a file for its purpose alone; no answer stands in a file for writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from sqlalchemy import select

from petition_app.exports.columns import Cell, Column, FieldWords, Signed
from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.models import FieldWording, Petition, PetitionField, SignatureAnswer
from petition_app.petitions.fields import known_label

# Which uses may carry answers at all.
_CARRYING = ("check", "recipients", "answers")


def field_columns(petition: Petition, use: str) -> list[Column]:
    """A column for each field that a file for this use may have, in the form's order; those taken off it come last."""
    if not petition.form_revision or use not in _CARRYING:
        return []
    return [_column(field, use) for field in _fields(petition.id) if _may_have(field, use)]


def field_purposes(petition: Petition, field_ids: Sequence[int]) -> list[tuple[str, str]]:
    """What each field says that it is asked for, by its label: a file of the answers tells of it."""
    return [(_label(field), _here(field).purpose) for field in _fields(petition.id) if field.id in field_ids]


def words_of(field_ids: Sequence[int]) -> Mapping[int, FieldWords]:
    """Every version of these fields' words, with the choices as the file's language has them."""
    fields = db.session.scalars(select(PetitionField).where(PetitionField.id.in_(field_ids))).all()
    found: dict[int, FieldWords] = {}
    for field in fields:
        for wording in field.wordings:
            choices = {pair[0]: pair[1] for pair in _in_file(field, wording).choices}
            found[wording.id] = FieldWords(choices, wording.for_recipients)
    db.session.rollback()
    return found


def answers_of(
    ids: Sequence[int], field_ids: Sequence[int], words: Mapping[int, FieldWords]
) -> dict[int, dict[int, tuple[str, FieldWords]]]:
    """The answers of these signatures to these fields: by signature, then by field."""
    answer = SignatureAnswer
    rows = db.session.execute(
        select(answer.signature_id, answer.field_id, answer.wording_id, answer.value).where(
            answer.signature_id.in_(ids), answer.field_id.in_(field_ids)
        )
    )
    found: dict[int, dict[int, tuple[str, FieldWords]]] = {}
    for row in rows:
        if row.wording_id in words:  # else the field has got new words while the file is made
            found.setdefault(row.signature_id, {})[row.field_id] = row.value, words[row.wording_id]
    return found


def _fields(petition_id: int) -> list[PetitionField]:
    listed = select(PetitionField).where(
        PetitionField.petition_id == petition_id, PetitionField.forgets_answers.is_(False)
    )
    order = (PetitionField.removed_at.is_not(None), PetitionField.position, PetitionField.id)
    return list(db.session.scalars(listed.order_by(*order)))


def _may_have(field: PetitionField, use: str) -> bool:
    if use == "recipients":
        return any(wording.for_recipients for wording in field.wordings)
    return use == "answers" or field.kind != "phone"


def _column(field: PetitionField, use: str) -> Column:
    label = _label(field) if field.is_asked else _("%(field)s (no longer asked)", field=_label(field))
    for_recipients, field_id, is_yes_no = use == "recipients", field.id, field.kind == "question_yes_no"

    def value(signed: Signed, as_shown: bool) -> Cell:
        found = signed.answers.get(field_id)
        if found is None or (as_shown and signed.row.name_display == "hidden"):
            return ""
        answer, words = found
        if for_recipients and not words.for_recipients:
            return ""  # given when the form did not say that the recipients get it
        return answer if is_yes_no else words.choices.get(answer, answer)

    name = f"{field.kind.removeprefix('question_')}_{field.id}"
    return Column(name, label, value, field_id)


def _label(field: PetitionField) -> str:
    return known_label(field.kind) or _here(field).label


def _here(field: PetitionField) -> FieldWording:
    """The field's words now, in the file's language where it has them."""
    words = field.current_wordings
    return words.get(selected_locale()) or next(iter(words.values()))


def _in_file(field: PetitionField, wording: FieldWording) -> FieldWording:
    """The same version in the file's language, so that one answer is one word, whoever gave it."""
    same = [each for each in field.wordings if each.version == wording.version]
    return next((each for each in same if each.locale == selected_locale()), same[0])
