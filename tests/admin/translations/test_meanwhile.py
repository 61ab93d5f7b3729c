"""A file is away for days while others word the same texts on the site: neither writes over the other unseen."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polib
import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.i18n import exchange, shipped
from petition_app.i18n.intake import Intake
from petition_app.i18n.po import MARK
from petition_app.i18n.site_words import By
from petition_app.models import Translation
from petition_app.models.base import now
from petition_app.models.translation import key_of
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.admin.translations.catalogue import HOME, brought, taken_away
from tests.databases import both_engines

SIGN, OTHER = "Sign this petition", "Sign"
Edit = Callable[[polib.POFile], object]


def word(desk: Desk, source: str, text: str, **fields: str) -> None:
    """In the browser, after a look at how it is by now."""
    db.session.expire_all()
    row = db.session.query(Translation).filter_by(locale="fr", key=key_of(None, source)).one_or_none()
    assert typed(desk, source, text, row.version if row else 0, **fields) == 303


def typed(desk: Desk, source: str, text: str, version: int = 0, **fields: str) -> int:
    sent = {"text-0": text, "version": str(version), **fields}
    return desk.send(f"{HOME}/messages/{key_of(None, source)}", **sent).status_code


def told_after(desk: Desk) -> str:
    return desk.get(f"{HOME}/file").get_data(as_text=True)


def said(source: str) -> str:
    db.session.expire_all()
    row = db.session.query(Translation).filter_by(locale="fr", key=key_of(None, source)).one()
    return " · ".join(row.strings)


@both_engines
def test_what_was_worded_since_is_not_taken_back(tara: Desk, paul: Desk) -> None:
    word(tara, SIGN, "Je signe")
    file = taken_away(tara)
    word(paul, SIGN, "Je signe, moi aussi")
    word(paul, "Name", "Petit nom")
    file.find(OTHER).msgstr = "Signons"
    answer = brought(tara, file)
    assert answer.status_code == 303
    assert (said(SIGN), said("Name"), said(OTHER)) == ("Je signe, moi aussi", "Petit nom", "Signons")
    assert "1 text is taken in. Readers see it within two seconds." in told_after(tara)


@both_engines
@pytest.mark.parametrize("before", ["Je signe", ""], ids=["worded before", "as shipped before"])
def test_where_both_have_worded_it_the_sites_stays_and_both_are_shown(tara: Desk, paul: Desk, before: str) -> None:
    if before:
        word(tara, SIGN, before)
    file = taken_away(tara)
    word(paul, SIGN, "Je signe ici")
    word(paul, "Name", "Petit nom")
    file.find(SIGN).msgstr = "Je signe là\u202e"
    file.find(OTHER).msgstr = "Signons"
    page = brought(tara, file).get_data(as_text=True)
    assert said(SIGN) == "Je signe ici"
    assert said(OTHER) == "Signons"
    assert "1 text is taken in." in page
    left = page.partition("They stay as they are here")[2]
    assert f'href="{HOME}/messages/{key_of(None, SIGN)}"' in left
    assert "Je signe ici" in left
    assert "Je signe là<" in left
    file.find(SIGN).msgstr = "Je signe là"
    # Who wants the file's all the same says so. It is for what both have worded: nothing else is taken back.
    assert brought(tara, file, overwrite="y").status_code == 303
    assert (said(SIGN), said("Name")) == ("Je signe là", "Petit nom")


def test_a_wording_that_is_unsure_is_told_as_such(tara: Desk, paul: Desk) -> None:
    file = taken_away(tara)
    word(paul, SIGN, "Je signe", unsure="y")
    file.find(SIGN).msgstr = "Je signe"
    left = brought(tara, file).get_data(as_text=True).partition("They stay as they are here")[2]
    assert "Not sure" in left
    assert "nothing new" not in left


def test_ones_own_words_are_no_conflict(tara: Desk, paul: Desk) -> None:
    """The same file goes on being edited after it was brought: nobody else has worded what is in it."""
    file = taken_away(tara)
    for text in ("Signez", "Signez donc", "Je signe"):
        file.find(SIGN).msgstr = text
        assert brought(tara, file).status_code == 303
        assert said(SIGN) == text
    word(paul, SIGN, "Je signe, dit Paul")
    file.find(SIGN).msgstr = "Je signe, dit Tara"
    assert "They stay as they are here" in brought(tara, file).get_data(as_text=True)


def test_who_words_a_text_in_a_file_that_nobody_else_touched_is_heeded(tara: Desk, paul: Desk) -> None:
    word(paul, SIGN, "Je signe")
    file = taken_away(tara)
    file.find(SIGN).msgstr = "Signez"
    assert brought(tara, file).status_code == 303
    assert said(SIGN) == "Signez"
    # Back to what the program says is a change, too.
    file = taken_away(paul)
    file.find(SIGN).msgstr = "Signer cette pétition"
    assert brought(paul, file).status_code == 303
    assert said(SIGN) == "Signer cette pétition"


def test_the_programs_own_file_takes_nothing_back(tara: Desk) -> None:
    """From the sources, with one text changed in Poedit: what the site words otherwise is not in it."""
    word(tara, SIGN, "Je signe")
    file = polib.pofile(str(shipped.po_of("fr")))
    file.find(OTHER).msgstr = "Signons"
    assert brought(tara, file).status_code == 303
    assert (said(SIGN), said(OTHER)) == ("Je signe", "Signons")


def test_another_sites_mark_counts_for_nothing(tara: Desk, paul: Desk) -> None:
    word(paul, SIGN, "Je signe")
    file = taken_away(tara)
    good = file.metadata[MARK]
    for mark in (f"{good[:-3]}abc", "x", "", "0 - 000000000000.x", good.replace(good.split()[0], "999", 1)):
        file.metadata[MARK] = mark
        file.find(SIGN).msgstr = "Signez"
        assert "They stay as they are here" in brought(tara, file).get_data(as_text=True), mark
    # What was worded on another site comes here all the same, where nobody has worded it.
    db.session.query(Translation).delete()
    db.session.commit()
    assert brought(tara, file).status_code == 303
    assert said(SIGN) == "Signez"


def test_a_mark_in_other_letters_is_the_mark(tara: Desk, paul: Desk) -> None:
    """Headers are the same in capitals and small letters; some programs change them."""
    word(paul, SIGN, "Je signe")
    file = taken_away(tara)
    file.metadata[MARK.lower()] = file.metadata.pop(MARK)
    file.find(SIGN).msgstr = "Signez"
    assert brought(tara, file).status_code == 303
    assert [name for name in taken_away(tara).metadata if name.lower() == MARK.lower()] == [MARK]


@pytest.mark.parametrize("is_kept", [True, False])
def test_an_upgrade_is_not_taken_back(
    tara: Desk, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_kept: bool
) -> None:
    """The site is upgraded while the file is away. The catalogue of before is kept on the machine, if it has room."""
    file = taken_away(tara)
    newer_program(tmp_path, monkeypatch, **{SIGN: "Signer maintenant", "Name": "Petit nom"})
    kept = app.config["SETTINGS"].catalogues_dir / "exported"
    assert len(list(kept.iterdir())) == 1
    if not is_kept:
        shutil.rmtree(kept)
    file.find(OTHER).msgstr = "Signons"
    file.find("Name").msgstr = "Prénom usuel"
    left = brought(tara, file).get_data(as_text=True).partition("They stay as they are here")[2]
    apart = set(re.findall(rf"{HOME}/messages/(\w+)", left))
    # Where it is not kept, nobody can know what was changed in the file: nothing is taken back all the same.
    assert apart == {key_of(None, source) for source in (("Name",) if is_kept else (SIGN, OTHER, "Name"))}
    assert "Petit nom" in left
    assert db.session.query(Translation).count() == is_kept


def test_notes_of_both_stay(tara: Desk, paul: Desk) -> None:
    word(tara, SIGN, "Je signe", comment="Plus personnel.")
    file = taken_away(tara)
    word(paul, SIGN, "Je signe", comment="Plus court, aussi.")
    file.find(SIGN).tcomment = "Voir le glossaire."
    assert brought(tara, file).status_code == 303
    assert brought(tara, file).status_code == 303  # once more adds nothing
    row = db.session.query(Translation).one()
    assert (row.comment, row.strings) == ("Plus court, aussi.\nVoir le glossaire.", ["Je signe"])


def newer_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **texts: str) -> None:
    """An edition that words these otherwise."""
    newer = polib.pofile(str(shipped.po_of("fr")))
    for source, text in texts.items():
        newer.find(source).msgstr = text
    path = tmp_path / "fr" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    newer.save(str(path))
    monkeypatch.setattr(shipped, "po_of", lambda _locale: path)


def test_an_upgrade_is_not_taken_back_where_somebody_once_undid_a_wording(
    tara: Desk, paul: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word(paul, SIGN, "Je signe")
    assert paul.send(f"{HOME}/messages/{key_of(None, SIGN)}/restoration?version=0").status_code == 303
    file = taken_away(tara)
    newer_program(tmp_path, monkeypatch, **{SIGN: "Signer maintenant"})
    file.find(SIGN).msgstr = "Signez"
    left = brought(tara, file).get_data(as_text=True).partition("They stay as they are here")[2]
    assert "Signer maintenant" in left
    assert said(SIGN) == ""


def test_a_wording_that_somebody_has_taken_away_does_not_come_back(
    tara: Desk, paul: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program has no text of its own for it: there is none at all then."""
    newer_program(tmp_path, monkeypatch, **{SIGN: ""})
    word(paul, SIGN, "Je signe")
    file = taken_away(tara)
    assert paul.send(f"{HOME}/messages/{key_of(None, SIGN)}/restoration?version=0").status_code == 303
    file.find(SIGN).msgstr = "Signez"
    assert "–" in brought(tara, file).get_data(as_text=True).partition("They stay as they are here")[2]
    assert said(SIGN) == ""


def test_a_note_alone_is_kept_and_words_nothing(
    tara: Desk, paul: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = taken_away(tara)
    file.find(SIGN).tcomment = "Trop sec ?"
    file.find(OTHER).msgstr, file.find(OTHER).tcomment = "", "Que veut dire ceci ?"
    word(paul, "Name", "Petit nom")
    file.find("Name").msgstr, file.find("Name").tcomment = "Prénom usuel", "Comme au registre."
    assert "They stay as they are here" in brought(tara, file).get_data(as_text=True)
    back = taken_away(tara)
    assert [back.find(source).tcomment for source in (SIGN, OTHER, "Name")] == [
        "Trop sec ?",
        "Que veut dire ceci ?",
        "Comme au registre.",
    ]
    assert (said(SIGN), said(OTHER), said("Name")) == ("", "", "Petit nom")
    newer_program(tmp_path, monkeypatch, **{SIGN: "Signer maintenant"})
    assert taken_away(tara).find(SIGN).msgstr == "Signer maintenant"


def test_a_note_that_is_the_beginning_of_another_is_another(tara: Desk, paul: Desk) -> None:
    file = taken_away(tara)
    word(paul, SIGN, "Je signe", comment="Pas cassé du tout")
    file.find(SIGN).tcomment = "Pas cass"
    brought(tara, file)
    assert db.session.query(Translation).one().comment == "Pas cassé du tout\nPas cass"


@both_engines
def test_the_first_words_of_a_site_by_many_at_once(tara: Desk, paul: Desk, as_member: AsMember) -> None:
    desks = [tara, paul, as_member("translator", "Ula"), as_member("translator", "Vito")]
    sources, answers = (SIGN, OTHER, "Name", "Surname"), []

    def type_(desk: Desk, source: str) -> None:
        answers.append(typed(desk, source, f"{source}."))

    threads = [threading.Thread(target=type_, args=one) for one in zip(desks, sources, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_who_is_quicker_by_a_moment_is_not_written_over(
    tara: Desk, paul: Desk, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reading of the texts and the writing of one that nobody had worded before."""
    file = taken_away(tara)
    file.find(SIGN).msgstr = "Signez"
    write, quicker = Intake.write, iter(["Je signe"])

    def written(*arguments: Any) -> None:
        for text in quicker:
            thread = threading.Thread(target=typed, args=(paul, SIGN, text))
            thread.start()
            thread.join()
        write(*arguments)

    monkeypatch.setattr(Intake, "write", written)
    page = brought(tara, file).get_data(as_text=True)
    assert "Je signe" in page.partition("They stay as they are here")[2]
    assert said(SIGN) == "Je signe"


@both_engines
def test_two_who_bring_files_and_one_who_types_all_come_through(tara: Desk, paul: Desk, as_member: AsMember) -> None:
    """Each waits for the other, and nobody for ever."""
    ula = as_member("translator", "Ula")
    texts = [entry.msgid for entry in taken_away(tara) if not entry.msgid_plural and entry.msgctxt is None][:120]
    files = []
    for part, sources in ((tara, texts[:80]), (paul, texts[40:])):
        file = taken_away(part)
        for source in sources:
            file.find(source, msgctxt=False).msgstr += f" ({'tara' if part is tara else 'paul'})"
        files.append((part, file))
    answers: list[int] = []

    def bring(desk: Desk, file: polib.POFile) -> None:
        answers.append(brought(desk, file).status_code)

    threads = [threading.Thread(target=bring, args=one) for one in files]
    threads += [threading.Thread(target=typed, args=(ula, source, f"{source} ula")) for source in texts[110:111]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 303}
    assert len(answers) == 2
    assert db.session.query(Translation).count() == len(texts)


def test_a_command_takes_nothing_back_either(tara: Desk) -> None:
    word(tara, SIGN, "Je signe")
    file = taken_away(tara)
    word(tara, SIGN, "Je signe ici")
    file.find(SIGN).msgstr = "Je signe là"
    outcome = exchange.import_(exchange.read("fr", str(file).encode()), By("", None, now()))
    assert [str(one) for one in outcome.conflicts] == [
        "“Sign this petition”: has another text by now than when the file was made: “Je signe ici”. It stays; the "
        "file says “Je signe là”."
    ]


def test_what_the_program_does_not_have_is_not_lost(tara: Desk) -> None:
    """A text of its next edition, or of its last; and what was worded here for one that is gone."""
    file = taken_away(tara)
    file.append(polib.POEntry(msgid="Of the next edition", msgstr="De la prochaine édition"))
    file.append(polib.POEntry(msgid=SIGN, msgctxt="elsewhere", msgstr="Signer ailleurs"))
    counted = {0: "%(num)s arbre", 1: "%(num)s arbres"}
    file.append(polib.POEntry(msgid="%(num)s tree", msgid_plural="%(num)s trees", msgstr_plural=counted))
    file.append(polib.POEntry(msgid="Nothing said", msgstr=""))
    assert brought(tara, file).status_code == 303
    page = told_after(tara)
    assert "The file says nothing new." in page
    assert "3 texts of the file are not in the program." in page
    row = Translation(locale="fr", key=key_of(None, "Of the last one"), msgid="Of the last one")
    row.word(("De la dernière",), shipped=("",), at=now(), by="Tara", is_unsure=True, comment="naguère")
    db.session.add(row)
    db.session.commit()
    kept = {(entry.msgctxt, entry.msgid): entry for entry in taken_away(tara).obsolete_entries()}
    assert kept[None, "Of the next edition"].msgstr == "De la prochaine édition"
    assert kept["elsewhere", SIGN].msgstr == "Signer ailleurs"
    assert kept[None, "%(num)s tree"].msgstr_plural == counted
    assert (None, "Nothing said") not in kept
    last = kept[None, "Of the last one"]
    assert (last.msgstr, last.fuzzy, last.tcomment) == ("De la dernière", True, "naguère")
    # It stays so from one file to the next.
    assert brought(tara, taken_away(tara)).status_code == 303
    assert {(entry.msgctxt, entry.msgid) for entry in taken_away(tara).obsolete_entries()} >= kept.keys()
