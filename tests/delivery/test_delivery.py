"""The document for the recipients: what stands in it, in any language, and that its check sum can be checked."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from petition_app.delivery import listing, making
from petition_app.delivery.blocks import blocks_of
from petition_app.extensions import db
from petition_app.files import making as files
from petition_app.files import orders
from petition_app.files.sending import StoredBody
from petition_app.models import Petition, PetitionText, Recipient, StoredFile
from petition_app.models.base import now
from petition_app.operations import demo
from petition_app.paper import entry
from petition_app.paper.entry import Line
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.story import BOB, CHARLIE, confirmed
from tests.visitor import Visitor

NOTE = 'Nous demandons un rendez-vous.\n\n#set page(paper: "a3") *gras* $x$ @label <b>'


def made(petition: Petition, locale: str = "fr", note: str = "") -> tuple[PdfReader, str, StoredFile]:
    """Have it made as the worker does; answers with the document, its text, and the file's row."""
    file_id = orders.place(making.order_of(petition, locale, note, "Ada Exemple", now()), now())
    files.make_due()
    file: Any = db.session.get(StoredFile, file_id)
    assert (file.status, file.error) == ("ready", "")
    reader = PdfReader(io.BytesIO(StoredBody(file).read()))
    return reader, "\n".join(page.extract_text() for page in reader.pages), file


@both_engines
def test_everything_that_is_handed_over(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client, postal_code="20200")
    confirmed(app, client, **{**BOB, "name_display": "initial"})
    confirmed(app, client, **{**CHARLIE, "name_display": "hidden", "postal_code": "97411"})
    with writing() as session:
        entry.add_batch(session, petition.id, "Marché", [Line(1, "Dora", "Papier", "69001")], "Ada", now())
    reader, text, file = made(petition, "en", NOTE)
    assert "Ada Exemple" in text
    assert "mayor of Exampletown" in text
    assert "3 people have signed the petition" in text
    assert "1 more has signed on paper." in text
    assert "Dear fellow citizens," in text
    assert "Alice Exemple" in text
    assert "Bob T." in text
    assert "Témoin" not in text
    assert "Charlie" not in text
    assert "97411" not in text
    assert "974 La Réunion" in text
    assert "2B Haute-Corse" in text
    assert "Dora Papier" in text
    # A member's words are words, whatever they look like to the typesetter.
    assert '#set page(paper: "a3") *gras* $x$ @label <b>' in text
    assert all(abs(float(page.mediabox.width) - 595.28) < 1 for page in reader.pages)
    last = len(reader.pages)
    assert [f"page {n} of {last}" in page.extract_text() for n, page in enumerate(reader.pages, 1)] == [True] * last
    assert file.name.startswith("clean-water-delivery-en-")


def test_the_check_sum_is_that_of_the_lines(app: Flask, client: Visitor, petition: Petition) -> None:
    confirmed(app, client)
    _reader, text, _file = made(petition)
    day = now().astimezone(app.config["SETTINGS"].timezone).date().isoformat()
    expected = hashlib.sha256(f"1\tAlice Exemple\t75011 FR\t{day}\n".encode()).hexdigest()
    assert expected in re.sub(r"\s", "", text)
    assert text.count(f"{expected[:16]}…") >= 4


def test_from_right_to_left(app: Flask, client: Visitor, petition: Petition) -> None:
    with writing() as session:
        body = "## مطالبنا\n\n1. ماء\n2. نظيف\n\n**مهم** و[رابط](https://example.org)"
        found = session.get_one(Petition, petition.id)
        found.texts.append(PetitionText(locale="ar", title="ماء نظيف للجميع", body=body))
        found.recipients.append(Recipient(locale="ar", position=0, name="آدا مثال", office="رئيسة البلدية"))
    confirmed(app, client, given_name="ليلى", surname="البستاني")
    confirmed(app, client, given_name="Jeanne", surname="Fleury", name_display="initial")
    reader, _text, _file = made(db.session.get_one(Petition, petition.id), "ar")
    seen = reader.pages[-1].extract_text(extraction_mode="layout")
    assert "Jeanne F." in seen, "the full stop stands behind the name"
    fonts = {
        str(font.get_object()["/BaseFont"]) for page in reader.pages for font in page["/Resources"]["/Font"].values()
    }
    assert any("DejaVu" in font or "Arabic" in font or "Naskh" in font for font in fonts), fonts
    assert len(reader.pages) >= 4


def test_what_is_not_translated_stands_there_in_its_own_language_and_direction(
    app: Flask, client: Visitor, petition: Petition
) -> None:
    with writing() as session:
        found = session.get_one(Petition, petition.id)
        text = PetitionText(locale="ar", title="ماء نظيف", body="ماء\n\n1. نظيف\n2. Propre\n\nEn français.")
        text.borrowed = {"from": "fr", "body": [2, 3], "offices": []}
        found.texts.append(text)
    blocks = blocks_of(text.body, text.borrowed_paragraphs, text.borrowed_from)
    assert blocks[0][0] == "p"
    assert blocks[1][1][1][1] == [["in", ["fr", "ltr", [["p", [["text", "Propre"]]]]]]]
    assert blocks[2] == ["in", ["fr", "ltr", [["p", [["text", "En français."]]]]]]
    _reader, words, _file = made(db.session.get_one(Petition, petition.id), "ar")
    assert "En français." in words
    assert "Propre" in words


def test_a_large_one_is_typeset_in_parts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    demo.load()
    petition = Petition.by_slug("demo")
    assert petition is not None
    petition_id = petition.id
    with writing() as session:
        lines = [Line(n, f"{'Maximilienne' * 6} {n}", "Wolfeschlegelstein" * 4, "69001") for n in range(60)]
        entry.add_batch(session, petition_id, "Long", lines, "Ada", now())
    monkeypatch.setattr(making, "PAGES_AT_ONCE", 3)
    reader, _text, _file = made(db.session.get_one(Petition, petition_id), "en")
    pages = [page.extract_text() for page in reader.pages]
    whole = len(pages)
    assert f"page {whole} of {whole}" in pages[-1]
    assert sum("Signatures on paper" in page for page in pages) == 2
    assert sum("in the order of their confirmation" in page for page in pages) == -(-428 // listing.LINES_A_PAGE)
    assert "P 60" in pages[-1]


def test_nobody_has_signed(petition: Petition) -> None:
    reader, text, _file = made(petition, "en")
    assert "0 people have signed" in text or "0 person has signed" in text
    assert len(reader.pages) == 3


def test_without_the_extra_it_says_so(petition: Petition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "is_installed", lambda: False)
    file_id = orders.place(making.order_of(petition, "fr", "", "", now()), now())
    files.make_due()
    file: Any = db.session.get(StoredFile, file_id)
    assert (file.status, "make install" in file.error) == ("failed", True)


def test_the_text_becomes_data_and_nothing_else() -> None:
    found = blocks_of(
        "# Title\n\nA *b* **c _d_** `e`\n[f](https://example.org) [g](javascript:x) <script>\n\n"
        "3. one\n\n   two\n4. three\n\n- x\n  - y\n\n> q\n\n---\n\n    code"
    )
    assert [block[0] for block in found] == ["h2", "p", "ol", "ul", "quote", "hr", "pre"]
    words = json.dumps(found)
    assert '["link", ["https://example.org", [["text", "f"]]]]' in words
    assert '["link", ["javascript' not in words
    assert found[2][1][0] == 3
    assert [[kind for kind, _content in item] for item in found[2][1][1]] == [["p", "p"], ["p"]]
    assert found[3][1][0][1][0] == "ul"


@pytest.mark.parametrize("length", [1, 52, 53, 95, 161])
def test_every_name_fits_on_its_line(length: int) -> None:
    assert listing._size("x" * length) >= 3.0


def test_pages_of_the_list(tmp_path: Path, make_petition: Callable[..., Petition]) -> None:
    path = tmp_path / "lines"
    path.write_text("".join(f'["{n}"]\n' for n in range(60)), "utf-8")
    found = [(is_paper, len(page)) for is_paper, page in listing.read_pages(path, 56)]
    assert found == [(False, 54), (False, 2), (True, 4)]
