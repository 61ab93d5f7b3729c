"""A petition's texts side by side with another language: kept part by part, and put online by those who may."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from petition_app.extensions import db
from petition_app.models import AuditEntry, Petition, PetitionText, Recipient, TextPart
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.story import confirmed
from tests.texts.conftest import change_source
from tests.visitor import Visitor

SCREEN, PUBLICATION = "/admin/petitions/clean-water/translation", "/admin/petitions/clean-water/translation/publication"
LONG = "Nous demandons de l’eau propre pour tout le monde, partout, et sans attendre"
ENGLISH = "We ask for clean water for everybody, everywhere, and soon"


@pytest.fixture
def variables() -> dict[str, str]:
    return {"PETITION_LOCALES": "fr en"}


@pytest.fixture
def translator(as_member: AsMember, petition: Petition) -> Desk:
    return as_member("translator", "Tara")


def text(desk: Desk | Visitor, path: str = SCREEN) -> str:
    return desk.get(path).get_data(as_text=True)


def key_of(page: str, source: str) -> str:
    """The name of the part whose words stand on the page."""
    found = re.search(rf'dir="ltr">{re.escape(source)}</div>.*?name="t-([^"]+)"', page, re.S)
    assert found is not None, source
    return found[1]


def seen(page: str, key: str) -> str:
    found = re.search(rf'name="s-{re.escape(key)}" value="(\w+)"', page)
    assert found is not None
    return found[1]


def send(desk: Desk, page: str, words: dict[str, str], path: str = SCREEN, *, htmx: bool = False, **more: Any) -> Any:
    """Type these words for these sources, and save."""
    typed: dict[str, Any] = {}
    for source, said in words.items():
        key = key_of(page, source)
        typed |= {f"t-{key}": said, f"s-{key}": seen(page, key)}
    return desk.send(path, htmx=htmx, **typed, **more)


@both_engines
def test_a_translator_writes_and_an_editor_puts_it_online(
    app: Flask, translator: Desk, as_member: AsMember, client: Visitor
) -> None:
    change_source("2. Propre", f"2. {LONG}")
    page = text(translator)
    assert "Clean water for Exampletown" in page
    assert 'lang="en"' in page
    assert "Not translated yet" in page
    assert send(translator, page, {LONG: ENGLISH}).status_code == 303
    page = text(translator)
    assert "1 part is kept." in page
    assert "Kept, not online yet" in page
    assert ENGLISH not in text(client, "/en/petitions/clean-water")
    assert translator.get(f"{PUBLICATION}?text=en").status_code == 403
    assert translator.send(f"{PUBLICATION}?text=en").status_code == 403
    editor = as_member("editor", "Edith")
    assert ENGLISH in text(editor, f"{PUBLICATION}?text=en")
    assert editor.send(f"{PUBLICATION}?text=en").status_code == 303
    assert ENGLISH in text(client, "/en/petitions/clean-water")
    assert [entry.action for entry in db.session.query(AuditEntry)][-1:] == ["text.published"]
    assert "Kept, not online yet" not in text(translator)


@both_engines
def test_the_source_changes(app: Flask, translator: Desk) -> None:
    change_source("2. Propre", f"2. {LONG}")
    send(translator, text(translator), {LONG: ENGLISH})
    other = LONG.replace("sans attendre", "dès demain")
    change_source(LONG, other)
    page = text(translator, f"{SCREEN}?show=open")
    assert "Changed since it was translated" in page
    assert "<del>sans attendre</del>" in page
    assert ENGLISH in page
    assert "Water</textarea>" not in page  # only what is left to do
    key = key_of(page, other)
    translator.send(SCREEN, **{f"t-{key}": ENGLISH, f"s-{key}": seen(page, key), f"h-{key}": "on"})
    assert "Changed since it was translated" not in text(translator)


@both_engines
def test_two_write_at_once(translator: Desk, as_member: AsMember) -> None:
    other = as_member("translator", "Otto")
    page = text(translator)
    assert send(other, page, {"De l’eau": "Some water", "Propre": "Cleaner"}).status_code == 303
    # Another part beside theirs: both are kept.
    assert send(translator, page, {"Chères concitoyennes,": "Dear all,"}).status_code == 303
    # The same part: nothing is lost, and the second saving is meant.
    again = send(translator, page, {"De l’eau": "Fresh water", "Propre": "Clean"})
    assert again.status_code == 409
    said = again.get_data(as_text=True)
    assert "Otto has written here: “Some water”" in said
    assert "Fresh water</textarea>" in said
    assert "Cleaner</textarea>" in said  # that field was left as it was shown, so it shows Otto's words
    assert send(translator, said, {"De l’eau": "Fresh water"}).status_code == 303
    rows = {row.source: row.target for row in db.session.query(TextPart)}
    assert rows["De l’eau"] == "Fresh water"
    assert rows["Propre"] == "Cleaner"
    assert rows["Chères concitoyennes,"] == "Dear all,"


def test_a_part_is_kept_when_its_field_is_left(translator: Desk) -> None:
    page = text(translator)
    part = send(translator, page, {"De l’eau": "Fresh water"}, f"{SCREEN}/part", htmx=True).get_data(as_text=True)
    assert "Kept, not online yet" in part
    assert "<html" not in part
    assert "textarea" not in part
    behind = send(translator, page, {"De l’eau": "Other"}, f"{SCREEN}/part", htmx=True).get_data(as_text=True)
    assert "Tara has written here" in behind
    long = send(translator, text(translator), {"De l’eau": "x" * 60_001}, f"{SCREEN}/part", htmx=True)
    assert "Not kept" in long.get_data(as_text=True)


def test_what_does_not_fit_stays_in_its_field(translator: Desk) -> None:
    page = text(translator)
    for words in ("x" * 301, "a\x00b"):
        key = key_of(page, "De l’eau propre pour Exempleville")
        answer = translator.send(SCREEN, **{f"t-{key}": words, f"s-{key}": seen(page, key)})
        assert answer.status_code == 422
    assert db.session.query(TextPart).count() == 0


@both_engines
def test_people_have_signed_and_are_told_why(
    app: Flask, client: Visitor, translator: Desk, as_member: AsMember
) -> None:
    confirmed(app, client, locale="en")
    send(translator, text(translator), {"De l’eau": "Plenty of very fresh water"})
    editor = as_member("editor", "Edith")
    answer = editor.send(f"{PUBLICATION}?text=en", kind="spelling")
    assert answer.status_code == 422
    assert "please tell them why" in answer.get_data(as_text=True)
    assert editor.send(f"{PUBLICATION}?text=en", kind="change", reason="The source says so.").status_code == 303
    found = db.session.query(Petition).one().newest_text("en")
    assert found is not None
    assert (found.kind, found.reason) == ("change", "The source says so.")


def test_files_go_out_and_come_back(translator: Desk) -> None:
    for form, ending, start in (("po", "po", b"# The texts"), ("xliff", "xlf", b"<?xml")):
        answer = translator.get(f"{SCREEN}/file?text=en&format={form}")
        assert answer.data.startswith(start)
        assert f'filename="clean-water.en.{ending}"' in answer.headers["Content-Disposition"]
        changed = re.sub(rb"Dear [a-z ]+,", f"Dear {form},".encode(), answer.data)
        back = translator.send(f"{SCREEN}/file?text=en", files={"file": (io.BytesIO(changed), "x")})
        assert back.status_code == 303
        assert f"Dear {form}," in text(translator)
    actions = [entry.action for entry in db.session.query(AuditEntry)]
    assert actions.count("text.imported") == 2
    french = answer.data.replace(b'trgLang="en"', b'trgLang="de"')
    for data, sentence in (
        (b"", "Please choose a file."),
        (b"<x", "could not be read"),
        (french, "for another language: de"),
        (OF_ANOTHER, "This file was made for another petition: trees."),
    ):
        refused = translator.send(f"{SCREEN}/file?text=en", files={"file": (io.BytesIO(data), "x.po")})
        assert refused.status_code == 422
        assert sentence in refused.get_data(as_text=True)


OF_ANOTHER = b"""
msgid ""
msgstr "Project-Id-Version: trees fr\\nLanguage: en\\n"

msgctxt "title"
msgid "Des arbres"
msgstr "Trees"
"""


def test_odd_questions(translator: Desk, as_member: AsMember) -> None:
    editor = as_member("editor", "Edith")
    for path in ("?text=fr", "?text=xx", "/file?text=en&format=doc"):
        assert translator.get(f"{SCREEN}{path}").status_code == 404
    for path in ("", "?text=fr", "?text=xx"):
        assert editor.get(f"{PUBLICATION}{path}").status_code == 404
    odd = {"t-": "x", "t-body.zz": "y", "t-" + "k" * 300: "z", "s-title": "?", "t-demand.999999999999": "w"}
    assert translator.send(SCREEN, **odd).status_code == 303
    assert db.session.query(TextPart).count() == 0


def test_strangers_and_readers_are_refused(charlie: Desk, as_member: AsMember, petition: Petition) -> None:
    assert charlie.get(SCREEN).status_code == 303
    for role in ("moderator", "reader"):
        member = as_member(role, role.title())
        assert member.get(SCREEN).status_code == 403
        assert member.get(f"{SCREEN}/file?text=en").status_code == 403
        assert member.send(SCREEN, **{"t-title": "Mine", "s-title": "none"}).status_code == 403
    assert db.session.query(TextPart).count() == 0


@both_engines
def test_the_tab_of_the_text_shows_what_is_kept_of_a_translation(
    as_member: AsMember, client: Visitor, petition: Petition
) -> None:
    """It is not online yet, and the screen where it was written is one press away."""
    with writing() as session:
        for model in (PetitionText, Recipient):
            session.execute(delete(model).where(model.petition_id == petition.id, model.locale == "en"))
    editor, tab = as_member("editor", "Edith"), "/admin/petitions/clean-water/text?text=en"
    said = "This is what is kept of the translation."
    assert said not in text(editor, tab)
    assert send(editor, text(editor, f"{SCREEN}?text=en"), {"Propre": "Clean as rain"}).status_code == 303
    page = text(editor, tab)
    assert said in page
    assert f'href="{SCREEN}?text=en"' in page
    assert page.count("Clean as rain") >= 2, "in the field and in the preview"
    title = "De l’eau propre pour Exempleville"
    assert send(editor, text(editor, f"{SCREEN}?text=en"), {title: "Clean water"}).status_code == 303
    assert 'value="Clean water"' in text(editor, tab)
    assert said not in text(editor, "/admin/petitions/clean-water/text?text=fr")
    assert "Clean as rain" not in text(client, "/en/petitions/clean-water")
    assert editor.send(f"{PUBLICATION}?text=en").status_code == 303
    page = text(editor, tab)
    assert said not in page
    assert "Clean as rain" in page
    assert as_member("translator", "Tara").get(tab).status_code == 403


class TestFromRightToLeft:
    """An address in a field stays whole to the eye, and is kept without what makes it so."""

    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {"PETITION_LOCALES": "fr en ar"}

    def test_an_address_is_kept_as_it_is(self, translator: Desk) -> None:
        change_source("2. Propre", f"2. {LONG}")
        path = f"{SCREEN}?text=ar"
        page = text(translator, path)
        shown = "ماء [هنا](\u2066https://example.org/a\u2069)"
        assert send(translator, page, {LONG: shown}, path).status_code == 303
        assert {part.target for part in db.session.query(TextPart)} == {"ماء [هنا](https://example.org/a)"}
        assert f"{shown}</textarea>" in text(translator, path)
