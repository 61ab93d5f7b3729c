"""A form that asks for more, in a line each: every kind of field, put there by an editor's own press of a button."""

from __future__ import annotations

import html
from typing import Any

from werkzeug.test import TestResponse

from petition_app.extensions import db
from petition_app.models import Petition, PetitionField, SignatureAnswer
from tests.admin.desk import Desk
from tests.visitor import Visitor

PURPOSES = {
    "municipality": ("Pour compter les gens d’ici.", "To count the people from here."),
    "phone": ("Nous vous appelons avant la marche.", "We call you before the march."),
    "birth_year": ("Pour montrer que tous les âges signent.", "To show that all ages sign."),
    "profession": ("Pour dire combien de soignants signent.", "To tell how many carers sign."),
    "question_text": ("Nous lisons vos mots au maire.", "We read your words to the mayor."),
    "question_choice": ("Pour choisir le jour de la marche.", "To choose the day of the march."),
    "question_yes_no": ("Pour préparer les affiches.", "To get the posters ready."),
}
LABELS = {
    "question_text": ("Que changeriez-vous ?", "What would you change?"),
    "question_choice": ("Quel jour vous convient ?", "Which day suits you?"),
    "question_yes_no": ("Pouvez-vous coller des affiches ?", "Can you put up posters?"),
}
CHOICES = (("Samedi", "Saturday"), ("Dimanche", "Sunday"))
ANSWERS = {
    "municipality": "Exempleville",
    "phone": "+33 1 23 45 67 89",
    "birth_year": "1970",
    "profession": "Infirmière",
    "question_text": "Les tuyaux.",
    "question_choice": "2",
    "question_yes_no": "yes",
}


def entry(kind: str, revision: int, **values: Any) -> dict[str, Any]:
    """What the form of a field sends: optional, for the association alone, unless told otherwise."""
    sent: dict[str, Any] = {
        "kind": kind,
        "revision": revision,
        "required": "no",
        "purpose-fr": PURPOSES[kind][0],
        "purpose-en": PURPOSES[kind][1],
        "act": "save",
        "confirmed": "yes",
    }
    if kind in LABELS:
        sent |= {"label-fr": LABELS[kind][0], "label-en": LABELS[kind][1]}
    if kind == "question_choice":
        for number, (french, english) in enumerate(CHOICES, 1):
            sent |= {f"choice-key-{number}": "", f"choice-{number}-fr": french, f"choice-{number}-en": english}
    return {**sent, **values}


def add(desk: Desk, kind: str, slug: str = "clean-water", **values: Any) -> TestResponse:
    return desk.send(f"/admin/form/{slug}/fields/new", **entry(kind, revision_of(slug), **values))


def asked(desk: Desk, *kinds: str, slug: str = "clean-water", **values: Any) -> dict[str, int]:
    """Have a petition ask for these; answers with their ids by kind."""
    for kind in kinds:
        response = add(desk, kind, slug, **values)
        assert response.status_code == 303, response.get_data(as_text=True)
    return field_ids(slug)


def field_ids(slug: str = "clean-water") -> dict[str, int]:
    found = db.session.query(PetitionField).filter_by(petition_id=petition_id(slug), removed_at=None)
    return {field.kind: field.id for field in found}


def answers_for(ids: dict[str, int], **instead: str) -> dict[str, str]:
    """The form's entries that answer every field."""
    return {f"field_{number}": {**ANSWERS, **instead}[kind] for kind, number in ids.items()}


def revision_of(slug: str = "clean-water") -> int:
    petition = Petition.by_slug(slug)
    assert petition is not None
    return petition.form_revision


def petition_id(slug: str = "clean-water") -> int:
    petition = Petition.by_slug(slug)
    assert petition is not None
    return petition.id


def stored() -> dict[str, str]:
    return {answer.field.kind: answer.value for answer in db.session.query(SignatureAnswer)}


def page_of(client: Visitor, path: str) -> str:
    return html.unescape(client.get(path).get_data(as_text=True))
