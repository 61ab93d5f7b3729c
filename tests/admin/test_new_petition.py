"""A petition out of a pasted text: what was understood, the draft, online."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import AuditEntry, Petition
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.visitor import Visitor

NEW = "/admin/petitions/new"
TEXT = """Une eau propre pour Exempleville
Destinataires : Ada Exemple, maire d’Exempleville

Chères concitoyennes, chers concitoyens,

L’eau de la rivière n’est plus propre depuis deux ans, et personne ne nous dit pourquoi.

Nous demandons :
1. De l’eau
2. Propre

<% template %>
Auteur : Collectif Exemple
Partager
"""


@both_engines
def test_from_the_text_to_the_page(app: Flask, as_member: AsMember, client: Visitor) -> None:
    editor = as_member("editor")
    assert "Write the first one" in editor.get("/admin/").get_data(as_text=True)
    assert "Paste the text" in editor.get(NEW).get_data(as_text=True)
    seen = editor.send(NEW, source=TEXT).get_data(as_text=True)
    for part in (
        "Une eau propre pour Exempleville",
        "<b>Ada Exemple</b>, maire d’Exempleville",
        "by Collectif Exemple",
        "<li>De l’eau</li>",
        "a gap that a template has left open",
        "&lt;% template %&gt;",
        "stands behind the author",
    ):
        assert part in seen
    assert '<option selected value="fr">' in seen
    assert db.session.query(Petition).count() == 0
    saved = editor.send(f"{NEW}/draft", source=TEXT, language="fr")
    assert saved.location == f"{NEW}/une-eau-propre-pour-exempleville"
    assert client.get("/fr/petitions/une-eau-propre-pour-exempleville").status_code == 404
    page = editor.get(saved.location).get_data(as_text=True)
    assert "Put it online now" in page
    assert "no mail goes out yet" in page
    assert editor.send(f"{saved.location}/opening").status_code == 303
    assert "The petition is online" in editor.get(saved.location).get_data(as_text=True)
    html = client.get("/fr/petitions/une-eau-propre-pour-exempleville").get_data(as_text=True)
    assert "De l’eau" in html
    assert editor.send(f"{saved.location}/opening").status_code == 303
    acts = [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]
    assert acts == ["petition.created", "petition.opened"]


def test_a_file_takes_the_place_of_what_is_pasted(app: Flask, as_member: AsMember) -> None:
    editor = as_member("editor")
    file = (io.BytesIO(TEXT.encode("cp1252")), "text.txt")
    seen = editor.send(NEW, source="Something else\n\nto see", files={"file": file})
    page = seen.get_data(as_text=True)
    assert "Une eau propre pour Exempleville" in page
    assert "L’eau de la rivière" in page
    assert "Something else" not in page


def test_the_same_text_is_not_made_twice_and_a_namesake_has_a_name_of_its_own(app: Flask, as_member: AsMember) -> None:
    editor = as_member("editor")
    editor.send(f"{NEW}/draft", source=TEXT, language="fr")
    again = editor.send(f"{NEW}/draft", source=TEXT, language="fr")
    assert again.status_code == 422
    assert "/admin/petitions/une-eau-propre-pour-exempleville" in again.get_data(as_text=True)
    other = editor.send(f"{NEW}/draft", source=TEXT.replace("deux ans", "trois ans"), language="fr")
    assert other.location == f"{NEW}/une-eau-propre-pour-exempleville-2"


def test_a_petition_called_new_does_not_hide_the_page(app: Flask, as_member: AsMember) -> None:
    editor = as_member("editor")
    made = editor.send(f"{NEW}/draft", source="New\n\nWe ask for something that is new to us all.", language="en")
    assert made.location == f"{NEW}/new-2"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Please paste a text"),
        (b" \r\n\t ", "Please paste a text"),
        (b"Only a title", "There is a title at most"),
        (b"%PDF-1.7 \xff", "not plain text"),
        (b"a\x00b", "not plain text"),
        (b"<!doctype html><p>x", "web page"),
        (b"x" * 1_000_001, "longer than any petition"),
    ],
)
def test_what_is_no_petition_is_told(app: Flask, as_member: AsMember, data: bytes, sentence: str) -> None:
    editor = as_member("editor")
    for path in (NEW, f"{NEW}/draft"):
        response = editor.send(path, files={"file": (io.BytesIO(data), "text.txt")})
        assert response.status_code == 422
        assert sentence in response.get_data(as_text=True)
    assert db.session.query(Petition).count() == 0


def test_what_was_typed_comes_back(app: Flask, as_member: AsMember) -> None:
    page = as_member("editor").send(NEW, source="Only a title <b>").get_data(as_text=True)
    assert "Only a title &lt;b&gt;" in page


def test_a_language_that_is_none_is_guessed(app: Flask, as_member: AsMember) -> None:
    editor = as_member("editor")
    editor.send(f"{NEW}/draft", source=TEXT, language="../../etc")
    assert db.session.query(Petition).one().default_locale == "fr"


def test_who_may_not_write_petitions(app: Flask, bob: Desk, charlie: Desk) -> None:
    for path in (NEW, f"{NEW}/draft", f"{NEW}/clean-water/opening"):
        assert bob.send(path, source=TEXT).status_code == 403
        assert charlie.send(path, source=TEXT).status_code == 401
    assert "New petition" not in bob.get("/admin/").get_data(as_text=True)
    assert db.session.query(Petition).count() == 0


class TestBeforeTheAssociationIsNamed:
    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {
            "PETITION_SITE_URL": "https://petition.example.org",
            "PETITION_ABUSE_CONTROLS": "on",
            "PETITION_TRUSTED_PROXIES": "1",
            "PETITION_ASSOCIATION_HOSTING": "",
        }

    def test_it_is_told_what_is_missing(self, app: Flask, as_member: AsMember) -> None:
        with app.app_context():
            from petition_app.models.base import now
            from petition_app.petitions.creation import create_under_free_name
            from petition_app.petitions.importer import read_petition_text

            create_under_free_name(read_petition_text(TEXT.encode()), locale="fr", at=now())
        from petition_app.petitions.life import MissingIdentity, open_petition

        with pytest.raises(MissingIdentity) as missing:
            open_petition("une-eau-propre-pour-exempleville", now())
        assert missing.value.variables == ["PETITION_ASSOCIATION_HOSTING"]
        from petition_app.site import effective
        from petition_app.site.storing import store
        from petition_app.transactions import writing

        with writing() as session:
            store(session, {"association_hosting": "Hébergeur Exemple"})
        effective.look(at_once=True)
        assert open_petition("une-eau-propre-pour-exempleville", now()).status == "open"
