"""The catalogues in use: compiled, loaded when they are wanted, changed under the running program."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from babel.support import Translations
from flask import Flask
from flask_babel import gettext, ngettext

from petition_app.extensions import db
from petition_app.i18n import catalogues, compiling, shipped
from petition_app.i18n.locales import use_locale
from petition_app.i18n.po import Forms, Key
from petition_app.site import effective
from petition_app.transactions import writing


def rewrite(folder: Path, old: str, new: str, locale: str = "fr") -> None:
    """Edit a catalogue as a translator's tool would: the file is a later one."""
    po = folder / locale / "LC_MESSAGES" / "messages.po"
    stamp = po.stat().st_mtime_ns + 1_000_000_000
    text = po.read_text("utf-8")
    assert old in text
    po.write_text(text.replace(old, new, 1), "utf-8")
    os.utime(po, ns=(stamp, stamp))


def name_in_french() -> str:
    with use_locale("fr"):
        return str(gettext("Name"))


def test_an_edited_catalogue_is_compiled_anew(folder: Path, tmp_path: Path) -> None:
    compiled = tmp_path / "compiled"
    assert compiling.compile_all(compiled) == []
    mo = compiled / "fr" / "LC_MESSAGES" / "messages.mo"
    first = mo.read_bytes()
    rewrite(folder, 'msgstr "Prénom"', 'msgstr "Petit nom"')
    assert compiling.compile_all(compiled) == []
    assert mo.read_bytes() != first
    assert b"Petit nom" in mo.read_bytes()


def test_a_catalogue_that_cannot_be_read_leaves_the_one_before_in_use(folder: Path, tmp_path: Path) -> None:
    compiled = tmp_path / "compiled"
    compiling.compile_all(compiled)
    mo = compiled / "fr" / "LC_MESSAGES" / "messages.mo"
    first = mo.read_bytes()
    (folder / "fr" / "LC_MESSAGES" / "messages.po").write_text("this is no catalogue", "utf-8")
    (problem,) = compiling.compile_all(compiled)
    assert problem.startswith("fr/messages.po cannot be read")
    assert mo.read_bytes() == first


def test_what_an_installation_has_compiled_is_not_compiled_again(folder: Path, tmp_path: Path) -> None:
    assert compiling.compile_beside() == []
    assert compiling.compile_all(tmp_path / "compiled") == []
    assert not (tmp_path / "compiled").exists()
    assert compiling.compiled("fr", tmp_path / "compiled") == folder / "fr" / "LC_MESSAGES" / "messages.mo"


@pytest.mark.parametrize(
    "harm", ["<script>alert(1)</script>", "%(nowhere)s", "100 % nu", "\u202enom", "<b>Prénom", "http://example.net/"]
)
def test_what_could_break_a_page_is_left_out(folder: Path, tmp_path: Path, harm: str) -> None:
    rewrite(folder, 'msgstr "Prénom"', f'msgstr "{harm}"')
    (problem,) = compiling.compile_all(tmp_path / "compiled")
    assert "fr/messages.po: “Name” is left out" in problem
    assert harm.encode() not in (tmp_path / "compiled" / "fr" / "LC_MESSAGES" / "messages.mo").read_bytes()


@pytest.mark.parametrize("beside", [False, True])
def test_a_text_that_could_hurt_leaves_the_one_before_in_use(folder: Path, tmp_path: Path, beside: bool) -> None:
    """Not the source's: readers of a page in their language would meet one sentence in English."""
    made = compiling.compile_beside if beside else lambda: compiling.compile_all(tmp_path)
    made()
    rewrite(folder, 'msgstr "Prénom"', 'msgstr "<b>Prénom"')
    rewrite(folder, 'msgstr[1] "%(num)s signatures"', 'msgstr[1] "%(nombre)s signatures"')
    assert len(made()) == 2
    mo = compiling.compiled("fr", tmp_path)
    assert mo is not None
    words = Translations(io.BytesIO(mo.read_bytes()))
    assert words.gettext("Name") == "Prénom"
    assert words.ngettext("%(num)s signature", "%(num)s signatures", 2) == "%(num)s signatures"
    # It is told again, for as long as it stands there.
    assert made() == []
    assert len(compiling.all_problems()) == 2
    rewrite(folder, 'msgstr "Code postal"', 'msgstr "CP"')
    assert len(made()) == 2
    mo = compiling.compiled("fr", tmp_path)
    assert mo is not None
    words = Translations(io.BytesIO(mo.read_bytes()))
    assert (words.gettext("Name"), words.gettext("Postal Code")) == ("Prénom", "CP")


def test_what_is_fuzzy_is_no_problem(folder: Path, tmp_path: Path) -> None:
    """What an update proposes has other placeholders, as often as not; nobody is shown it."""
    rewrite(folder, 'msgid "Name"\nmsgstr "Prénom"', '#, fuzzy\nmsgid "Name"\nmsgstr "%(nom)s"')
    assert compiling.compile_all(tmp_path) == []
    assert b"%(nom)s" not in (tmp_path / "fr" / "LC_MESSAGES" / "messages.mo").read_bytes()


def test_a_language_is_loaded_when_it_is_first_wanted(app: Flask) -> None:
    found = catalogues.of_app()
    found.forget()
    with use_locale("fr"):
        assert gettext("Name") == "Prénom"
        assert ngettext("%(num)s signature", "%(num)s signatures", 0) == "0 signature"
    assert list(found._loaded) == ["fr"]


def test_reloading_takes_in_what_was_edited(folder: Path, app: Flask) -> None:
    assert name_in_french() == "Prénom"
    rewrite(folder, 'msgstr "Prénom"', 'msgstr "Petit nom"')
    assert name_in_french() == "Prénom"
    assert catalogues.of_app().reload() == []
    assert name_in_french() == "Petit nom"


def test_a_broken_file_keeps_the_old_words_and_says_what_is_wrong(folder: Path, app: Flask) -> None:
    rewrite(folder, 'msgstr "Prénom"', "msgstrr Prénom")
    (problem,) = catalogues.of_app().reload()
    assert "fr/messages.po cannot be read" in problem
    assert name_in_french() == "Prénom"


def test_every_process_follows_when_one_says_so(folder: Path, app: Flask) -> None:
    rewrite(folder, 'msgstr "Prénom"', 'msgstr "Petit nom"')
    with writing() as session:
        catalogues.tell_everybody(session)
    db.session.rollback()
    assert name_in_french() == "Prénom"  # this process has not looked yet
    effective.look(at_once=True)
    assert name_in_french() == "Petit nom"


def test_what_the_site_has_changed_lies_over_what_is_shipped(app: Flask) -> None:
    laid: dict[Key, Forms] = {
        (None, "Name"): "Petit nom",
        (None, ("%(num)s signature", "%(num)s signatures")): ("%(num)s signataire", "%(num)s signataires"),
        (None, "Surname"): "Nom<script>",
    }
    found = catalogues.of_app()
    found.supply_overrides(lambda locale: laid if locale == "fr" else {})
    with use_locale("fr"):
        assert gettext("Name") == "Petit nom"
        assert ngettext("%(num)s signature", "%(num)s signatures", 2) == "2 signataires"
        assert gettext("Surname") == "Nom"  # what could break a page is not used
    with use_locale("en"):
        assert gettext("Name") == "Name"
    laid.clear()
    found.forget()
    assert name_in_french() == "Prénom"


def test_a_language_without_a_catalogue_can_be_laid_over_the_sources(app: Flask) -> None:
    assert not shipped.po_of("sv").exists()
    found = catalogues.of_app()
    found.supply_overrides(lambda locale: {(None, "Name"): "Förnamn"} if locale == "sv" else {})
    with use_locale("sv"):
        assert gettext("Name") == "Förnamn"
        assert gettext("Surname") == "Surname"
