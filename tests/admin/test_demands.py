"""What is demanded, what became of each demand, and what the recipients answer by their private links."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from petition_app.extensions import db
from petition_app.models import AuditEntry, Demand, Petition, RecipientAnswer, StoredFile
from petition_app.models.base import now
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.story import link_in, mails_to
from tests.visitor import Visitor

DESK = "/admin/petitions/clean-water"
OUTCOME, DEMANDS = f"{DESK}/outcome", f"{DESK}/demands"
PAGE, ENGLISH = "/fr/petitions/clean-water", "/en/petitions/clean-water"
TODAY = now().date().isoformat()


def text(browser: Desk | Visitor, path: str) -> str:
    return browser.get(path).get_data(as_text=True)


@pytest.fixture
def editor(as_member: AsMember) -> Desk:
    return as_member("editor", "Edith")


def write(desk: Desk, *rows: tuple[int, str, str], act: str = "save", htmx: bool = False, **fields: Any) -> Any:
    """Send the demands: the id of each (0 for a new one), in French, in English."""
    revision = db.session.query(Petition.revision).filter_by(slug="clean-water").scalar()
    columns = {"demand": [r[0] for r in rows], "text-fr": [r[1] for r in rows], "text-en": [r[2] for r in rows]}
    return desk.send(DEMANDS, htmx=htmx, **{"act": act, "revision": revision, **columns, **fields})


def ids() -> list[int]:
    found = db.session.query(Demand.id).filter(Demand.removed_at.is_(None)).order_by(Demand.position, Demand.id)
    return [number for (number,) in found]


def undo(desk: Desk, page: str) -> str:
    found = re.search(r'<form[^>]*action="([^"]+)"[^>]*>(?:(?!</form>).)*Undo', text(desk, page), re.S)
    assert found is not None
    return found[1].replace("&amp;", "&")


@both_engines
def test_demands_are_taken_from_the_text_and_shown(editor: Desk, client: Visitor, petition: Petition) -> None:
    assert "board" not in text(client, PAGE)
    assert "Take the numbered demands" in text(editor, OUTCOME)
    page = text(editor, f"{DEMANDS}?found=")
    assert "De l’eau</textarea>" in page
    assert write(editor, (0, "De l’eau", "Of water"), (0, "Propre", "That is pure"), (0, " ", "")).status_code == 303
    assert "Sans réponse" in text(client, PAGE)
    english = text(client, ENGLISH)
    assert english.index("Of water") < english.index("That is pure")
    assert "Unanswered" in english
    first, second = ids()
    # In another order, one with other words, one left out and put back.
    assert write(editor, (second, "Propre", "That is pure"), (first, "De l’eau", "Of water now")).status_code == 303
    english = text(client, ENGLISH)
    assert english.index("That is pure") < english.index("Of water now")
    write(editor, (second, "Propre", "That is pure"))
    assert "Of water now" not in text(client, ENGLISH)
    editor.send(undo(editor, OUTCOME))
    assert "Of water now" in text(client, ENGLISH)
    write(editor)
    assert "board" not in text(client, PAGE)


@both_engines
def test_what_became_of_a_demand(editor: Desk, client: Visitor, petition: Petition) -> None:
    write(editor, (0, "De l’eau", "Of water"))
    demand = f"{DEMANDS}/{ids()[0]}"
    said = {"revision": "0", "verdict": "refused", "on": "2026-01-15", "sentence-fr": "Pas d’argent."}
    assert editor.send(demand, **said).status_code == 303
    page = text(client, PAGE)
    assert "Refusée" in page
    assert "15 janvier 2026" in page
    assert "Pas d’argent." in page
    assert 'lang="fr"' in text(client, ENGLISH)
    said = {**said, "revision": "1", "verdict": "partly", "on": TODAY, "link": "https://example.org/arrete"}
    assert editor.send(demand, **{**said, "sentence-fr": "Un peu."}).status_code == 303
    page = text(client, PAGE)
    assert "Acceptée en partie" in page
    assert 'href="https://example.org/arrete"' in page
    assert "Pas d’argent." in page  # what was said before stays to be read
    late = editor.send(demand, **{**said, "verdict": "accepted"})
    assert late.status_code == 409
    assert "Somebody has changed this petition" in late.get_data(as_text=True)
    taken_back = undo(editor, OUTCOME) if "Undo" in text(editor, OUTCOME) else f"{demand}/return?revision=2"
    editor.send(taken_back)
    assert "Acceptée en partie" not in text(client, PAGE)
    editor.send(taken_back)
    assert "cannot be taken back any more" in text(editor, OUTCOME)
    acts = [entry.action for entry in db.session.query(AuditEntry)]
    assert acts[-3:] == ["outcome.decided", "outcome.decided", "outcome.taken_back"]


@both_engines
def test_a_document_is_kept_and_downloaded(editor: Desk, client: Visitor, petition: Petition) -> None:
    write(editor, (0, "De l’eau", "Of water"))
    demand = ids()[0]
    said = {"revision": "0", "verdict": "accepted", "on": TODAY}
    for data in (b"<html><script>alert(1)</script>", b"MZ\x90"):
        refused = editor.send(f"{DEMANDS}/{demand}", files={"file": (io.BytesIO(data), "a.pdf")}, **said)
        assert refused.status_code == 422
        assert "neither a PDF nor a picture" in refused.get_data(as_text=True)
    document = b"%PDF-1.7 " + b"x" * 1000
    assert (
        editor.send(f"{DEMANDS}/{demand}", files={"file": (io.BytesIO(document), "x.html")}, **said).status_code == 303
    )
    link = re.search(r'href="(/fr/petitions/clean-water/documents/[^"]+)"', text(client, PAGE))
    assert link is not None
    answer = client.get(link[1])
    assert (answer.data, answer.mimetype) == (document, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    for path in (f"{demand}/1", f"{demand}/99999999999", "999/0", "99999999999/0"):
        assert client.get(f"{PAGE}/documents/{path}").status_code == 404
    # No other file of the petition is reached by it.
    assert db.session.query(StoredFile).count() == 1


def test_what_cannot_be_is_said(editor: Desk, petition: Petition) -> None:
    for rows, sentence in (
        ([(0, "", "Of water")], "main language: Français"),
        ([(0, "x" * 501, "")], "longer than 500 characters"),
        ([(0, "a\x00b", "")], "a character here that cannot be shown"),
        ([(0, f"Demande {n}", "") for n in range(51)], "At most 50 demands fit."),
    ):
        answer = write(editor, *rows)
        assert answer.status_code == 422
        assert sentence in answer.get_data(as_text=True)
    assert write(editor, (0, "De l’eau", "Of water"), revision="7").status_code == 409
    write(editor, (0, "De l’eau", "Of water"))
    demand = f"{DEMANDS}/{ids()[0]}"
    good = {"revision": "0", "verdict": "accepted", "on": TODAY}
    for wrong, sentence in (
        ({"verdict": ""}, "Please choose one."),
        ({"verdict": "perhaps"}, "Please choose one of these."),
        ({"on": "2999-01-01"}, "This day is in the future"),
        ({"on": "soon"}, "This is no date."),
        ({"link": "javascript:alert(1)"}, "It begins with https://"),
        ({"link": "http://example.org"}, "It begins with https://"),
        ({"sentence-fr": "x" * 501}, "longer than 500 characters"),
    ):
        answer = editor.send(demand, **{**good, **wrong})
        assert answer.status_code == 422, wrong
        assert sentence in answer.get_data(as_text=True), wrong
    assert db.session.query(Demand).one().outcomes == []
    assert editor.get(f"{DEMANDS}/99999999999").status_code == 404


def test_rows_are_moved_without_saving(editor: Desk, petition: Petition) -> None:
    rows = ((0, "Un", "One"), (0, "Deux", "Two"))
    for act, expected in (("down:0", ["Deux", "Un"]), ("remove:0", ["Deux"]), ("add", ["Un", "Deux", ""])):
        for htmx in (False, True):
            page = write(editor, *rows, act=act, htmx=htmx).get_data(as_text=True)
            assert re.findall(r'name="text-fr"[^>]*>\s*([^<]*)</textarea>', page) == expected
    assert ids() == []


ANSWER = {"name": "Camille Exemple", "office": "maire", "statement": "Nous avons lu votre pétition."}


@both_engines
def test_a_recipient_answers_and_a_member_approves(
    app: Flask, editor: Desk, client: Visitor, petition: Petition
) -> None:
    write(editor, (0, "De l’eau", "Of water"), (0, "Propre", "That is pure"))
    first, second = ids()
    asked = {"name": "Camille Exemple", "office": "maire", "locale": "fr", "email": "camille@example.org"}
    page = text(editor, editor.send(f"{DESK}/answers/new", **asked).location)
    mail = mails_to(app, "camille@example.org")[-1]
    link = link_in(mail)
    assert link.split(".")[0] in page  # its signature tells the second in which it was made
    assert "De l’eau propre pour Exempleville" in str(mail["Subject"])
    assert "Nous avons lu" not in text(client, PAGE)

    opened = client.get(link)
    assert opened.headers["Cache-Control"] == "no-store"
    assert opened.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in opened.get_data(as_text=True)
    given = {
        **ANSWER,
        f"verdict-{first}": "refused",
        f"sentence-{first}": "Trop cher.",
        f"verdict-{second}": "accepted",
    }
    assert client.post(link, data=given).status_code == 303
    assert "Votre réponse est arrivée" in text(client, link)
    assert "Nous avons lu" not in text(client, PAGE)
    assert "Waits for you" in text(editor, OUTCOME)
    assert "A recipient has answered" in text(editor, "/admin/")
    assert '<span class="waiting">1</span>' in text(editor, OUTCOME)

    one = f"{DESK}/answers/{db.session.query(RecipientAnswer.id).scalar()}"
    refused = editor.send(one, act="return", note="")
    assert refused.status_code == 422
    editor.send(one, act="return", note="Votre fonction, s’il vous plaît.")
    assert "Votre fonction, s’il vous plaît." in text(client, link)
    assert client.post(link, data={**given, "office": "maire d’Exempleville"}).status_code == 303
    editor.send(one, act="approve", sets_outcomes="y")
    assert "A recipient has answered" not in text(editor, "/admin/")
    public = text(client, PAGE)
    for words in ("Nous avons lu", "maire d’Exempleville", "Refusée", "Trop cher.", "Acceptée"):
        assert words in public
    # What is on the page is not written anew by its author.
    assert client.post(link, data={**given, "statement": "Autre chose"}).status_code == 410
    assert "Autre chose" not in text(client, PAGE)
    editor.send(one, act="take_off")
    assert "Nous avons lu" not in text(client, PAGE)
    assert "Trop cher." in text(client, PAGE)  # the outcomes stay what they were set to
    acts = [entry.action for entry in db.session.query(AuditEntry) if entry.action.startswith("answer.")]
    assert acts == ["answer.asked", "answer.returned", "answer.approved", "answer.taken_off"]


@both_engines
def test_a_link_ends(app: Flask, editor: Desk, client: Visitor, petition: Petition) -> None:
    asked = {"name": "Camille", "office": "", "locale": "fr", "email": ""}
    one = editor.send(f"{DESK}/answers/new", **asked).location
    found = re.search(r"http://localhost:?\d*(/fr/answers/[\w.-]+)", text(editor, one))
    assert found is not None
    link = found[1]

    def shown(path: str) -> str:
        """The page without its own address, which the language switch names."""
        return text(client, path).replace(path.rpartition("/")[2], "")

    mistyped = link[:-2] + "xx"
    assert client.get(mistyped).status_code == 410
    gone = shown(mistyped)
    with time_machine.travel(now() + timedelta(days=91)):
        assert shown(link) == gone
        assert client.post(link, data=ANSWER).status_code == 410
    assert client.get(link).status_code == 200
    editor.send(one, act="withdraw")
    assert shown(link) == gone
    assert client.post(link, data=ANSWER).status_code == 410
    assert editor.send(one, act="approve").status_code == 303
    assert "nothing was done" in text(editor, one)
    assert editor.send(one, act="unknown").status_code == 400


def test_an_answer_that_does_not_hold_keeps_what_was_typed(
    app: Flask, editor: Desk, client: Visitor, petition: Petition
) -> None:
    write(editor, (0, "De l’eau", "Of water"))
    one = editor.send(f"{DESK}/answers/new", name="Camille", office="", locale="fr", email="").location
    found = re.search(r"http://localhost:?\d*(/fr/answers/[\w.-]+)", text(editor, one))
    assert found is not None
    link, demand = found[1], ids()[0]
    for wrong in (
        {"name": ""},
        {"name": "x" * 201},
        {"statement": "", f"verdict-{demand}": "unanswered"},
        {"statement": "x" * 5001},
        {"statement": "a\x00b"},
        {f"verdict-{demand}": "accepted", f"sentence-{demand}": "x" * 501},
    ):
        answer = client.post(link, data={**ANSWER, **wrong})
        assert answer.status_code == 422, wrong
        assert "camille exemple" in answer.get_data(as_text=True).casefold() or "name" in wrong
    assert client.post(link, data=ANSWER, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert db.session.query(RecipientAnswer).one().status == "asked"


def test_a_draft_asks_nobody(editor: Desk, make_petition: Callable[..., Petition]) -> None:
    make_petition(status="draft")
    answer = editor.send(f"{DESK}/answers/new", name="Camille", office="", locale="fr", email="")
    assert answer.status_code == 422
    assert "Put the petition online first." in answer.get_data(as_text=True)


def test_strangers_and_others_are_refused(charlie: Desk, as_member: AsMember, petition: Petition) -> None:
    assert charlie.get(OUTCOME).status_code == 303
    for role in ("moderator", "translator", "reader"):
        member = as_member(role, role.title())
        for path in (OUTCOME, DEMANDS, f"{DESK}/answers/new"):
            assert member.get(path).status_code == 403
