"""An answer that was given: its signer looks at it, corrects it and takes it back, and it goes with its signer."""

from __future__ import annotations

import html
import json

import pytest
from flask import Flask
from sqlalchemy import text

from petition_app.extensions import db
from petition_app.models import PetitionField, Signature, SignatureAnswer
from petition_app.models.base import now
from petition_app.models.petition_field import KINDS
from petition_app.operations import forgetting
from petition_app.privacy import retention
from tests.admin.desk import Desk, make_member, signed_in
from tests.databases import both_engines
from tests.fields import ANSWERS, LABELS, PURPOSES, answers_for, asked, page_of, revision_of, stored
from tests.story import ALICE, confirmed, link_in, mails, sign
from tests.visitor import Visitor

RARE = "Zzyzx"


@both_engines
def test_the_confirmation_shows_them_and_confirms_no_others(app: Flask, client: Visitor, ids: dict[str, int]) -> None:
    sign(client, **answers_for(ids))
    link = link_in(mails(app)[-1])
    page = page_of(client, link)
    assert ANSWERS["profession"] in page
    assert "Dimanche" in page
    shown = page.split('name="shown" value="')[1].split('"')[0]
    sign(client, **answers_for(ids, profession="Juge"))  # whoever knows the address

    assert client.post(link, data={"shown": shown}).status_code == 409
    assert stored()["profession"] == "Juge"
    sign(client)
    assert stored() == {}, "what was typed last is what is meant"


@both_engines
def test_the_personal_page_shows_corrects_and_erases_them(app: Flask, client: Visitor, ids: dict[str, int]) -> None:
    personal = confirmed(app, client, **answers_for(ids))
    page = page_of(client, personal)
    for kind in KINDS:
        assert PURPOSES[kind][0] in page
    assert f'value="{ANSWERS["phone"]}"' in page
    first = {answer.field.kind: answer.given_at for answer in db.session.query(SignatureAnswer)}

    corrected = {**ALICE, **answers_for(ids, profession="Juge", phone="", question_choice="1", question_yes_no="")}
    assert client.post(personal, data=corrected).status_code == 303

    now_stored = stored()
    assert now_stored == {
        kind: {**ANSWERS, "profession": "Juge", "question_choice": "1"}[kind]
        for kind in KINDS
        if kind not in ("phone", "question_yes_no")
    }
    given = {answer.field.kind: answer.given_at for answer in db.session.query(SignatureAnswer)}
    assert given["birth_year"] == first["birth_year"]
    assert given["profession"] > first["profession"]
    wrong = client.post(personal, data={**corrected, f"field_{ids['birth_year']}": "1492"})
    assert wrong.status_code == 422
    assert 'value="1492"' in wrong.get_data(as_text=True)
    erased = client.post(f"{personal}/answers/{ids['birth_year']}/erasure")
    assert "Votre signature reste" in page_of(client, erased.location)
    assert "birth_year" not in stored()
    assert client.post(f"{personal}/answers/{2**70}/erasure").status_code == 303


@both_engines
def test_a_required_answer_can_be_taken_back_and_the_signature_stays(app: Flask, client: Visitor, editor: Desk) -> None:
    ids = asked(editor, "phone", required="yes")
    personal = confirmed(app, client, **answers_for(ids))

    assert client.post(personal, data={**ALICE, **answers_for(ids, phone="")}).status_code == 303
    assert stored() == {}
    assert db.session.query(Signature).one().status == "confirmed"


@both_engines
def test_an_answer_outlives_its_question_only_for_its_signer(
    app: Flask, client: Visitor, editor: Desk, ids: dict[str, int]
) -> None:
    personal = confirmed(app, client, **answers_for(ids))
    path = f"/admin/form/clean-water/fields/{ids['question_text']}/removal"
    editor.send(path, revision=revision_of(), answers="keep")

    page = page_of(client, personal)
    assert LABELS["question_text"][0] in page
    assert "n’est plus demandé" in page
    assert client.post(personal, data={**ALICE, **answers_for(ids)}).status_code == 303
    assert "question_text" in stored()
    client.post(f"{personal}/answers/{ids['question_text']}/erasure")
    assert "question_text" not in stored()


@both_engines
def test_ones_data_hold_the_answers_with_their_purposes(app: Flask, client: Visitor, ids: dict[str, int]) -> None:
    personal = confirmed(app, client, **answers_for(ids))

    told = json.loads(client.get(f"{personal}/data.json").get_data())["answers"]

    assert [answer["answer"] for answer in told][-2:] == ["Dimanche", "Oui"]
    assert told[1]["question"] == "Téléphone"
    assert [answer["purpose"] for answer in told] == [PURPOSES[kind][0] for kind in KINDS]
    assert all(answer["still_asked"] and not answer["handed_to_recipients"] for answer in told)


@both_engines
@pytest.mark.parametrize("how", ["erasure", "retention"])
def test_nothing_of_an_answer_is_left_where_a_person_is_forgotten(
    app: Flask, client: Visitor, ids: dict[str, int], how: str
) -> None:
    secret = dict.fromkeys(("municipality", "profession", "question_text"), RARE)
    if how == "erasure":
        personal = confirmed(app, client, **answers_for(ids, **secret))
        assert RARE in everything()
        assert client.post(f"{personal}/erasure").status_code == 200
    else:
        sign(client, **answers_for(ids, **secret))
        assert RARE in everything()
        assert forgetting.forget_unconfirmed(now() + retention.UNCONFIRMED * 2) == 1

    assert RARE not in everything()
    assert db.session.query(SignatureAnswer).count() == 0
    assert db.session.query(PetitionField).count() == len(KINDS)


def everything() -> str:
    """Every row of every table, as text."""
    found = [
        str(row)
        for table in db.metadata.sorted_tables
        for row in db.session.execute(text(f"SELECT * FROM {table.name}")).all()  # noqa: S608  # the program's own names
    ]
    db.session.rollback()
    return "\n".join(found)


def test_a_moderator_sees_the_answers_beside_the_signature(app: Flask, client: Visitor, ids: dict[str, int]) -> None:
    confirmed(app, client, **answers_for(ids))
    bob = signed_in(app, make_member("moderator", name="Bob"))
    page = html.unescape(bob.get(f"/admin/signatures/{db.session.query(Signature).one().id}").get_data(as_text=True))
    assert all(PURPOSES[kind][0] in page for kind in KINDS)
    assert ANSWERS["phone"] in page


def test_the_privacy_page_tells_what_each_form_asks_for(client: Visitor, editor: Desk, ids: dict[str, int]) -> None:
    for locale, place in (("fr", 0), ("en", 1)):
        page = page_of(client, f"/{locale}/privacy")
        assert all(PURPOSES[kind][place] in page for kind in KINDS)
        assert all(labels[place] in page for labels in LABELS.values())
        form = page_of(client, f"/{locale}/petitions/clean-water")
        assert form.count(PURPOSES["phone"][place]) == 2, "beside the field, and in the summary of what is asked"
