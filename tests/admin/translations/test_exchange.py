"""A catalogue goes out to other programs and comes back, as Poedit and Weblate leave it: nothing is lost on the way."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import polib
import pytest
from flask import Flask
from translate.storage import pypo

from petition_app.i18n import exchange, shipped
from petition_app.i18n.po import MARK, forms, key, parsed, rendered
from petition_app.i18n.site_words import By
from petition_app.models import Translation
from petition_app.models.base import now
from petition_app.site import effective
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.admin.translations.catalogue import brought, exported
from tests.databases import both_engines

FORM = "Sign this petition"
COUNTED = "%(num)s signature"


def as_poedit(data: bytes, tmp_path: Path) -> bytes:
    """Headers of its own, lines of 77, a note, one that is fuzzy with what it said before, one that is obsolete."""
    file = polib.pofile(data.decode(), wrapwidth=77)
    file.metadata |= {
        "X-Generator": "Poedit 3.4.2",
        "Last-Translator": "Tara Exemple <tara@example.org>",
        "PO-Revision-Date": "2026-11-26 10:00+0100",
        "X-Poedit-Basepath": "../..",
    }
    file.find(FORM).msgstr = "Je signe cette pétition"
    file.find(FORM).tcomment = "Plus personnel.\nÀ revoir."
    counted = file.find(COUNTED)
    counted.msgstr_plural = {0: "%(num)s paraphe", 1: "%(num)s paraphes"}
    unsure = file.find("Sign")
    unsure.msgstr, unsure.previous_msgid = "Signons", "Sign it"
    unsure.flags = ["fuzzy"]
    file.append(polib.POEntry(msgid="Gone", msgstr="Partie", obsolete=True, tcomment="naguère"))
    file.save(str(tmp_path / "fr.po"))
    return (tmp_path / "fr.po").read_bytes()


def as_weblate(data: bytes) -> bytes:
    """The same by the library that Weblate stands on."""
    store = pypo.pofile.parsestring(data)
    store.wrapper.width = 77
    store.updateheader(add=True, X_Generator="Weblate 5.8", Last_Translator="Tara Exemple <tara@example.org>")
    for unit in store.units:
        if unit.source == FORM:
            unit.target = "Je signe cette pétition"
            unit.addnote("Plus personnel.", origin="translator")
        elif unit.source == "Sign" and not unit.getcontext():
            unit.target, unit.prev_source = "Signons", "Sign it"
            unit.markfuzzy()
        elif str(unit.source) == COUNTED:
            unit.target = ["%(num)s paraphe", "%(num)s paraphes"]
    return bytes(store)


def meaning(data: bytes) -> dict[str, Any]:
    """All that a file says, without how its lines are broken."""
    file = polib.pofile(data.decode())
    return {
        "headers": {name: value for name, value in file.metadata.items() if name != "Content-Type"},
        "messages": {
            (entry.msgctxt, entry.msgid): (
                entry.msgstr,
                entry.msgstr_plural,
                sorted(entry.flags),
                " ".join(entry.tcomment.split()),
                " ".join(entry.comment.split()),
                entry.previous_msgid,
                sorted(entry.occurrences),
            )
            for entry in file
            if not entry.obsolete
        },
        "obsolete": {(entry.msgid, entry.msgstr, entry.tcomment) for entry in file.obsolete_entries()},
    }


@both_engines
def test_there_and_back_as_poedit_leaves_it(tara: Desk, tmp_path: Path) -> None:
    edited = as_poedit(exported(tara), tmp_path)
    assert brought(tara, edited).status_code == 303
    back, wanted = meaning(exported(tara)), meaning(edited)
    assert back["messages"].keys() == wanted["messages"].keys()
    assert [key for key, said in back["messages"].items() if said != wanted["messages"][key]] == []
    assert back["headers"].pop(MARK) != wanted["headers"].pop(MARK)  # the site's own words are in it by now
    assert (back["headers"], back["obsolete"]) == (wanted["headers"], wanted["obsolete"])
    # The same file once more is nothing new.
    before = {row.id: row.version for row in all_rows()}
    assert brought(tara, edited).status_code == 303
    assert {row.id: row.version for row in all_rows()} == before
    assert len(before) == 3


def test_there_and_back_as_weblate_leaves_it(tara: Desk) -> None:
    edited = as_weblate(exported(tara))
    assert brought(tara, edited).status_code == 303
    back = meaning(exported(tara))
    assert back["messages"] == meaning(edited)["messages"]
    assert back["headers"]["X-Generator"] == "Weblate 5.8"
    assert len(all_rows()) == 3


def all_rows() -> list[Translation]:
    from petition_app.extensions import db

    db.session.expire_all()
    return db.session.query(Translation).all()


def test_what_is_exported_without_changes_is_what_is_shipped(tara: Desk) -> None:
    catalogue = parsed(exported(tara))
    assert catalogue.other_headers.pop(MARK)
    assert rendered(catalogue) == shipped.po_of("fr").read_bytes()


@both_engines
def test_what_was_worded_here_goes_upstream(tara: Desk, app: Flask) -> None:
    exchange.import_(exchange.read("fr", as_file('msgid "Sign this petition"\nmsgstr "Je signe"')), By("", None, now()))
    effective.look(at_once=True)
    found = {key(message): forms(message) for message in parsed(exported(tara), "fr") if message.id}
    assert found[None, FORM] == ("Je signe",)
    assert "Je signe" in tara.get("/fr/").get_data(as_text=True) or app is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('msgid "Sign this petition"\nmsgstr "<b>Signer</b>"', "The source has no tags: please take them out."),
        ('msgid "Sign this petition"\nmsgstr "<b>Signer cette pétition"', "The source has no tags"),
        (
            'msgid "Sign this petition"\nmsgstr "Signer %(x)s"',
            "These must stand in it, as they are in the source, and no others",
        ),
        (
            'msgid "%(num)s signature"\nmsgid_plural "%(num)s signatures"\nmsgstr[0] "une"',
            "This is not translated yet.",
        ),
        (f'msgid "Sign this petition"\nmsgstr "{"Signer " * 800}"', "This is longer than 5,000 characters."),
        (f'# {"note " * 300}\nmsgid "Sign this petition"\nmsgstr "Signe"', "The note is longer than 1,000 characters."),
    ],
)
def test_what_could_hurt_is_left_out_and_told(tara: Desk, body: str, said: str) -> None:
    answer = brought(tara, as_file(f'{body}\n\nmsgid "Sign"\nmsgstr "Signons"'))
    assert answer.status_code == 200
    assert said in answer.get_data(as_text=True)
    assert [row.strings for row in all_rows()] == [["Signons"]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Please choose a file"),
        (b"msgid broken", "cannot be read as a catalogue. Line 1 is damaged."),
        (b'msgid "a"\nmsgstr "b"\n\nmsgid "c"\nmsgstrr "d"\n', "cannot be read as a catalogue. Line 5 is damaged."),
        (b"\xff\xfe\x00", "cannot be read as a catalogue. It is not written in UTF-8."),
        (b'msgid ""\nmsgstr "Plural-Forms: nplurals=many\\n"\n', "It is no catalogue, or it is damaged."),
        (b'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-7\\n"\n\nmsgid "Sign"\nmsgstr "+2AA-"\n', "UTF-8"),
        (b'msgid ""\nmsgstr "Language: de\\n"\n\nmsgid "Sign"\nmsgstr "x"\n', "another language: Deutsch"),
    ],
)
def test_a_file_that_is_none_is_told(tara: Desk, data: bytes, said: str) -> None:
    answer = brought(tara, data)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert all_rows() == []


def test_a_translator_is_told_in_their_own_language(as_member: AsMember) -> None:
    ula = as_member("translator", "Ula", locale="fr")
    said = brought(ula, b"msgid broken").get_data(as_text=True)
    assert "Ce fichier ne peut pas être lu comme catalogue. La ligne 1 est endommagée." in said
    said = brought(ula, as_file('msgid "Sign this petition"\nmsgstr "<b>Signer</b>"')).get_data(as_text=True)
    assert "La source n’a pas de balises" in said


def test_a_mark_of_the_encoding_does_no_harm(tara: Desk) -> None:
    """Some editors on Windows begin each file with it."""
    data = as_file('msgid "Sign this petition"\nmsgstr "Je signe"')
    assert brought(tara, codecs.BOM_UTF8 + data).status_code == 303
    assert [row.strings for row in all_rows()] == [["Je signe"]]


def as_file(body: str) -> bytes:
    return f'msgid ""\nmsgstr ""\n"Language: fr\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n{body}\n'.encode()
