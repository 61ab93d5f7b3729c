"""The catalogues: what the check finds, and that nothing translated is lost."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from petition_app.i18n import catalogues
from petition_app.paths import resource_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the catalogues to spoil."""
    copy = tmp_path / "translations"
    shutil.copytree(resource_folder("translations"), copy)
    monkeypatch.setattr(catalogues, "folder", lambda: copy)
    return copy


def spoil(folder: Path, old: str, new: str) -> list[str]:
    po = folder / "fr" / "LC_MESSAGES" / "messages.po"
    text = po.read_text("utf-8")
    assert old in text
    po.write_text(text.replace(old, new, 1), "utf-8")
    return catalogues.check()


def test_what_is_committed_is_complete(folder: Path) -> None:
    assert catalogues.check() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('msgstr "Prénom"', 'msgstr ""', "“Name” is not translated"),
        ('msgstr "Confirmez votre signature\u00a0: %(title)s"', 'msgstr "Confirmez"', "the placeholders must be"),
        ('msgstr "Confirmez votre signature\u00a0: %(title)s"', 'msgstr "%(titre)s"', "the placeholders must be"),
        ('msgstr "Prénom"', 'msgstr "<b>Prénom</b>"', "the tags must be"),
        ('msgstr "Prénom"', 'msgstr "Prénom "', "leading or trailing space"),
        ('msgstr "Prénom"', 'msgstr "Pré\u202enom"', "cannot be seen"),
        ('msgid "Surname"', 'msgid "Family name"', "“Surname” is missing"),
        ('msgid "Surname"', 'msgid "Family name"', "“Family name” is used nowhere"),
        ('msgid "Name"', '#, fuzzy\nmsgid "Name"', "marked fuzzy"),
        ('msgstr "Prénom"', "msgstrr Prénom", "cannot be read"),
    ],
)
def test_each_slip_is_told(folder: Path, old: str, new: str, said: str) -> None:
    findings = spoil(folder, old, new)
    assert any(said in finding for finding in findings), findings


def test_bringing_them_up_to_date_loses_nothing(folder: Path) -> None:
    before = {po: po.read_bytes() for po in catalogues.po_files()}
    catalogues.write_all()
    assert {po: po.read_bytes() for po in catalogues.po_files()} == before


def test_a_new_sentence_is_english_at_once_and_waits_for_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extracted = catalogues.extract()
    extracted.add("A sentence nobody wrote before")
    monkeypatch.setattr(catalogues, "extract", lambda: extracted)
    catalogues.write_all()
    assert any("fr/messages.po: “A sentence nobody" in f for f in catalogues.check())
    assert not any("en/messages.po" in f for f in catalogues.check())


def test_an_edited_catalogue_is_compiled_anew(folder: Path, tmp_path: Path) -> None:
    compiled = tmp_path / "compiled"
    catalogues.compile_all(compiled)
    mo = compiled / "fr" / "LC_MESSAGES" / "messages.mo"
    first = mo.read_bytes()
    po = folder / "fr" / "LC_MESSAGES" / "messages.po"
    po.write_text(po.read_text("utf-8").replace('msgstr "Prénom"', 'msgstr "Petit nom"'), "utf-8")
    stamp = po.stat().st_mtime_ns + 1
    os.utime(po, ns=(stamp, stamp))
    catalogues.compile_all(compiled)
    assert mo.read_bytes() != first
    assert b"Petit nom" in mo.read_bytes()


def test_a_catalogue_that_cannot_be_read_leaves_the_one_before_in_use(folder: Path, tmp_path: Path) -> None:
    compiled = tmp_path / "compiled"
    catalogues.compile_all(compiled)
    mo = compiled / "fr" / "LC_MESSAGES" / "messages.mo"
    first = mo.read_bytes()
    (folder / "fr" / "LC_MESSAGES" / "messages.po").write_text("this is no catalogue", "utf-8")
    catalogues.compile_all(compiled)
    assert mo.read_bytes() == first
