"""The signatures as a file: for one use, with what that use may have, harmless in every format."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from typing import Any

import pytest
from flask import Flask

from petition_app.exports import opendocument, rows, workbook
from petition_app.exports.formats import harmless
from petition_app.exports.making import Export, order_of, write_export
from petition_app.exports.uses import USES, NotAColumn
from petition_app.extensions import db
from petition_app.files import making, orders
from petition_app.files.sending import StoredBody
from petition_app.i18n.locales import use_locale
from petition_app.models import Petition, Signature, StoredFile
from petition_app.models.base import now
from petition_app.operations import demo
from petition_app.signing.lifecycle import withdraw_signature
from tests.databases import both_engines
from tests.story import BOB, CHARLIE, confirmed, sign
from tests.visitor import Visitor

FORMULA = "=cmd|'/C calc'!A0"


def exported(petition: Petition, use: str, form: str = "csv", *columns: str, with_left: bool = False) -> bytes:
    target = io.BytesIO()
    with use_locale("en"):
        write_export(petition, Export(use, form, columns, with_left), target, lambda _done: None, now())
    return target.getvalue()


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


@pytest.fixture
def signed(app: Flask, client: Visitor, petition: Petition) -> Petition:
    """Alice wants no mail; Bob wants news of the petition; Charlie, hidden, wanted both kinds and took one back."""
    confirmed(app, client, comment="Première ligne\r\nDeuxième « ligne », oui")
    confirmed(app, client, **{**BOB, "name_display": "initial", "consent_petition_news": "y", "postal_code": "20090"})
    personal = confirmed(
        app,
        client,
        **{**CHARLIE, "name_display": "hidden", "consent_petition_news": "y", "consent_association_news": "y"},
    )
    kept = {key: value for key, value in CHARLIE.items() if key not in ("email", "consent_processing")}
    client.post(personal, data={**kept, "name_display": "hidden", "consent_association_news": "y"})
    sign(client, email="pending@example.org")
    return petition


@both_engines
def test_each_use_has_those_who_agreed_to_it_and_says_so(signed: Petition) -> None:
    everybody = rows_of(exported(signed, "check"))
    assert [row["given_name"] for row in everybody] == ["Alice", "Bob", "Charlie"]
    assert [row["petition_news"] for row in everybody] == ["no", "yes", "no"]
    assert [row["association_news"] for row in everybody] == ["no", "no", "yes"]
    assert not any("email" in row for row in everybody)
    assert {row["allowed_use"] for row in everybody} == {"check"}

    news = rows_of(exported(signed, "petition_news"))
    assert [(row["email"], row["allowed_use"]) for row in news] == [("bob@example.org", "petition_news")]
    other = rows_of(exported(signed, "association_news"))
    assert [row["email"] for row in other] == ["charlie@example.org"]


@both_engines
def test_recipients_get_names_as_their_signers_chose(signed: Petition) -> None:
    handed = rows_of(exported(signed, "recipients"))
    assert [(row["given_name"], row["surname"], row["postal_code"]) for row in handed] == [
        ("Alice", "Exemple", "75011"),
        ("Bob", "T.", "20090"),
        ("", "", ""),
    ]
    assert handed[0]["comment"] == "Première ligne\nDeuxième « ligne », oui"
    hidden = db.session.query(Signature).filter_by(email="alice@example.org").one().comment
    assert hidden is not None
    hidden.hide(now(), reason="hors sujet")
    db.session.commit()
    assert rows_of(exported(signed, "recipients"))[0]["comment"] == ""


def test_no_use_has_an_address_that_needs_none(signed: Petition) -> None:
    for use in ("check", "recipients"):
        with pytest.raises(NotAColumn, match="email"):
            exported(signed, use, "csv", "number", "email")
        for form in ("csv", "jsonl"):
            assert b"@example.org" not in exported(signed, use, form)
    for name, use in USES.items():
        assert ("email" in use.columns) == (use.news is not None), name


def test_columns_are_chosen(signed: Petition) -> None:
    head = exported(signed, "check", "csv", "surname", "number").splitlines()[0]
    assert head == b"number,surname,allowed_use"


@both_engines
def test_withdrawn_ones_are_there_only_when_asked_for(signed: Petition) -> None:
    withdraw_signature(db.session.query(Signature).filter_by(email="alice@example.org").one().id, now())
    assert [row["status"] for row in rows_of(exported(signed, "check"))] == ["confirmed"] * 2
    everything = rows_of(exported(signed, "check", with_left=True))
    assert [row["status"] for row in everything] == ["confirmed", "confirmed", "withdrawn"]
    assert len(rows_of(exported(signed, "recipients", with_left=True))) == 2


@both_engines
def test_batches_neither_lose_nor_repeat(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many are confirmed in the very same moment, and a batch ends among them."""
    demo.load()
    petition = Petition.by_slug("demo")
    assert petition is not None
    same = db.session.query(Signature).filter(Signature.number.between(100, 160)).all()
    for signature in same:
        signature.confirmed_at = same[0].confirmed_at
    db.session.commit()
    monkeypatch.setattr(rows, "BATCH", 25)
    found = rows_of(exported(petition, "check"))
    assert len(found) == len({row["number"] for row in found}) == 428


class TestFormats:
    """What is in the file is what was typed, and nothing of it runs."""

    @pytest.fixture
    def formula(self, app: Flask, client: Visitor, petition: Petition) -> Petition:
        confirmed(app, client, given_name=FORMULA, surname="O’Brien, “Bo”", comment="@SUM(A1)\nfin <&>")
        return petition

    def test_csv(self, formula: Petition) -> None:
        data = exported(formula, "check")
        (row,) = rows_of(data)
        assert (row["given_name"], row["surname"]) == (f"'{FORMULA}", "O’Brien, “Bo”")
        assert row["comment"] == "'@SUM(A1)\nfin <&>"
        assert data.count(b"\r\n") == 2
        assert exported(formula, "check", "csv-bom")[3:] == data
        assert exported(formula, "check", "csv-bom").startswith(b"\xef\xbb\xbfnumber,")

    def test_json_lines(self, formula: Petition) -> None:
        (line,) = exported(formula, "check", "jsonl").decode().splitlines()
        row = json.loads(line)
        assert (row["number"], row["given_name"], row["allowed_use"]) == (1, FORMULA, "check")

    def test_xlsx(self, formula: Petition) -> None:
        with zipfile.ZipFile(io.BytesIO(exported(formula, "check", "xlsx"))) as archive:
            assert archive.testzip() is None
            about, sheet = (archive.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))
            assert "<f>" not in sheet
        texts = [t.text for t in ET.fromstring(sheet).iter() if t.tag.endswith("}t")]  # noqa: S314  # our own
        assert FORMULA in texts
        assert "@SUM(A1)\nfin <&>" in texts
        assert "For counting and checking inside the association only." in about

    def test_ods(self, formula: Petition) -> None:
        with zipfile.ZipFile(io.BytesIO(exported(formula, "check", "ods"))) as archive:
            assert archive.testzip() is None
            first = archive.infolist()[0]
            assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
            assert archive.read("mimetype").decode() == opendocument.MIMETYPE
            content = ET.fromstring(archive.read("content.xml"))  # noqa: S314  # our own
        assert not [e for e in content.iter() if any(name.endswith("}formula") for name in e.attrib)]
        texts = [p.text for p in content.iter() if p.tag.endswith("}p")]
        assert FORMULA in texts
        assert texts[texts.index("@SUM(A1)") :][:2] == ["@SUM(A1)", "fin <&>"]

    @pytest.mark.parametrize("form", ["csv", "csv-bom", "jsonl", "xlsx", "ods"])
    def test_nobody_has_signed(self, petition: Petition, form: str) -> None:
        data = exported(petition, "check", form)
        assert (data == b"") == (form == "jsonl")

    def test_what_fits_no_sheet_goes_on_on_the_next(
        self, app: Flask, petition: Petition, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        demo.load()
        full = Petition.by_slug("demo")
        assert full is not None
        monkeypatch.setattr(rows, "BATCH", 100)
        monkeypatch.setattr(workbook, "ROWS_A_SHEET", 200)
        monkeypatch.setattr(opendocument, "ROWS_A_SHEET", 200)
        with zipfile.ZipFile(io.BytesIO(exported(full, "check", "xlsx"))) as archive:
            sheets = [archive.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (2, 3, 4)]
        assert [sheet.count("<row ") for sheet in sheets] == [201, 201, 29]
        with zipfile.ZipFile(io.BytesIO(exported(full, "check", "ods"))) as archive:
            tables = archive.read("content.xml").decode().split("<table:table ")[1:]
        assert [table.count("<table:table-row>") for table in tables[:3]] == [201, 201, 29]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "\u00a0=", "＝"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert harmless(f"{start}1+1").startswith("'")


@pytest.mark.parametrize("text", ["'t Hooft", "Ann-Marie", "a=b", "", "12", "é", " a"])
def test_a_harmless_cell_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@both_engines
def test_an_order_is_made_by_the_worker(signed: Petition) -> None:
    at = now()
    file_id = orders.place(order_of(signed, Export("petition_news", "csv"), "fr", "Ada Exemple", at), at)
    assert making.make_due() == 1
    file: Any = db.session.get(StoredFile, file_id)
    assert (file.status, file.percent, file.ordered_by) == ("ready", 100, "Ada Exemple")
    assert file.name.startswith("clean-water-petition-news-20")
    assert file.name.endswith(".csv")
    assert [row["email"] for row in rows_of(StoredBody(file).read())] == ["bob@example.org"]
