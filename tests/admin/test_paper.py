"""Sheets are printed, come back, are typed in, and nobody is counted twice."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import AuditEntry, FilePart, PaperBatch, PaperSignature, Petition, StoredFile
from petition_app.models.base import now
from petition_app.models.paper import paper_count
from petition_app.signing.lifecycle import withdraw_signature
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.story import confirmed
from tests.visitor import Visitor

PAGE = "/admin/paper/clean-water"
NEW = f"{PAGE}/batches/new"


def typed(*lines: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    fields = {"label": "Marché, 3 mars, feuille 2", **more}
    for number, (given_name, surname, code) in enumerate(lines, 1):
        fields |= {f"given_name-{number}": given_name, f"surname-{number}": surname, f"postal_code-{number}": code}
    return fields


def kept() -> list[tuple[str, str, bool]]:
    found = db.session.query(PaperSignature).order_by(PaperSignature.id)
    return [(line.given_name, line.found, line.is_counted) for line in found]


@both_engines
def test_who_has_signed_already_is_told_and_not_counted_twice(
    app: Flask, client: Visitor, petition: Petition, bob: Desk
) -> None:
    confirmed(app, client)  # Alice Exemple, 75011
    confirmed(app, client, email="gone@example.org", given_name="Gone", surname="Exemple")
    withdraw_signature(2, now())
    sheet = typed(
        ("alice", "EXEMPLE", "75011"),
        ("Alice", "Exemple", "69001"),
        ("Nouvelle", "Personne", ""),
        ("Gone", "Exemple", "75011"),
        ("Nouvelle", "Personne", ""),
    )
    batch = bob.send(NEW, **sheet).location
    assert kept() == [
        ("alice", "online", False),
        ("Alice", "online_name", True),
        ("Nouvelle", "", True),
        ("Gone", "", True),
        ("Nouvelle", "paper", False),
    ]
    page = bob.get(batch).get_data(as_text=True)
    assert "3 lines of 5 count." in page
    assert "has signed online, too" in page
    assert "stands on paper already" in page
    again = bob.send(NEW, **typed(("Gone", "Exemple", "75011"), label="Again"))
    assert again.status_code == 303
    assert kept()[-1] == ("Gone", "paper", False)
    assert paper_count(petition.id) == 3


@both_engines
def test_both_numbers_stand_apart_on_the_public_page(
    app: Flask, client: Visitor, petition: Petition, bob: Desk
) -> None:
    confirmed(app, client)
    assert "on paper" not in client.get("/en/petitions/clean-water").get_data(as_text=True)
    bob.send(NEW, **typed(("Dora", "Papier", ""), ("Emil", "Papier", "")))
    for path in ("/en/petitions/clean-water", "/en/petitions/clean-water/live"):
        page = client.get(path).get_data(as_text=True)
        assert "1 online, 2 on paper" in page
        assert 'data-count="1"' in page
    batch = db.session.query(PaperBatch).one()
    line = batch.signatures[0].id
    bob.send(f"/admin/paper/lines/{line}", count="no")
    bob.send(f"/admin/paper/lines/{line}", count="no")
    assert "1 online, 1 on paper" in client.get("/en/petitions/clean-water").get_data(as_text=True)
    bob.send(f"/admin/paper/lines/{line}", count="yes")
    assert paper_count(petition.id) == 2
    assert "2 lines no longer count" in bob.get(f"/admin/paper/batches/{batch.id}/removal").get_data(as_text=True)
    bob.send(f"/admin/paper/batches/{batch.id}/removal")
    assert "on paper" not in client.get("/en/petitions/clean-water").get_data(as_text=True)
    assert [entry.action for entry in db.session.query(AuditEntry)] == [
        "paper.entered",
        "paper.discounted",
        "paper.discounted",
        "paper.counted",
        "paper.removed",
    ]


def test_errors_keep_what_was_typed(petition: Petition, bob: Desk) -> None:
    wrong = typed(("Ada", "", "75011"), ("", "", ""), ("Béa", "Élan", "ABC"), ("\u0000", "x" * 81, ""), label="")
    answer = bob.send(NEW, **wrong)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Béa"' in page
    assert 'value="ABC"' in page
    for name in ("label", "surname-1", "postal_code-3", "given_name-4", "surname-4"):
        assert f'id="{name}-error"' in page, name
        assert f'href="#{name}"' in page
    assert kept() == []
    empty = bob.send(NEW, label="Nothing")
    assert (empty.status_code, "Type at least one line." in empty.get_data(as_text=True)) == (422, True)


def test_a_quotation_mark_repeats_what_stands_above(petition: Petition, bob: Desk) -> None:
    bob.send(NEW, **typed(("Ada", "Exemple", "F-75011"), ("Ben", '"', "”"), ("Cléo", "Autre", '"')))
    lines = db.session.query(PaperSignature).order_by(PaperSignature.line)
    assert [(line.surname, line.postal_code) for line in lines] == [
        ("Exemple", "75011"),
        ("Exemple", "75011"),
        ("Autre", "75011"),
    ]


@both_engines
def test_a_scan_is_kept_with_its_batch(petition: Petition, bob: Desk, as_member: AsMember) -> None:
    scan = b"%PDF-1.7\n" + b"x" * (2 * 2**20 + 5)
    batch = bob.send(
        NEW, files={"scan": (io.BytesIO(scan), "../../etc/passwd")}, **typed(("Ada", "Exemple", ""))
    ).location
    answer = bob.get(f"{batch}/scan")
    assert (answer.data, answer.mimetype) == (scan, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=clean-water-scan-")
    assert as_member("reader", "Rita").get(f"{batch}/scan").status_code == 403
    bob.send(f"{batch}/removal")
    assert db.session.query(FilePart).count() == 0
    assert db.session.query(StoredFile).one().status == "removed"
    assert bob.get(f"{batch}/scan").status_code == 404


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg onload=alert(1)>", "neither a PDF nor"),
        (b"", "neither a PDF nor"),
        (b"%PDF-" + b"x" * (10 * 2**20), "larger than 10 MB"),
    ],
)
def test_what_is_no_scan_is_refused(petition: Petition, bob: Desk, data: bytes, words: str) -> None:
    answer = bob.send(NEW, files={"scan": (io.BytesIO(data), "x.pdf")}, **typed(("Ada", "Exemple", "")))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert 'value="Ada"' in page
    assert kept() == []


def test_the_sheet_is_in_the_petitions_language(petition: Petition, bob: Desk) -> None:
    french = bob.get(f"{PAGE}/sheet").get_data(as_text=True)
    assert 'lang="fr"' in french
    assert "De l’eau propre pour Exempleville" in french
    assert french.count("<tr>") == 21
    assert "<svg" in french
    assert "http://localhost:8000/fr/petitions/clean-water".removeprefix("http://") in french
    english = bob.get(f"{PAGE}/sheet?text=en").get_data(as_text=True)
    assert "Clean water for Exampletown" in english
    assert bob.get(f"{PAGE}/sheet?text=xx").status_code == 200


def test_what_is_not_there(petition: Petition, bob: Desk) -> None:
    for path in ("batches/99", "batches/99/removal", "batches/99/scan", "batches/99999999999"):
        assert bob.get(f"/admin/paper/{path}").status_code == 404
    assert bob.send("/admin/paper/lines/99", count="yes").status_code == 404
    assert bob.send("/admin/paper/lines/99999999999", count="yes").status_code == 404
