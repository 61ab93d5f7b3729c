"""A file is away for days while others word the same texts on the site: neither writes over the other unseen."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polib
import pytest

from petition_app.extensions import db
from petition_app.i18n import exchange, intake, shipped
from petition_app.i18n.po import MARK
from petition_app.i18n.site_words import By
from petition_app.models import Translation
from petition_app.models.base import now
from petition_app.models.translation import key_of
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines

HOME = "/admin/translations/fr"
SIGN, OTHER = "Sign this petition", "Sign"
Edit = Callable[[polib.POFile], object]


@pytest.fixture
def tara(as_member: AsMember) -> Desk:
    return as_member("translator", "Tara")


def word(desk: Desk, source: str, text: str, **fields: str) -> None:
    """In the browser, after a look at how it is by now."""
    db.session.expire_all()
    row = db.session.query(Translation).filter_by(locale="fr", key=key_of(None, source)).one_or_none()
    path = f"{HOME}/messages/{key_of(None, source)}"
    sent = {"text-0": text, "version": str(row.version if row else 0), **fields}
    assert desk.send(path, **sent).status_code == 303


def taken_away(desk: Desk) -> polib.POFile:
    return polib.pofile(desk.get(f"{HOME}/messages.po").get_data(as_text=True))


def brought(desk: Desk, file: polib.POFile | bytes, **fields: str) -> Any:
    data = file if isinstance(file, bytes) else str(file).encode()
    return desk.send(f"{HOME}/file", **fields, files={"file": (io.BytesIO(data), "fr.po")})


def said(source: str) -> str:
    db.session.expire_all()
    row = db.session.query(Translation).filter_by(locale="fr", key=key_of(None, source)).one()
    return " · ".join(row.strings)


@both_engines
def test_what_was_worded_since_is_not_taken_back(tara: Desk) -> None:
    word(tara, SIGN, "Je signe")
    file = taken_away(tara)
    word(tara, SIGN, "Je signe, moi aussi")
    word(tara, "Name", "Petit nom")
    file.find(OTHER).msgstr = "Signons"
    answer = brought(tara, file)
    assert answer.status_code == 303
    assert (said(SIGN), said("Name"), said(OTHER)) == ("Je signe, moi aussi", "Petit nom", "Signons")
    assert "1 text is taken in. Readers see it within two seconds." in tara.get(f"{HOME}/file").get_data(as_text=True)


@both_engines
@pytest.mark.parametrize("before", ["Je signe", ""], ids=["worded before", "as shipped before"])
def test_where_both_have_worded_it_the_sites_stays_and_both_are_shown(tara: Desk, before: str) -> None:
    if before:
        word(tara, SIGN, before)
    file = taken_away(tara)
    assert (MARK in file.metadata) is bool(before)
    word(tara, SIGN, "Je signe ici")
    file.find(SIGN).msgstr = "Je signe là"
    file.find(OTHER).msgstr = "Signons"
    page = brought(tara, file).get_data(as_text=True)
    assert said(SIGN) == "Je signe ici"
    assert said(OTHER) == "Signons"
    assert "1 text is taken in." in page
    left = page.partition("They stay as they are here")[2]
    assert f'href="{HOME}/messages/{key_of(None, SIGN)}"' in left
    assert "Je signe ici" in left
    assert "Je signe là" in left
    # Who wants the file's all the same says so; the history keeps the other.
    assert brought(tara, file, overwrite="y").status_code == 303
    assert said(SIGN) == "Je signe là"


def test_who_words_a_text_in_a_file_that_nobody_else_touched_is_heeded(tara: Desk) -> None:
    word(tara, SIGN, "Je signe")
    file = taken_away(tara)
    file.find(SIGN).msgstr = "Signez"
    assert brought(tara, file).status_code == 303
    assert said(SIGN) == "Signez"
    # Back to what the program says is a change, too.
    file = taken_away(tara)
    file.find(SIGN).msgstr = "Signer cette pétition"
    assert brought(tara, file).status_code == 303
    assert said(SIGN) == "Signer cette pétition"


def test_the_programs_own_file_takes_nothing_back(tara: Desk) -> None:
    """From the sources, with one text changed in Poedit: what the site words otherwise is not in it."""
    word(tara, SIGN, "Je signe")
    file = polib.pofile(str(shipped.po_of("fr")))
    file.find(OTHER).msgstr = "Signons"
    assert brought(tara, file).status_code == 303
    assert (said(SIGN), said(OTHER)) == ("Je signe", "Signons")


def test_another_sites_mark_counts_for_nothing(tara: Desk) -> None:
    word(tara, SIGN, "Je signe")
    file = taken_away(tara)
    for mark in (file.metadata[MARK][:-3] + "abc", "x", "", "2099-01-01T00:00:00+00:00 0 x.y"):
        file.metadata[MARK] = mark
        file.find(SIGN).msgstr = "Signez"
        assert "They stay as they are here" in brought(tara, file).get_data(as_text=True), mark
    # What was worded on another site comes here all the same, where nobody has worded it.
    db.session.query(Translation).delete()
    db.session.commit()
    assert brought(tara, file).status_code == 303
    assert said(SIGN) == "Signez"


def test_a_program_that_has_another_catalogue_by_now_is_not_taken_back(
    tara: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site was upgraded while the file was away: the program's new wording is told, not replaced by its old one."""
    word(tara, "Name", "Petit nom")
    file = taken_away(tara)
    newer = polib.pofile(str(shipped.po_of("fr")))
    newer.find(SIGN).msgstr = "Signer maintenant"
    path = tmp_path / "fr" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    newer.save(str(path))
    monkeypatch.setattr(shipped, "po_of", lambda _locale: path)
    file.find(OTHER).msgstr = "Signons"
    file.find("Name").msgstr = "Prénom usuel"
    page = brought(tara, file).get_data(as_text=True)
    left = page.partition("They stay as they are here")[2]
    # One of them was touched in the file, and the program says it as before: that cannot be known any more.
    assert set(re.findall(rf"{HOME}/messages/(\w+)", left)) == {key_of(None, OTHER), key_of(None, SIGN)}
    assert "Signer maintenant" in left
    assert said("Name") == "Prénom usuel"
    assert db.session.query(Translation).filter_by(key=key_of(None, SIGN)).count() == 0


def test_notes_of_both_stay(tara: Desk) -> None:
    word(tara, SIGN, "Je signe", comment="Plus personnel.")
    file = taken_away(tara)
    word(tara, SIGN, "Je signe", comment="Plus court, aussi.")
    file.find(SIGN).tcomment = "Voir le glossaire."
    assert brought(tara, file).status_code == 303
    assert brought(tara, file).status_code == 303  # once more adds nothing
    row = db.session.query(Translation).one()
    assert (row.comment, row.strings) == ("Plus court, aussi.\nVoir le glossaire.", ["Je signe"])


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_who_saves_while_the_file_is_taken_in_is_not_written_over(tara: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the reading of the rows and the writing of one of them."""
    word(tara, SIGN, "Je signe")
    file = taken_away(tara)
    file.find(SIGN).msgstr = "Signez"
    save, others = intake.save, iter(["Quelqu’un signe"])

    def saved(*arguments: Any) -> Any:
        for text in others:
            with db.engine.begin() as connection:
                table = Translation.__table__
                connection.execute(table.update().values(strings=[text], version=table.c.version + 1))
        return save(*arguments)

    monkeypatch.setattr(intake, "save", saved)
    page = brought(tara, file).get_data(as_text=True)
    assert "Quelqu’un signe" in page.partition("They stay as they are here")[2]
    assert said(SIGN) == "Quelqu’un signe"


def test_a_command_takes_nothing_back_either(tara: Desk) -> None:
    word(tara, SIGN, "Je signe")
    file = taken_away(tara)
    word(tara, SIGN, "Je signe ici")
    file.find(SIGN).msgstr = "Je signe là"
    with writing() as session:
        outcome = exchange.import_(session, "fr", str(file).encode(), By("", None, now()))
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
    page = tara.get(f"{HOME}/file").get_data(as_text=True)
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
