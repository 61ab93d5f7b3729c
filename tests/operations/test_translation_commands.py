"""`petition translations export` and `import`: what was worded on the site, as a file and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.i18n import shipped
from petition_app.i18n.po import MARK, parsed, rendered
from petition_app.models import Translation
from tests.operations.conftest import Run


@pytest.mark.usefixtures("app")
def test_a_catalogue_goes_out_and_comes_back(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "fr.po"
    assert run("translations", "export", "fr", "--output", str(file)).exit_code == 0
    catalogue = parsed(file.read_bytes())
    assert catalogue.other_headers.pop(MARK)
    assert rendered(catalogue) == shipped.po_of("fr").read_bytes()
    text = file.read_text("utf-8")
    file.write_text(text.replace('msgstr "Signer cette pétition"', 'msgstr "Je signe"'), "utf-8")
    done = run("translations", "import", "fr", str(file))
    assert done.exit_code == 0, done.output
    assert "1 taken in" in done.output
    assert [row.strings for row in db.session.query(Translation)] == [["Je signe"]]
    assert 'msgstr "Je signe"' in run("translations", "export", "fr").output


def test_what_cannot_be_taken_is_told(app: Flask, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "fr.po"
    head = 'msgid ""\nmsgstr "Language: fr\\n"\n\n'
    file.write_text(f'{head}msgid "Sign this petition"\nmsgstr "<b>Signer</b>"\n', "utf-8")
    refused = run("translations", "import", "fr", str(file))
    assert refused.exit_code == 1
    assert "the tags must be the source's" in refused.output
    assert run("translations", "import", "xx", str(file)).exit_code == 1
    file.write_text("no catalogue", "utf-8")
    assert "cannot be read as a catalogue" in run("translations", "import", "fr", str(file)).output
    assert run("translations", "export", "xx").exit_code == 1
    assert db.session.query(Translation).count() == 0
