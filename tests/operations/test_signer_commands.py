"""Signatures and comments by command: export, search, invalidate, hide, show."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from flask import Flask

from petition_app.extensions import db
from petition_app.models import Comment, Petition
from tests import fields
from tests.admin.desk import make_member, signed_in
from tests.databases import both_engines
from tests.operations.conftest import Run
from tests.story import confirmed, count_is_exact, sign
from tests.visitor import Visitor


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@both_engines
def test_answers_are_exported_for_what_they_were_asked_for(
    app: Flask, client: Visitor, petition: Petition, run: Run
) -> None:
    ids = fields.asked(signed_in(app, make_member("editor", name="Eve")), "phone")
    confirmed(app, client, **fields.answers_for(ids))
    column = f"phone_{ids['phone']}"
    (row,) = rows_of(run("export", "clean-water", "--for", "answers", "--columns", f"surname,{column}").output)
    assert (row["surname"], row[column]) == ("Exemple", f"'{fields.ANSWERS['phone']}")
    refused = run("export", "clean-water", "--columns", column)
    assert refused.exit_code == 1
    assert f"cannot have the column “{column}”" in refused.output


@both_engines
def test_what_counts_is_exported(app: Flask, client: Visitor, petition: Petition, run: Run) -> None:
    confirmed(app, client, given_name="=cmd|'/C calc'!A0", surname="+Un", comment="@SUM(A1)\nsecond line")
    confirmed(app, client, email="bob@example.org", given_name="Béa", surname="Élan", consent_petition_news="y")
    sign(client, email="pending@example.org")
    done = run("export", "clean-water")
    assert done.exit_code == 0
    first, second = rows_of(done.output)
    assert first["given_name"] == "'=cmd|'/C calc'!A0"
    assert (first["surname"], first["comment"]) == ("'+Un", "'@SUM(A1)\nsecond line")
    assert (first["number"], first["status"], first["country"]) == ("1", "confirmed", "FR")
    assert (second["given_name"], second["surname"]) == ("Béa", "Élan")
    assert (second["petition_news"], second["association_news"]) == ("yes", "no")
    (for_news,) = rows_of(run("export", "clean-water", "--for", "petition_news").output)
    assert (for_news["email"], for_news["allowed_use"]) == ("bob@example.org", "petition_news")
    assert "cannot have the column “email”" in run("export", "clean-water", "--columns", "surname,email").output


def test_it_goes_to_a_file_that_its_owner_alone_reads(
    app: Flask, client: Visitor, petition: Petition, run: Run, tmp_path: Path
) -> None:
    personal = confirmed(app, client)
    confirmed(app, client, email="bob@example.org")
    client.post(f"{personal}/withdrawal")
    path = tmp_path / "signatures.csv"
    assert run("export", "clean-water", "--output", str(path)).output == f"1 signatures in {path}\n"
    assert path.stat().st_mode & 0o077 == 0
    run("export", "clean-water", "--all", "-o", str(path))
    assert [row["status"] for row in rows_of(path.read_text("utf-8"))] == ["confirmed", "withdrawn"]
    assert "cannot be written" in run("export", "clean-water", "-o", str(tmp_path / "no" / "folder.csv")).output


@both_engines
def test_a_signature_is_found_and_taken_out(app: Flask, client: Visitor, petition: Petition, run: Run) -> None:
    personal = confirmed(app, client, surname="O’Éxample_100%")
    confirmed(app, client, email="bob@example.org", surname="Autre")
    for query in ("éxample_100%", "ALICE", "alice@EXAMPLE.org", "Alice O’Éxample"):
        assert "O’Éxample_100%" in run("signatures", "search", query).output, query
    assert "Autre" not in run("signatures", "search", "100%").output
    for nothing in ("%", "nobody", "   "):
        assert run("signatures", "search", nothing).exit_code == 1 or nothing == "%"

    done = run("signatures", "invalidate", "1", "--reason", "Une machine, pas une personne")
    assert done.output == "1: invalidated\n"
    assert count_is_exact(petition.id) == 1
    assert "Une machine, pas une personne" in client.get(personal).get_data(as_text=True)
    again = run("signatures", "invalidate", "1", "999", "--reason", "x")
    assert again.exit_code == 1
    assert "1: it is invalidated already" in again.output
    assert "999: there is no such signature" in again.output


def test_a_reason_is_needed(run: Run) -> None:
    assert run("signatures", "invalidate", "1").exit_code == 2
    assert "reason" in run("signatures", "invalidate", "1", "--reason", " ").output


def test_comments_are_listed_hidden_and_shown(app: Flask, client: Visitor, petition: Petition, run: Run) -> None:
    confirmed(app, client, comment="Un avis.")
    number = str(db.session.query(Comment).one().id)
    assert "Un avis." in run("comments", "list", "--status", "published").output
    assert run("comments", "hide", number, "--reason", "hors sujet").output == f"{number}: hidden\n"
    app.extensions["page_layer"].drop()
    assert "Un avis." not in client.get("/fr/petitions/clean-water").get_data(as_text=True)
    assert run("comments", "show", number).exit_code == 0
    assert run("comments", "show", "999").exit_code == 1


def test_an_id_that_none_can_be(run: Run) -> None:
    for command in (("signatures", "invalidate", "9" * 25, "--reason", "x"), ("comments", "show", "9" * 20)):
        done = run(*command)
        assert done.exit_code == 2
        assert "is not in the range" in done.output
    assert run("comments", "hide", str(2**31 - 1), "--reason", "x").exit_code == 1
