"""A petition's own texts by command: how far they are, out as a file, and back."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import Petition, TextPart
from tests.databases import both_engines
from tests.operations.conftest import Run
from tests.visitor import Visitor


@pytest.fixture
def variables() -> dict[str, str]:
    return {"PETITION_LOCALES": "fr en"}


@both_engines
def test_out_as_a_file_and_back_onto_the_page(
    app: Flask, client: Visitor, run: Run, petition: Petition, tmp_path: Path
) -> None:
    assert "en: 8 of 8 translated, 0 changed, 0 missing" in run("texts", "status", "clean-water").output
    path = tmp_path / "water.de.po"
    done = run("texts", "export", "clean-water", "en", "--out", str(path))
    assert done.exit_code == 0, done.output
    catalogue = polib.pofile(str(path))
    next(entry for entry in catalogue if entry.msgid == "Propre").msgstr = "Really clean"
    catalogue.save(str(path))
    assert "1 parts were kept." in run("texts", "import", "clean-water", str(path)).output
    assert "Really clean" not in client.get("/en/petitions/clean-water").get_data(as_text=True)
    done = run("texts", "import", "clean-water", str(path), "--publish")
    assert done.exit_code == 0, done.output
    assert "http://localhost:8000/en/petitions/clean-water" in done.output
    assert ">Really clean</li>" in client.get("/en/petitions/clean-water").get_data(as_text=True)
    assert "Readers have all of it already." in run("texts", "import", "clean-water", str(path), "--publish").output


def test_a_region_is_the_language_where_only_that_is_here(run: Run, petition: Petition, tmp_path: Path) -> None:
    file = tmp_path / "water.en.po"
    assert run("texts", "export", "clean-water", "en", "--out", str(file)).exit_code == 0
    catalogue = polib.pofile(str(file))
    catalogue.metadata["Language"] = "en_IE"
    next(entry for entry in catalogue if entry.msgid == "Propre").msgstr = "Really clean"
    catalogue.save(str(file))
    assert "1 parts were kept." in run("texts", "import", "clean-water", str(file)).output
    assert [part.locale for part in db.session.query(TextPart)] == ["en"]


def test_what_cannot_be_done_is_told(run: Run, petition: Petition, tmp_path: Path) -> None:
    good = tmp_path / "good.xlf"
    assert run("texts", "export", "clean-water", "en", "--out", str(good)).exit_code == 0
    assert "xliff" in good.read_text("utf-8")
    assert run("texts", "export", "clean-water", "de", "--format", "xliff").output.startswith("<?xml")
    bad = tmp_path / "bad.po"
    bad.write_text("nothing", "utf-8")
    french = tmp_path / "fr.xlf"
    french.write_text(good.read_text("utf-8").replace('trgLang="en"', 'trgLang="fr"'), "utf-8")
    for arguments, sentence in (
        (("export", "none", "en"), "There is no petition “none”"),
        (("export", "clean-water", "fr"), "is the language that “clean-water” is translated from"),
        (("export", "clean-water", "xx-yy"), "is not a language's code"),
        (("export", "clean-water", "en", "--out", str(tmp_path / "no" / "x.po")), "cannot be written"),
        (("import", "clean-water", str(bad)), "could not be read"),
        (("import", "clean-water", str(french)), "nothing was taken in"),
        (("status", "none"), "There is no petition “none”"),
    ):
        done = run("texts", *arguments)
        assert done.exit_code == 1, arguments
        assert sentence in done.output
    long = good.read_text("utf-8").replace("Clean water for Exampletown", "x" * 400)
    good.write_text(long, "utf-8")
    done = run("texts", "import", "clean-water", str(good))
    assert done.exit_code == 1
    assert "title: " in done.output
