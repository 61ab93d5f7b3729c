"""A petition's text is written, seen as readers will see it, put online, and changed with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from petition_app.extensions import db
from petition_app.models import AuditEntry, Petition, PetitionText, Signature, TextDraft
from petition_app.models.base import now
from petition_app.petitions.life import open_petition
from petition_app.petitions.versions import save_sheet, sheet_of
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.story import confirmed, sign
from tests.visitor import Visitor

TEXT, PUBLICATION = "/admin/petitions/clean-water/text", "/admin/petitions/clean-water/text/publication"
PAGE, CHANGES = "/fr/petitions/clean-water", "/fr/petitions/clean-water/changes"
WORDS = {
    "title": "De l’eau pour Exempleville",
    "summary": "Nous la demandons.",
    "body": "Chères concitoyennes,\n\n1. De l’eau\n2. Vite\n",
    "call_to_action": "Signez pour l’eau",
    "recipient_name": ["Ada Exemple", "Ben Témoin"],
    "recipient_office": ["maire", ""],
}


def text(browser: Desk | Visitor, path: str) -> str:
    return browser.get(path).get_data(as_text=True)


def revision(page: str) -> str:
    found = re.search(r'name="revision"[^>]*?value="(\d+)"', page)
    assert found is not None
    return found[1]


def write(desk: Desk, act: str, *, base: str | None = None, **words: object) -> TestResponse:
    """Press a button of the editor with these words in it; `base` is the revision that the page was opened at."""
    opened = base if base is not None else revision(text(desk, TEXT))
    return desk.send(TEXT, act=act, revision=opened, **{**WORDS, **words})


def newest(locale: str = "fr") -> PetitionText:
    found = db.session.query(Petition).filter_by(slug="clean-water").one().newest_text(locale)
    assert found is not None
    return found


@pytest.fixture
def editor(as_member: AsMember) -> Desk:
    return as_member("editor", "Edith")


@both_engines
def test_a_draft_is_written_in_its_place(editor: Desk, client: Visitor, make_petition: Callable[..., Petition]) -> None:
    make_petition(status="draft")
    before = newest().id
    assert write(editor, "publish").status_code == 303
    assert "The text is saved." in text(editor, TEXT)
    assert (newest().id, newest().version, newest().title) == (before, 1, WORDS["title"])
    assert [r.name for r in db.session.query(Petition).one().recipients_for("fr")] == ["Ada Exemple", "Ben Témoin"]
    assert client.get(PAGE).status_code == 404
    open_petition("clean-water", now())
    page = text(client, PAGE)
    assert "Signez pour l’eau" in page
    assert "changed on" not in page
    assert [entry.action for entry in db.session.query(AuditEntry)][-1:] == ["text.published"]


@both_engines
def test_what_is_kept_is_not_shown_until_it_is_put_online(editor: Desk, client: Visitor, petition: Petition) -> None:
    assert write(editor, "save").status_code == 303
    assert "Readers do not see it yet" in text(editor, TEXT)
    assert WORDS["title"] in text(editor, TEXT)
    assert "De l’eau propre pour Exempleville" in text(client, PAGE)
    # Nobody has signed: it goes online without a question, as a version of its own.
    assert write(editor, "publish").status_code == 303
    assert "De l’eau pour Exempleville" in text(client, PAGE)
    assert (newest().version, newest().kind) == (2, "initial")
    assert "Personne n’avait encore signé." in text(client, CHANGES)


@both_engines
def test_people_have_signed_and_are_told_why_it_changes(
    app: Flask, editor: Desk, client: Visitor, petition: Petition
) -> None:
    personal = confirmed(app, client)
    answer = write(editor, "publish")
    assert answer.location == f"{PUBLICATION}?text=fr"
    review = text(editor, PUBLICATION)
    assert "<del>propre </del>" in review
    assert "More than the spelling is different" in review
    assert newest().version == 1

    refused = editor.send(PUBLICATION, revision=revision(review), kind="spelling", reason="")
    assert refused.status_code == 422
    assert "please tell them why" in refused.get_data(as_text=True)
    assert newest().version == 1

    reason = "Le maire a changé d’avis."
    assert editor.send(PUBLICATION, revision=revision(review), kind="change", reason=reason).status_code == 303
    assert (newest().version, newest().kind, newest().reason) == (2, "change", reason)
    page = text(client, PAGE)
    assert "Texte modifié le" in page
    assert CHANGES in page
    changes = text(client, CHANGES)
    assert reason in changes
    assert "<del>propre </del>" in changes
    # The signature stays bound to what was signed, and the signer sees that it has changed.
    signature = db.session.query(Signature).one()
    assert (signature.text.version, signature.text.title) == (1, "De l’eau propre pour Exempleville")
    own = text(client, personal)
    assert f"{CHANGES}?since=1" in own
    assert "Depuis la version du" in text(client, f"{CHANGES}?since=1")
    for odd in ("2", "99", "x", "-1", "9" * 40):
        assert "Depuis la version du" not in text(client, f"{CHANGES}?since={odd}")


@both_engines
def test_spelling_is_corrected_without_a_word(app: Flask, editor: Desk, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    sheet = sheet_of(db.session.query(Petition).one(), "fr").words
    words = {
        "title": sheet.title,
        "summary": "Nous demandons une eau que l’on puisse boir.",
        "body": sheet.body,
        "call_to_action": "",
        "recipient_name": [r.name for r in sheet.recipients],
        "recipient_office": [r.office for r in sheet.recipients],
    }
    write(editor, "publish", **words)
    review = text(editor, PUBLICATION)
    assert "Spelling or layout: nothing else is said than before" in review
    assert editor.send(PUBLICATION, revision=revision(review), kind="spelling", reason="").status_code == 303
    assert (newest().version, newest().kind) == (2, "spelling")
    assert "Texte modifié" not in text(client, PAGE)
    assert "le propos est le même" in text(client, CHANGES)


@both_engines
def test_two_editors_at_once(editor: Desk, as_member: AsMember, petition: Petition) -> None:
    other = as_member("editor", "Otto")
    opened = revision(text(editor, TEXT))
    assert write(other, "save", title="Le titre d’Otto", base=opened).status_code == 303
    conflict = write(editor, "save", title="Le titre d’Edith", base=opened)
    assert conflict.status_code == 409
    page = conflict.get_data(as_text=True)
    assert "Otto saved this text" in page
    assert "<del>Otto</del>" in page
    assert "<ins>Edith</ins>" in page
    assert db.session.query(TextDraft).one().title == "Le titre d’Otto"
    # What is typed is never lost: the page holds it, and one press keeps it.
    assert write(editor, "save", title="Le titre d’Edith", base=revision(page)).status_code == 303
    assert db.session.query(TextDraft).one().title == "Le titre d’Edith"
    # The first saving of all, twice at once, is a conflict too.
    for base, status in (("0", 409), ("-1", 409), ("", 409), ("x", 409), ("9" * 30, 409)):
        assert write(editor, "save", base=base).status_code == status


@both_engines
def test_keystrokes_are_kept(editor: Desk, petition: Petition) -> None:
    opened = revision(text(editor, TEXT))
    kept = editor.send(TEXT, htmx=True, act="autosave", revision=opened, **WORDS).get_data(as_text=True)
    assert "Readers do not see it yet" in kept
    assert revision(kept) == "1"
    behind = editor.send(TEXT, htmx=True, act="autosave", revision=opened, **WORDS).get_data(as_text=True)
    assert "Edith has saved this text in the meantime" in behind
    long = editor.send(TEXT, htmx=True, act="autosave", revision="1", **{**WORDS, "body": "x" * 60_001})
    assert "Not kept" in long.get_data(as_text=True)
    assert db.session.query(TextDraft).one().body.startswith("Chères")


@both_engines
def test_thrown_away_and_taken_up_again(editor: Desk, petition: Petition) -> None:
    write(editor, "save")
    page = text(editor, TEXT)
    assert editor.send(f"{TEXT}/drop", revision=revision(page)).status_code == 303
    page = text(editor, TEXT)
    assert WORDS["title"] not in page
    undo = re.search(r'action="(/admin/petitions/clean-water/text/taking-up[^"]+)"', page)
    assert undo is not None
    editor.send(undo[1].replace("&amp;", "&"))
    assert WORDS["title"] in text(editor, TEXT)
    editor.send(undo[1].replace("&amp;", "&"))
    assert "cannot be taken back any more" in text(editor, TEXT)


@both_engines
def test_another_language_is_added_beside_the_first(
    app: Flask, editor: Desk, client: Visitor, make_petition: Callable[..., Petition]
) -> None:
    make_petition()
    db.session.query(PetitionText).filter_by(locale="en").delete()
    db.session.commit()
    db.session.expire_all()
    petition = db.session.query(Petition).one()
    assert petition.locales == ["fr"]
    confirmed(app, client)
    page = text(editor, TEXT)
    assert "Add: English" in page
    beside = text(editor, f"{TEXT}?text=en&beside=fr")
    assert "De l’eau propre pour Exempleville" in beside
    english = {**WORDS, "title": "Water for Exampletown", "body": "Dear neighbours,\n\n1. Water\n"}
    answer = editor.send(f"{TEXT}?text=en", act="publish", revision=revision(beside), **english)
    assert answer.status_code == 303
    # A language's first text changes nothing that anybody has signed: no reason is asked for.
    assert newest("en").kind == "initial"
    assert "Water for Exampletown" in text(client, "/en/petitions/clean-water")
    assert editor.get(f"{TEXT}?text=xx").status_code == 404


def test_recipients_are_put_in_order_without_saving(editor: Desk, petition: Petition) -> None:
    def names(page: str) -> list[str]:
        return re.findall(r'name="recipient_name"\s+value="([^"]*)"', page)

    for act, expected in (
        ("add", ["Ada Exemple", "Ben Témoin", ""]),
        ("down:0", ["Ben Témoin", "Ada Exemple"]),
        ("up:1", ["Ben Témoin", "Ada Exemple"]),
        ("up:0", ["Ada Exemple", "Ben Témoin"]),
        ("remove:0", ["Ben Témoin"]),
        ("remove:7", ["Ada Exemple", "Ben Témoin"]),
        ("remove:x", ["Ada Exemple", "Ben Témoin"]),
    ):
        whole = write(editor, act).get_data(as_text=True)
        assert names(whole) == expected, act
        assert "Chères concitoyennes" in whole  # nothing else of what was typed is lost
        part = editor.send(TEXT, htmx=True, act=act, revision="0", **WORDS).get_data(as_text=True)
        assert names(part) == expected, act
        assert "<html" not in part
    assert db.session.query(TextDraft).count() == 0


def test_what_does_not_hold_is_kept_but_not_put_online(editor: Desk, client: Visitor, petition: Petition) -> None:
    for words, sentence in (
        ({"title": ""}, "Please fill this in."),
        ({"body": "   "}, "There is no text in this."),
        ({"body": "---"}, "There is no text in this."),
        ({"recipient_name": ["", "Ben"], "recipient_office": ["maire", ""]}, "A recipient has an office, but no name."),
    ):
        answer = write(editor, "publish", **words)
        assert answer.status_code == 422
        assert sentence in answer.get_data(as_text=True)
    for words in ({"title": "x" * 301}, {"body": "a\x00b"}, {"recipient_name": ["y" * 201], "recipient_office": [""]}):
        assert write(editor, "save", **words).status_code == 422
    assert newest().version == 1


def test_the_preview_is_what_readers_will_see(editor: Desk, petition: Petition) -> None:
    words = {**WORDS, "body": "## Titre\n\n<script>alert(1)</script> **gras** [x](javascript:alert(1))"}
    part = editor.send(f"{TEXT}/preview", htmx=True, **words).get_data(as_text=True)
    assert "<strong>gras</strong>" in part
    assert "<script" not in part
    assert 'href="javascript' not in part
    assert "<html" not in part
    assert "<strong>gras</strong>" in write(editor, "preview", body=words["body"]).get_data(as_text=True)
    assert db.session.query(TextDraft).count() == 0


def test_what_is_pasted_comes_back_as_markdown(editor: Desk, petition: Petition) -> None:
    answer = editor.send(f"{TEXT}/paste", html="<h1>Un</h1><p>deux <b>trois</b> !</p>")
    assert answer.mimetype == "text/plain"
    assert answer.get_data(as_text=True) == "# Un\n\ndeux **trois**\u202f!"
    tidied = write(editor, "tidy", body="Un paragraphe.\n\n• a\n• b").get_data(as_text=True)
    assert "- a\n- b" in tidied


def test_strangers_and_readers_are_refused(charlie: Desk, as_member: AsMember, petition: Petition) -> None:
    assert charlie.get(TEXT).status_code == 303
    for role in ("moderator", "translator", "reader"):
        member = as_member(role, role.title())
        assert member.get(TEXT).status_code == 403
        assert member.send(TEXT, act="publish", revision="0", **WORDS).status_code == 403
    assert newest().version == 1


def test_a_command_has_put_another_text_online_meanwhile(editor: Desk, petition: Petition) -> None:
    found = db.session.query(Petition).one()
    words = sheet_of(found, "fr").words
    save_sheet(found.id, "fr", words.__class__(**{**words.__dict__, "title": "Le mien"}), 0, "Edith", now())
    opened = revision(text(editor, TEXT))
    db.session.add(PetitionText(petition_id=found.id, locale="fr", version=2, title="Par commande", body="Texte."))
    db.session.commit()
    conflict = write(editor, "publish", base=opened)
    assert conflict.status_code == 409
    assert "Par commande" in conflict.get_data(as_text=True)
    assert newest().title == "Par commande"


def test_a_signature_during_the_change_is_bound_to_what_was_shown(
    app: Flask, editor: Desk, client: Visitor, petition: Petition
) -> None:
    shown = re.search(r'name="text_version" value="(\d+)"', text(client, PAGE))
    assert shown is not None
    write(editor, "publish")
    sign(client, text_version=shown[1])
    assert db.session.query(Signature).one().text.version == 1
