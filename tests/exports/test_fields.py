"""The answers to a form's own fields stand in the files whose use may have them, and in no other."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from flask import Flask

from petition_app.exports.uses import USES, NotAColumn
from petition_app.extensions import db
from petition_app.models import Petition, Signature
from petition_app.models.base import now
from petition_app.models.petition_field import KINDS
from petition_app.signing.lifecycle import withdraw_signature
from tests.admin.desk import Desk, make_member, signed_in
from tests.databases import both_engines
from tests.exports.test_exports import exported, rows_of
from tests.fields import ANSWERS, PURPOSES, answers_for, asked, entry, revision_of
from tests.story import BOB, CHARLIE, confirmed
from tests.visitor import Visitor

FORMULA = "=cmd|'/C calc'!A0"
FORMATS = ("csv", "csv-bom", "xlsx", "ods", "jsonl")


@pytest.fixture
def editor(app: Flask, petition: Petition) -> Desk:
    return signed_in(app, make_member("editor", name="Eve"))


@pytest.fixture
def ids(app: Flask, client: Visitor, editor: Desk) -> dict[str, int]:
    """Alice answers everything in French, Bob a formula, in English, Charlie, who is hidden, everything."""
    ids = asked(editor, *KINDS)
    confirmed(app, client, **answers_for(ids))
    only = {f"field_{ids['profession']}": FORMULA, f"field_{ids['question_choice']}": "2"}
    confirmed(app, client, **BOB, locale="en", **only)
    confirmed(app, client, **{**CHARLIE, "name_display": "hidden", "consent_petition_news": "y"}, **answers_for(ids))
    return ids


def columns_of(petition: Petition, use: str, **values: Any) -> list[str]:
    return list(rows_of(exported(petition, use, **values))[0])


def name(ids: dict[str, int], kind: str) -> str:
    return f"{kind.removeprefix('question_')}_{ids[kind]}"


@both_engines
def test_each_use_has_what_it_may_have(petition: Petition, ids: dict[str, int]) -> None:
    petition = db.session.get_one(Petition, petition.id)
    names = {kind: name(ids, kind) for kind in KINDS}
    assert columns_of(petition, "answers")[-8:-1] == list(names.values())
    assert set(names.values()) - set(columns_of(petition, "check")) == {names["phone"]}
    for use in ("recipients", "petition_news"):
        assert not set(names.values()) & set(columns_of(petition, use))
    with pytest.raises(NotAColumn):
        USES["check"].chosen(petition, [names["phone"]])
    assert not any("email" in column for column in columns_of(petition, "answers"))


@both_engines
def test_an_answer_is_one_word_whoever_gave_it_and_no_formula(petition: Petition, ids: dict[str, int]) -> None:
    petition = db.session.get_one(Petition, petition.id)
    alice, bob, charlie = rows_of(exported(petition, "answers"))
    assert (alice[name(ids, "question_choice")], bob[name(ids, "question_choice")]) == ("Sunday", "Sunday")
    assert bob[name(ids, "profession")] == f"'{FORMULA}"
    assert bob[name(ids, "phone")] == ""
    assert alice[name(ids, "question_yes_no")] == "yes"
    assert alice[name(ids, "phone")] == f"'{ANSWERS['phone']}", "a plus begins a formula, too"
    assert charlie[name(ids, "birth_year")] == "1970"
    for form in FORMATS:
        assert exported(petition, "answers", form)
    line = json.loads(exported(petition, "answers", "jsonl").splitlines()[1])
    assert line[name(ids, "profession")] == FORMULA


@both_engines
def test_the_recipients_get_what_the_form_said_that_they_get(
    app: Flask, client: Visitor, petition: Petition, editor: Desk, ids: dict[str, int]
) -> None:
    """Those who answered before it said so are left out, and so is who stays hidden."""
    path = f"/admin/form/clean-water/fields/{ids['profession']}"
    editor.send(path, **entry("profession", revision_of(), for_recipients="y"))
    editor.send(f"/admin/form/clean-water/fields/{ids['phone']}", **entry("phone", revision_of(), for_recipients="y"))
    dora = {"given_name": "Dora", "email": "dora@example.org"}
    confirmed(app, client, **dora, **answers_for(ids, profession="Juge"))
    hidden = {"given_name": "Emma", "email": "emma@example.org", "name_display": "hidden"}
    confirmed(app, client, **hidden, **answers_for(ids, profession="Maire"))

    rows = rows_of(exported(db.session.get_one(Petition, petition.id), "recipients"))

    assert [row[name(ids, "profession")] for row in rows] == ["", "", "", "Juge", ""]
    assert name(ids, "phone") not in rows[0]


@both_engines
def test_what_is_no_longer_asked_stands_there_as_long_as_it_is_kept(
    app: Flask, petition: Petition, editor: Desk, ids: dict[str, int]
) -> None:
    for kind, fate in (("phone", "keep"), ("profession", "erase")):
        path = f"/admin/form/clean-water/fields/{ids[kind]}/removal"
        assert editor.send(path, revision=revision_of(), answers=fate).status_code == 303
    petition = db.session.get_one(Petition, petition.id)

    columns = USES["answers"].columns_of(petition)

    assert columns[-1].name == name(ids, "phone")
    assert "plus demandé" in str(columns[-1].label)
    assert name(ids, "profession") not in {column.name for column in columns}


@both_engines
def test_those_who_left_and_the_desk_and_the_command(
    app: Flask, client: Visitor, petition: Petition, ids: dict[str, int]
) -> None:
    withdraw_signature(db.session.query(Signature).filter_by(given_name="Bob").one().id, now())
    rows = rows_of(exported(db.session.get_one(Petition, petition.id), "check", with_left=True))
    assert [row[name(ids, "profession")] for row in rows][-1] == f"'{FORMULA}"
    desk = signed_in(app, make_member("administrator", name="Alice"))
    desk.step_up()
    page = desk.get("/admin/exports/clean-water?use=answers").get_data(as_text=True)
    assert f'value="{name(ids, "phone")}"' in page
    ordered = desk.send(
        "/admin/exports/clean-water", use="answers", format="csv", columns=[name(ids, "phone"), "given_name"]
    )
    assert ordered.status_code == 303


def test_a_workbook_tells_what_each_field_was_asked_for(petition: Petition, ids: dict[str, int]) -> None:
    book = exported(db.session.get_one(Petition, petition.id), "answers", "ods")
    with zipfile.ZipFile(io.BytesIO(book)) as opened:
        content = opened.read("content.xml").decode()
    assert PURPOSES["phone"][1] in content
