"""A petition's settings: the name in its address, goal, closing, comments, who carries it; and a copy of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import AuditEntry, FormerSlug, Petition
from petition_app.models.base import now
from petition_app.petitions.demands import demands_of
from petition_app.petitions.fields import asked_form
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.fields import add
from tests.story import confirmed, sign
from tests.visitor import Visitor

SETTINGS = "/admin/petitions/clean-water/settings"
VALUES = {
    "slug": "clean-water",
    "author": "Collectif Exemple",
    "default_locale": "fr",
    "goal": "",
    "closes_at": "",
    "comments": "after",
    "signers_per_mailbox": "2",
    "revision": "0",
}


def text(browser: Desk | Visitor, path: str) -> str:
    return browser.get(path).get_data(as_text=True)


@pytest.fixture
def editor(as_member: AsMember) -> Desk:
    return as_member("editor", "Edith")


def loaded(slug: str = "clean-water") -> Petition:
    return db.session.query(Petition).filter_by(slug=slug).one()


@both_engines
def test_everything_is_set_and_shown(editor: Desk, client: Visitor, petition: Petition) -> None:
    closing = (now() + timedelta(days=30)).strftime("%Y-%m-%dT12:00")
    values = {
        **VALUES,
        "author": "Collectif Témoin",
        "goal": "5000",
        "closes_at": closing,
        "comments": "before",
        "signers_per_mailbox": "1",
        "carrier_name": ["Amis Exemple", "Union Modèle", ""],
        "carrier_url": ["https://example.org/", "", ""],
    }
    assert editor.send(SETTINGS, **values).status_code == 303
    page = text(client, "/fr/petitions/clean-water")
    for words in ("Collectif Témoin", "Portée par", "Amis Exemple", "Union Modèle", 'href="https://example.org/"'):
        assert words in page
    assert "5\u202f000" in page
    petition = loaded()
    assert (petition.comments, petition.signers_per_mailbox, petition.revision) == ("before", 1, 1)
    assert petition.closes_at is not None
    assert petition.closes_at.isoformat() in (f"{closing}:00+00:00".replace("T12", hour) for hour in ("T10", "T11"))
    form = text(editor, SETTINGS)
    assert f'value="{closing}"' in form
    assert [carrier["name"] for carrier in petition.carriers or []] == ["Amis Exemple", "Union Modèle"]
    # Saved again as it stands, the closing stays what it is.
    before = petition.closes_at
    assert (
        editor.send(SETTINGS, **{**values, "revision": "1", "carrier_name": [], "carrier_url": []}).status_code == 303
    )
    assert loaded().closes_at == before
    assert not loaded().carriers
    assert [e.action for e in db.session.query(AuditEntry)][-2:] == ["petition.arranged"] * 2


@both_engines
def test_an_address_that_was_given_to_people_goes_on_leading_there(
    app: Flask, editor: Desk, client: Visitor, petition: Petition
) -> None:
    assert editor.send(SETTINGS, **{**VALUES, "slug": "eau-propre"}).location == "/admin/petitions/eau-propre/settings"
    for path in ("", "/live", "/signatures", "/sign", "/changes"):
        moved = client.get(f"/fr/petitions/clean-water{path}?via=mail")
        assert (moved.status_code, moved.location) == (301, f"/fr/petitions/eau-propre{path}?via=mail")
    # Who has the form of the old address open signs as well.
    assert sign(client, "clean-water").status_code == 303
    assert client.get("/fr/petitions/clean").status_code == 404
    # Back to the old name, and on: nothing runs in a circle.
    new = "/admin/petitions/eau-propre/settings"
    assert editor.send(new, **{**VALUES, "revision": "1"}).status_code == 303
    assert client.get("/fr/petitions/clean-water").status_code == 200
    assert client.get("/fr/petitions/eau-propre").location == "/fr/petitions/clean-water"
    assert [former.slug for former in db.session.query(FormerSlug)] == ["eau-propre"]


@both_engines
def test_a_name_is_taken_by_one_petition_only(editor: Desk, petition: Petition, make_petition: object) -> None:
    make_petition("second")  # type: ignore[operator]
    second = "/admin/petitions/second/settings"
    assert editor.send(SETTINGS, **{**VALUES, "slug": "eau-propre"}).status_code == 303
    for name in ("eau-propre", "clean-water"):
        refused = editor.send(second, **{**VALUES, "slug": name})
        assert refused.status_code == 422
        assert "Another petition has this name, or had it before" in refused.get_data(as_text=True)
    for name in ("Eau", "a--b", "-a", "é", "a/b", "", "x" * 81, "a b"):
        assert editor.send(second, **{**VALUES, "slug": name}).status_code == 422
    assert loaded("second").slug == "second"


@both_engines
def test_two_at_once(editor: Desk, as_member: AsMember, petition: Petition) -> None:
    other = as_member("administrator", "Otto")
    assert other.send(SETTINGS, **{**VALUES, "goal": "700"}).status_code == 303
    late = editor.send(SETTINGS, **{**VALUES, "goal": "900", "author": "Edith"})
    assert late.status_code == 409
    page = late.get_data(as_text=True)
    assert 'value="900"' in page
    assert "Now: 700" in page
    assert loaded().goal == 700
    again = re.search(r'name="revision" value="(\d+)"', page)
    assert again is not None
    assert editor.send(SETTINGS, **{**VALUES, "goal": "900", "revision": again[1]}).status_code == 303
    assert loaded().goal == 900


def test_what_cannot_be_is_said_beside_its_field(editor: Desk, petition: Petition) -> None:
    for values, sentence in (
        ({"goal": "0"}, "A goal is a number of signatures"),
        ({"goal": "many"}, "This is no whole number."),
        ({"goal": "9" * 30}, "A goal is a number of signatures"),
        ({"closes_at": "2001-01-01T10:00"}, "This moment has passed."),
        ({"closes_at": "9999-12-31T23:59"}, "This is no date that a petition closes on."),
        ({"closes_at": "0001-01-01T00:00"}, "This is no date that a petition closes on."),
        ({"closes_at": "soon"}, "This is no date with a time."),
        ({"comments": "always"}, "Please choose one of these."),
        ({"signers_per_mailbox": "99"}, "Please choose one of these."),
        ({"default_locale": "de"}, "Please choose one of these."),
        ({"carrier_name": ["X"], "carrier_url": ["javascript:alert(1)"]}, "is no address of a page"),
        ({"carrier_name": ["X"], "carrier_url": ["https://["]}, "is no address of a page"),
        ({"carrier_name": [""], "carrier_url": ["https://example.org"]}, "has an address, but no name"),
        ({"carrier_name": ["x" * 201], "carrier_url": [""]}, "too long"),
    ):
        answer = editor.send(SETTINGS, **{**VALUES, **values})
        assert answer.status_code == 422, values
        assert sentence in answer.get_data(as_text=True), values
    assert loaded().revision == 0


def test_those_who_carry_it_are_put_in_order(editor: Desk, petition: Petition) -> None:
    rows = {"carrier_name": ["A", "B"], "carrier_url": ["", ""]}
    for act, expected in (("down:0", ["B", "A"]), ("remove:1", ["A"]), ("add", ["A", "B", ""])):
        for htmx in (False, True):
            page = editor.send(SETTINGS, htmx=htmx, act=act, **{**VALUES, **rows}).get_data(as_text=True)
            assert re.findall(r'name="carrier_name"\s+value="([^"]*)"', page) == expected
    assert not loaded().carriers


@both_engines
def test_a_copy_is_the_start_of_the_next(app: Flask, editor: Desk, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    editor.send(SETTINGS, **{**VALUES, "carrier_name": ["A"], "carrier_url": ["https://example.org"]})
    editor.send("/admin/petitions/clean-water/demands", act="save", revision="1", demand="0", **{"text-fr": "De l’eau"})
    for kind in ("municipality", "question_choice"):
        assert add(editor, kind).status_code == 303
    answer = editor.send("/admin/petitions/clean-water/copy")
    assert answer.location == "/admin/petitions/clean-water-2/text"
    copy = loaded("clean-water-2")
    assert (copy.status, copy.opened_at, copy.closes_at) == ("draft", None, None)
    assert {t.locale: t.title for t in copy.texts} == {t.locale: t.title for t in loaded().texts}
    assert [(r.locale, r.name) for r in copy.recipients] == [(r.locale, r.name) for r in loaded().recipients]
    assert copy.carriers == [{"name": "A", "url": "https://example.org"}]
    assert [demand.texts["fr"] for demand in demands_of(copy)] == ["De l’eau"]
    asked, source = asked_form(copy), asked_form(loaded())
    assert [field.kind for field in asked.fields] == ["municipality", "question_choice"]
    assert [f.words["fr"].choices for f in asked.fields] == [f.words["fr"].choices for f in source.fields]
    assert "De l’eau propre" in text(editor, answer.location)
    assert editor.send("/admin/petitions/clean-water-2/copy").location == "/admin/petitions/clean-water-2-2/text"
    assert client.get("/fr/petitions/clean-water-2").status_code == 404
