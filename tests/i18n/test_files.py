"""The catalogues' files are as gettext's programs write them: who saves one elsewhere changes what they changed."""

from __future__ import annotations

import difflib
import shutil
import subprocess
from pathlib import Path

import polib
import pytest
from translate.storage import pypo

from petition_app.i18n import shipped
from petition_app.i18n.po import parsed, rendered

CATALOGUES = shipped.po_files()
names = {"ids": lambda po: po.parts[-3]}


def changed_lines(before: bytes, after: bytes) -> list[str]:
    lines = difflib.unified_diff(before.decode().splitlines(), after.decode().splitlines(), lineterm="", n=0)
    return [line for line in lines if line[0] in "+-" and not line.startswith(("+++", "---"))]


@pytest.mark.parametrize("po", CATALOGUES, **names)
def test_each_is_as_it_would_be_written(po: Path) -> None:
    data = po.read_bytes()
    assert rendered(parsed(data)) == data


@pytest.mark.parametrize("po", CATALOGUES, **names)
def test_weblates_library_leaves_what_it_does_not_touch(po: Path) -> None:
    data = po.read_bytes()
    store = pypo.pofile.parsestring(data)
    assert bytes(store) == data
    unit = next(unit for unit in store.units if unit.source == "Sign this petition")
    unit.target = "?"
    assert len(changed_lines(data, bytes(store))) == 2


@pytest.mark.parametrize("po", CATALOGUES, **names)
def test_polib_breaks_lines_elsewhere_and_the_next_update_puts_that_right(po: Path, tmp_path: Path) -> None:
    """It puts the space at the beginning of a line, some headers in another order, and breaks what the code says to
    translators anew, which an update takes from the code again: nothing else."""
    data, saved = po.read_bytes(), tmp_path / "saved.po"
    polib.pofile(data.decode(), wrapwidth=77).save(str(saved))
    again = rendered(parsed(saved.read_bytes()))
    told = [line for line in changed_lines(data, again) if not line[1:].startswith(("#.", '"Plural-Forms'))]
    assert told == []


@pytest.mark.skipif(shutil.which("msgcat") is None, reason="gettext is not installed")
@pytest.mark.parametrize("po", CATALOGUES, **names)
def test_gettext_itself_breaks_nothing_but_words_elsewhere(po: Path) -> None:
    """It may break an address or a tag behind a dot or a slash, where we do not."""
    data = po.read_bytes()
    again = subprocess.run(["msgcat", str(po)], capture_output=True, check=True).stdout
    assert len(changed_lines(data, again)) <= 20
    assert "".join(again.decode().replace('"\n"', "").split()) == "".join(data.decode().replace('"\n"', "").split())
