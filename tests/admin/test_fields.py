"""An editor chooses what a petition's form asks for."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from petition_app.admin.fields.entry import FieldEntry
from petition_app.extensions import db
from petition_app.i18n.locales import own_name, use_locale
from petition_app.models import AuditEntry, FieldWording, Petition, PetitionField, Signature, SignatureAnswer
from petition_app.models.base import now
from petition_app.models.petition_field import KINDS
from petition_app.operations import jobs
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.fields import PURPOSES, add, answers_for, asked, entry, field_ids, revision_of
from tests.story import sign
from tests.visitor import Visitor

TAB = "/admin/form/clean-water"


@pytest.fixture
def editor(as_member: AsMember) -> Desk:
    return as_member("editor")


def text_of(desk: Desk, path: str) -> str:
    response = desk.get(path)
    assert response.status_code == 200
    return html.unescape(response.get_data(as_text=True))


def test_the_least_is_the_default(client: Visitor, editor: Desk, petition: Petition) -> None:
    page = text_of(editor, TAB)

    assert "Nothing more" in page
    assert "Each field more costs signatures" in page
    assert (petition.postal_code, petition.country, petition.form_revision) == ("optional", "required", 0)
    assert "form_revision" not in client.get("/fr/petitions/clean-water/sign").get_data(as_text=True)


@both_engines
def test_every_kind_is_added_and_stands_on_the_form(client: Visitor, editor: Desk, petition: Petition) -> None:
    ids = asked(editor, *KINDS)

    assert list(ids) == list(KINDS)
    form = html.unescape(client.get("/fr/petitions/clean-water/sign").get_data(as_text=True))
    assert form == html.unescape(client.get("/fr/petitions/clean-water/sign").get_data(as_text=True))
    for kind, number in ids.items():
        assert PURPOSES[kind][0] in form
        assert f'name="field_{number}"' in form
    assert PURPOSES["phone"][1] in html.unescape(client.get("/en/petitions/clean-water").get_data(as_text=True))
    assert "checked" not in form, "nothing is ticked beforehand"
    page = text_of(editor, TAB)
    assert all(PURPOSES[kind][1] in page for kind in KINDS)
    acts = [row.action for row in db.session.query(AuditEntry)]
    assert acts.count("form.field_added") == len(KINDS)


def test_known_fields_are_asked_once_and_a_form_has_an_end(editor: Desk, petition: Petition) -> None:
    asked(editor, *KINDS)

    assert "Nothing was added" in editor.get(add(editor, "phone").location).get_data(as_text=True)
    add(editor, "question_text")
    assert "Nothing was added" in editor.get(add(editor, "question_text").location).get_data(as_text=True)
    assert db.session.query(PetitionField).count() == 8
    assert "already: more are left unread" in text_of(editor, TAB)


WRONG = [
    ("phone", {"purpose-fr": ""}, "purpose-fr"),
    ("phone", {"purpose-en": " \u200b "}, "purpose-en"),
    ("phone", {"purpose-fr": "x" * 301}, "purpose-fr"),
    ("phone", {"purpose-fr": "bell \x07"}, "purpose-fr"),
    ("question_text", {"label-en": ""}, "label-en"),
    ("question_text", {"label-en": "x" * 201}, "label-en"),
    ("question_choice", {"choice-2-fr": ""}, "choice-2-fr"),
    ("question_choice", {"choice-2-en": "SATURDAY"}, "choice-2-en"),
    ("question_choice", {"choice-1-fr": "x" * 101}, "choice-1-fr"),
    ("question_choice", {"choice-2-fr": "", "choice-2-en": ""}, "choice-1-fr"),
    ("question_choice", {"choice-key-1": None}, "choice-1-fr"),
]


@pytest.mark.parametrize(("kind", "fields", "wrong"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_told_beside_it_and_everything_stays_as_typed(
    editor: Desk, petition: Petition, kind: str, fields: dict[str, str | None], wrong: str
) -> None:
    response = add(editor, kind, required="yes", **fields)

    assert response.status_code == 422
    page = html.unescape(response.get_data(as_text=True))
    assert f'href="#{wrong}"' in page
    assert f'id="{wrong}"' in page
    for name, value in entry(kind, 0).items():
        if name.startswith(("purpose", "label")) and name not in fields:
            assert value in page
    assert re.search(r'id="required-yes"[^>]*checked', page)
    assert db.session.query(PetitionField).count() == 0


def test_a_form_that_is_open_is_changed_after_a_second_look(editor: Desk, petition: Petition) -> None:
    response = add(editor, "phone", confirmed=None, required="yes")

    assert response.status_code == 200
    page = html.unescape(response.get_data(as_text=True))
    assert "holds for those who sign from now on" in page
    assert "Nobody can sign without an answer" in page
    assert db.session.query(PetitionField).count() == 0
    sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    back = html.unescape(editor.send(f"{TAB}/fields/new", **{**sent, "act": "edit"}).get_data(as_text=True))
    assert PURPOSES["phone"][0] in back
    assert editor.send(f"{TAB}/fields/new", **sent).status_code == 303
    assert field_ids().keys() == {"phone"}


def test_a_draft_is_changed_at_once(editor: Desk, make_petition: Callable[..., Petition]) -> None:
    make_petition("draft", status="draft")
    assert add(editor, "phone", "draft", confirmed=None).status_code == 303


@both_engines
def test_two_at_once_hear_of_each_other(editor: Desk, as_member: AsMember, petition: Petition) -> None:
    alice, number = as_member("administrator", "Alice"), asked(editor, "phone")["phone"]
    seen = revision_of()
    first = entry("phone", seen, **{"purpose-en": "Alice’s words."})
    second = entry("phone", seen, **{"purpose-en": "Bob’s words."})

    assert alice.send(f"{TAB}/fields/{number}", **first).status_code == 303
    refused = editor.send(f"{TAB}/fields/{number}", **second)

    assert refused.status_code == 409
    page = html.unescape(refused.get_data(as_text=True))
    assert "Somebody else has changed this form" in page
    assert "Bob’s words." in page, "what was typed is still there"
    assert "Alice’s words." in text_of(editor, TAB)
    again = {**second, "revision": revision_of()}
    assert editor.send(f"{TAB}/fields/{number}", **again).status_code == 303
    assert "Bob’s words." in text_of(editor, TAB)
    for path in ("place", "removal"):
        stale = editor.send(f"{TAB}/fields/{number}/{path}", to="up", revision=seen, answers="keep")
        assert stale.status_code == 409
        assert "Somebody else has changed this form" in stale.get_data(as_text=True)
    late = editor.send(f"{TAB}/address", was="hidden hidden", ask_postal_code="required", ask_country="required")
    assert late.status_code == 409


def test_a_field_that_somebody_else_has_taken_off(editor: Desk, petition: Petition) -> None:
    number = asked(editor, "phone")["phone"]
    editor.send(f"{TAB}/fields/{number}/removal", revision=revision_of())

    response = editor.send(f"{TAB}/fields/{number}", **entry("phone", revision_of()))

    assert response.status_code == 303
    assert "somebody else has taken this field off" in text_of(editor, response.location)


@both_engines
def test_fields_are_put_in_order_by_buttons(client: Visitor, editor: Desk, petition: Petition) -> None:
    ids = asked(editor, "phone", "profession", "municipality")

    for kind, to in (("municipality", "up"), ("municipality", "up"), ("phone", "down"), ("municipality", "up")):
        moved = editor.send(f"{TAB}/fields/{ids[kind]}/place", to=to, revision=revision_of())
        assert moved.status_code == 303

    form = client.get("/en/petitions/clean-water/sign").get_data(as_text=True)
    places = [form.index(f'id="field_{ids[kind]}"') for kind in ("municipality", "profession", "phone")]
    assert places == sorted(places)
    assert editor.send(f"{TAB}/fields/{ids['phone']}/place", to="left", revision=revision_of()).status_code == 400


@both_engines
def test_words_are_versions_and_an_answer_stays_one_to_what_was_read(
    client: Visitor, editor: Desk, petition: Petition
) -> None:
    ids = asked(editor, "question_choice")
    number = ids["question_choice"]
    sign(client, **answers_for(ids))
    keys = {"choice-key-1": "1", "choice-key-2": "2"}
    changed = {**entry("question_choice", revision_of()), **keys, "purpose-fr": "Autre chose.", "choice-2-fr": "Lundi"}

    page = html.unescape(editor.send(f"{TAB}/fields/{number}", **{**changed, "confirmed": None}).get_data(as_text=True))
    assert "1 answer was given to the words as they were" in page
    assert editor.send(f"{TAB}/fields/{number}", **changed).status_code == 303

    answer = db.session.query(SignatureAnswer).one()
    assert (answer.value, answer.wording.locale, answer.wording.version) == ("2", "fr", 1)
    assert answer.wording.purpose == PURPOSES["question_choice"][0]
    assert ["2", "Dimanche"] in answer.wording.choices
    assert answer.field.current_wordings["fr"].purpose == "Autre chose."
    assert db.session.query(FieldWording).count() == 4
    # The same words once more are no new version, and whether it must be answered is none of the words.
    same = {**changed, "revision": revision_of(), "required": "yes"}
    assert editor.send(f"{TAB}/fields/{number}", **same).status_code == 303
    assert db.session.query(FieldWording).count() == 4
    assert db.session.get_one(PetitionField, number).is_required


def test_a_key_of_a_choice_is_never_used_again(editor: Desk, petition: Petition) -> None:
    number = asked(editor, "question_choice")["question_choice"]
    without = {"choice-key-1": "1", "choice-key-2": "7", "choice-2-fr": "Mardi", "choice-2-en": "Tuesday"}
    editor.send(f"{TAB}/fields/{number}", **entry("question_choice", revision_of(), **without))

    words = db.session.get_one(PetitionField, number).current_wordings["en"]
    assert words.choices == [["1", "Saturday"], ["3", "Tuesday"]]


@both_engines
@pytest.mark.parametrize("fate", ["keep", "erase"])
def test_a_field_is_taken_off_and_its_answers_stay_or_go(
    client: Visitor, editor: Desk, petition: Petition, fate: str
) -> None:
    ids = asked(editor, "phone", "profession")
    sign(client, **answers_for(ids))
    path = f"{TAB}/fields/{ids['phone']}/removal"

    assert "1 signer has answered" in text_of(editor, path)
    assert editor.send(path, revision=revision_of()).status_code == 422
    response = editor.send(path, revision=revision_of(), answers=fate)

    assert response.status_code == 303
    page = text_of(editor, response.location)
    assert ("1 answer stays" in page) == (fate == "keep")
    assert ("1 answer is erased" in page) == (fate == "erase")
    assert ("No longer asked" in page) == (fate == "keep")
    assert "field_" + str(ids["phone"]) not in client.get("/fr/petitions/clean-water/sign").get_data(as_text=True)
    left = {answer.field_id for answer in db.session.query(SignatureAnswer)}
    assert left == ({*ids.values()} if fate == "keep" else {ids["profession"]})
    assert db.session.query(Signature).count() == 1


@both_engines
def test_answers_that_were_kept_are_erased_later(client: Visitor, editor: Desk, petition: Petition) -> None:
    ids = asked(editor, "phone")
    sign(client, **answers_for(ids))
    editor.send(f"{TAB}/fields/{ids['phone']}/removal", revision=revision_of(), answers="keep")
    path = f"{TAB}/fields/{ids['phone']}/answers/erasure"

    assert "1 answer is erased" in text_of(editor, path)
    assert editor.send(path).status_code == 303
    assert db.session.query(SignatureAnswer).count() == 0
    assert "No longer asked" not in text_of(editor, TAB)
    entry_ = db.session.query(AuditEntry).filter_by(action="form.answers_erased").one()
    assert '"answers": 1' in entry_.details


@both_engines
def test_the_worker_erases_what_came_in_late(client: Visitor, editor: Desk, petition: Petition) -> None:
    ids = asked(editor, "phone")
    editor.send(f"{TAB}/fields/{ids['phone']}/removal", revision=revision_of())
    sign(client)
    wording = db.session.query(FieldWording).first()
    signature = db.session.query(Signature).one()
    assert wording is not None
    db.session.add(
        SignatureAnswer(signature_id=signature.id, field_id=ids["phone"], wording_id=wording.id, value="0123456789")
    )
    db.session.commit()

    assert jobs.forget_answers(now()) == 1
    assert db.session.query(SignatureAnswer).count() == 0
    assert jobs.forget_answers(now() + timedelta(minutes=1)) == 0


def test_where_signers_live_is_asked_for_or_not(client: Visitor, editor: Desk, petition: Petition) -> None:
    rules = {"was": "optional required", "ask_postal_code": "hidden", "ask_country": "optional"}
    assert "sign from now on" in editor.send(f"{TAB}/address", **rules).get_data(as_text=True)
    assert editor.send(f"{TAB}/address", **rules, confirmed="yes").status_code == 303

    form = client.get("/fr/petitions/clean-water/sign").get_data(as_text=True)
    assert 'name="postal_code"' not in form
    assert 'name="country"' in form
    assert sign(client, postal_code=None, country="").status_code == 303
    assert editor.send(f"{TAB}/address", ask_postal_code="x", ask_country="required").status_code == 422
    same = {"was": "hidden optional", "ask_postal_code": "hidden", "ask_country": "optional"}
    assert "Nothing was changed" in text_of(editor, editor.send(f"{TAB}/address", **same).location)


def test_the_preview_shows_the_field_as_it_is_typed(editor: Desk, petition: Petition) -> None:
    asked(editor, "phone")
    typed = entry("question_choice", revision_of(), **{"label-fr": "", "purpose-fr": "<b>Pour rien</b>"})

    by_button = editor.send(f"{TAB}/fields/new", **{**typed, "act": "preview", "preview_in": "fr"})
    by_htmx = editor.send(f"{TAB}/preview", htmx=True, **{**typed, "preview_in": "fr"})

    for response in (by_button, by_htmx):
        page = response.get_data(as_text=True)
        assert response.status_code == 200
        assert "&lt;b&gt;Pour rien&lt;/b&gt;" in page
        assert "Votre question" in page, "in the language that is looked at"
        assert "Samedi" in page
        assert PURPOSES["phone"][0] in html.unescape(page)
        assert "disabled" in page
    assert db.session.query(PetitionField).count() == 1


def test_more_lines_for_answers(editor: Desk, petition: Petition) -> None:
    page = add(editor, "question_choice", act="more").get_data(as_text=True)
    assert 'name="choice-key-6"' in page
    assert 'id="error-summary"' not in page


@pytest.mark.parametrize("role", ["moderator", "translator", "reader"])
def test_who_may_not_edit_petitions_is_refused(
    as_member: AsMember, charlie: Desk, editor: Desk, petition: Petition, role: str
) -> None:
    number = asked(editor, "phone")["phone"]
    bob = as_member(role, name="Dora")
    for path in ("", f"/fields/{number}", "/fields/new?kind=phone", f"/fields/{number}/removal"):
        assert bob.get(TAB + path).status_code == 403
        assert charlie.get(TAB + path).status_code in (302, 303)
    for path in (f"/fields/{number}", "/fields/new", f"/fields/{number}/place", f"/fields/{number}/removal"):
        assert bob.send(TAB + path, **entry("phone", revision_of())).status_code == 403
    assert db.session.query(PetitionField).filter_by(removed_at=None).count() == 1


def test_a_field_of_another_petition_is_not_there(
    editor: Desk, petition: Petition, make_petition: Callable[..., Petition]
) -> None:
    make_petition("clean-air")
    number = asked(editor, "phone", slug="clean-air")["phone"]
    for path in (f"/fields/{number}", f"/fields/{number}/removal", f"/fields/{2**40}", "/fields/new?kind=shoe_size"):
        assert editor.get(TAB + path).status_code == 404
    assert editor.send(f"{TAB}/fields/{number}", **entry("phone", 0)).status_code == 404


ODD = ["\x00", "\ufffd\uffff", "🌻" * 400, "x" * 5000, "<script>alert(1)</script>", "-1", "９" * 30, "%(x)s {{ 7*7 }}"]
# The first two are those that an engine itself refuses.
TYPED = [*ODD[:2], *(pytest.param(value, marks=pytest.mark.long) for value in ODD[2:])]


@both_engines
@pytest.mark.parametrize("value", TYPED, ids=lambda value: ascii(value)[:16])
def test_no_value_breaks_a_field(app: Flask, editor: Desk, petition: Petition, value: str) -> None:
    number = asked(editor, "question_choice")["question_choice"]
    usual = {**entry("question_choice", 0), "to": "up", "answers": "keep", "preview_in": "fr", "field_id": "1"}
    usual |= {"was": "optional required", "ask_postal_code": "hidden", "ask_country": "hidden"}
    paths = ("/address", "/fields/new", f"/fields/{number}", "/preview", f"/fields/{number}/place")
    for path in (*paths, f"/fields/{number}/removal", f"/fields/{number}/answers/erasure"):
        for name in usual:
            response = editor.send(TAB + path, **{**usual, "revision": revision_of(), name: value})
            assert response.status_code < 500, (path, name)
            assert "<script>alert" not in response.get_data(as_text=True)
        for body in (b"\xff\xfe", b"a=1&" * 500, b"{}"):
            headers = {"X-CSRFToken": editor.token, "Content-Type": "application/x-www-form-urlencoded"}
            assert editor.post(TAB + path, data=body, headers=headers).status_code < 500


def test_an_error_is_called_by_its_language(app: Flask) -> None:
    """A code may have a dash in it, and end like another one."""
    typed = FieldEntry(kind="question_choice", locales=["pt", "pt-BR", "fr"])
    with app.test_request_context(), use_locale("en"):
        assert typed.name_of("choice-2-pt-BR") == f"Answer 2, {own_name('pt-BR')}"
        assert typed.name_of("label-fr") == "The question, Français"
        assert typed.name_of("purpose-pt-BR") == f"What you ask it for, {own_name('pt-BR')}"
