"""A signer answers what a petition's form asks beside name and address."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from petition_app.extensions import db
from petition_app.models import Petition, Signature
from petition_app.models.base import now
from petition_app.models.petition_field import KINDS
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.fields import ANSWERS, PURPOSES, answers_for, asked, entry, revision_of, stored
from tests.story import ALICE, BOB, confirmed, link_in, mails, sign
from tests.visitor import Visitor


@both_engines
def test_answers_are_kept_with_the_words_that_were_shown(client: Visitor, ids: dict[str, int]) -> None:
    assert sign(client, locale="en", **answers_for(ids)).status_code == 303

    assert stored() == ANSWERS
    signature = db.session.query(Signature).one()
    for answer in signature.told:
        assert answer.wording.purpose == PURPOSES[answer.field.kind][1]
        assert answer.wording.locale == "en"
        assert abs((now() - answer.given_at).total_seconds()) < 60


@both_engines
def test_what_is_optional_may_be_left_out_and_leaves_no_trace(client: Visitor, ids: dict[str, int]) -> None:
    blanks = dict.fromkeys(answers_for(ids), "  ")
    assert sign(client, **{**blanks, f"field_{ids['question_choice']}": "", f"field_{ids['question_yes_no']}": ""})
    assert sign(client, **BOB).status_code == 303

    assert db.session.query(Signature).count() == 2
    assert stored() == {}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_required_is_asked_for_kindly(client: Visitor, editor: Desk, kind: str) -> None:
    number = asked(editor, kind, required="yes")[kind]

    for htmx in (False, True):
        response = sign(client, htmx=htmx)
        assert response.status_code == 422
        page = html.unescape(response.get_data(as_text=True))
        anchor = f"field_{number}-0" if kind == "question_yes_no" else f"field_{number}"
        assert f'href="#{anchor}"' in page, "the summary leads to the field"
        assert f'id="{anchor}"' in page
        assert f'value="{ALICE["email"]}"' in page
    assert sign(client, **answers_for({kind: number})).status_code == 303


WRONG = [
    ("phone", "call me"),
    ("phone", "12"),
    ("phone", "+33 1 23 45 67 89 01 23 45 67"),
    ("phone", "01 23 45 67 89 ext. 5"),
    ("phone", "0" * 5000),
    ("phone", "+" * 20),
    ("birth_year", "70"),
    ("birth_year", "1870"),
    ("birth_year", "3026"),
    ("birth_year", "nineteen seventy"),
    ("birth_year", "12.03.1970"),
    ("birth_year", "²²²²"),
    ("municipality", "x" * 101),
    ("municipality", "123"),
    ("municipality", "Ex\x00empleville"),
    ("profession", "\ufffd"),
    ("profession", "é" * 5000),
    ("question_text", "x" * 201),
    ("question_text", "bell \x07"),
    ("question_choice", "3"),
    ("question_choice", "Samedi"),
    ("question_choice", "\x00"),
    ("question_yes_no", "perhaps"),
    ("question_yes_no", "on"),
]


@pytest.mark.parametrize(("kind", "value"), WRONG, ids=lambda value: ascii(value)[:30])
def test_wrong_answers_come_back_with_a_sentence_and_all_that_was_typed(
    client: Visitor, editor: Desk, kind: str, value: str
) -> None:
    ids = asked(editor, kind, *({"question_text", "municipality"} - {kind}))

    response = sign(client, **answers_for(ids, **{kind: value}))

    assert response.status_code == 422
    page = html.unescape(response.get_data(as_text=True))
    assert f'href="#field_{ids[kind]}' in page
    for other in ("question_text", "municipality"):
        if other != kind:
            assert f'value="{ANSWERS[other]}"' in page
    if value.isalnum() and kind not in ("question_choice", "question_yes_no"):
        assert f'value="{value}"' in page, "what was wrong is still there to be mended"
    assert db.session.query(Signature).count() == 0


RIGHT = [
    ("phone", "01.23.45.67.89", "01 23 45 67 89"),
    ("phone", " (+41) 22-345\u00a067 89", "+41 22 345 67 89"),
    ("phone", "٠١٢٣٤٥٦٧٨٩", "0123456789"),
    ("birth_year", "１９７０", "1970"),
    ("municipality", "Saint-Étienne-de-l’Exemple (2e)", "Saint-Étienne-de-l’Exemple (2e)"),
    ("profession", "  =cmd|' /C calc'!A0 ", "=cmd|' /C calc'!A0"),
    ("question_text", "<script>alert(1)</script> 🌻", "<script>alert(1)</script> 🌻"),
    ("question_yes_no", "no", "no"),
]


@pytest.mark.parametrize(("kind", "typed", "kept"), RIGHT, ids=lambda value: ascii(value)[:30])
def test_real_answers_are_taken(client: Visitor, app: Flask, editor: Desk, kind: str, typed: str, kept: str) -> None:
    ids = asked(editor, kind)
    personal = confirmed(app, client, **answers_for(ids, **{kind: typed}))

    if kind == "phone" and typed.startswith(" ("):
        kept = "+41 22 345 67 89"
    assert stored() == {kind: kept}
    assert "<script>alert" not in client.get(personal).get_data(as_text=True)


@both_engines
def test_whatever_is_sent_beside_is_left_alone(
    client: Visitor, editor: Desk, make_petition: Callable[..., Petition]
) -> None:
    make_petition("clean-air")
    foreign = asked(editor, "phone", slug="clean-air")["phone"]
    own = asked(editor, "profession")["profession"]

    odd = {f"field_{foreign}": "0123456789", "field_0": "x", "field_": "x", "field_99999999999999999999": "x"}
    assert sign(client, **odd, **{f"field_{own}": "Infirmière"}).status_code == 303
    assert stored() == {"profession": "Infirmière"}
    twice = {**BOB, f"field_{own}": ["Juge", "Maire"]}
    assert sign(client, **twice).status_code == 303


@pytest.mark.parametrize("named", ["", "-1", "x", "9" * 40, "\x00", "٣"])
def test_any_revision_that_is_named_is_read(client: Visitor, ids: dict[str, int], named: str) -> None:
    assert sign(client, **answers_for(ids), form_revision=named).status_code in (303, 422)


@both_engines
def test_no_body_breaks_the_form(client: Visitor, ids: dict[str, int]) -> None:
    path, number = "/fr/petitions/clean-water/signatures", ids["phone"]
    kind = "application/x-www-form-urlencoded"
    for value in (b"%00", b"%ff%fe", b"%ED%A0%80", b"\xff\x00", b"9" * 60_000, b"%F0%9F%8C%BB" * 400, b"=&&=", b"%"):
        for key in ids.values():
            body = b"given_name=Alice&field_%d=" % key + value
            response = client.post(path, data=body, content_type=kind)
            assert response.status_code in (400, 413, 422), (key, value[:20])
    twice = b"&".join(b"field_%d=%d" % (number, n) for n in range(500))
    assert client.post(path, data=twice, content_type=kind).status_code == 422
    assert client.post(path, data=b"x" * 100_000, content_type=kind).status_code == 413
    assert stored() == {}


@both_engines
def test_words_that_changed_while_one_was_reading_are_shown_first(
    client: Visitor, editor: Desk, ids: dict[str, int]
) -> None:
    seen, number = revision_of(), ids["phone"]
    new = entry("phone", seen, **{"purpose-fr": "Un partenaire vous appelle."})
    editor.send(f"/admin/form/clean-water/fields/{number}", **new)

    response = sign(client, **answers_for(ids), form_revision=seen)

    assert response.status_code == 422
    page = html.unescape(response.get_data(as_text=True))
    assert "Un partenaire vous appelle." in page
    assert ANSWERS["phone"] in page
    assert f'href="#field_{number}"' in page
    assert f'href="#field_{ids["profession"]}"' not in page, "what was not changed needs no second look"
    assert f'name="form_revision" value="{seen + 1}"' in page
    assert sign(client, **answers_for(ids), form_revision=seen + 1).status_code == 303


@both_engines
def test_a_country_that_is_not_asked_for_is_not_missed(app: Flask, client: Visitor, petition: Petition) -> None:
    petition = db.session.get_one(Petition, petition.id)
    petition.country, petition.postal_code = "hidden", "required"
    db.session.commit()

    assert sign(client, country=None, postal_code="").status_code == 422
    assert sign(client, country="XX", postal_code="!!").status_code == 422
    personal = confirmed(app, client, country=None, postal_code="sw1a 1aa")
    assert client.get(personal).status_code == 200
    assert client.post(personal, data={**ALICE, "country": "DE", "postal_code": "75011"}).status_code == 303
    assert (db.session.query(Signature).one().country, db.session.query(Signature).one().postal_code) == ("", "75011")


@both_engines
def test_signing_costs_nothing_more_where_nothing_more_is_asked(
    app: Flask, client: Visitor, ids: dict[str, int], make_petition: Callable[..., Petition]
) -> None:
    """And one statement more where something is, on SQLite two: former answers are looked for. The form is kept."""
    make_petition("clean-air")
    client.get("/fr/petitions/clean-water/sign")
    counts = {}
    for slug, answers in (("clean-air", {}), ("clean-water", answers_for(ids))):
        sign(client, slug, **{**BOB, **answers})  # the wordings of the consents are kept by then
        with Counting() as counting:
            assert sign(client, slug, **answers).status_code == 303
        counts[slug] = len(counting.statements)
        if slug == "clean-air":
            link = link_in(mails(app)[-1])
            with Counting() as later:
                client.get(link)
                personal = client.post(link).location.removesuffix("/receipt")
                client.get(personal)
                client.post(f"{personal}/erasure")
            told = "\n".join([*counting.statements, *later.statements])
            assert "INSERT INTO signatures" in told
            assert not any(name in told for name in ("petition_fields", "field_wordings", "signature_answers"))
    more = 2 if db.engine.dialect.name == "sqlite" else 1
    assert counts["clean-water"] == counts["clean-air"] + more


class Counting:
    """Which statements are sent within."""

    def __enter__(self) -> Counting:
        self.statements: list[str] = []
        event.listen(db.engine, "before_cursor_execute", self._keep)
        return self

    def __exit__(self, *_error: object) -> None:
        event.remove(db.engine, "before_cursor_execute", self._keep)

    def _keep(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        # The settings are looked at by the clock, whatever else is done; that opens a transaction of its own.
        if "site_settings" not in statement and not statement.startswith("BEGIN"):
            self.statements.append(statement)
