"""What a file says beside the program's messages stays, whoever brings the next one; and an odd file does no harm."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest

from petition_app.extensions import db
from petition_app.i18n import kept_file, shipped
from petition_app.models import Translation
from petition_app.models.translation import key_of
from tests.admin.desk import Desk
from tests.admin.translations.catalogue import HOME, brought, taken_away
from tests.databases import both_engines

SIGN, COUNTED = "Sign this petition", "%(num)s comment is hidden."
HEAD = 'msgid ""\nmsgstr ""\n"Language: fr\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
MANY = '"Plural-Forms: nplurals=3; plural=(n > 1);\\n"\n'


def obsolete(desk: Desk) -> dict[str, polib.POEntry]:
    return {entry.msgid: entry for entry in taken_away(desk).obsolete_entries()}


@both_engines
def test_what_two_have_brought_both_stays(tara: Desk, paul: Desk) -> None:
    mine, his = taken_away(tara), taken_away(paul)
    mine.append(polib.POEntry(msgid="Of the next edition", msgstr="De la prochaine édition"))
    mine.append(polib.POEntry(msgid="Old", msgstr="Vieux", obsolete=True))
    mine.metadata["X-Generator"] = "Poedit 3.4.2"
    mine.header += "\nTara Exemple, 2026"
    his.append(polib.POEntry(msgid="Older", msgstr="Très vieux", obsolete=True))
    his.metadata["X-Other"] = "said"
    assert brought(tara, mine).status_code == 303
    assert brought(paul, his).status_code == 303
    # A file without a head says nothing of it, and takes nothing away.
    assert brought(paul, 'msgid "Sign"\nmsgstr "Signons"\n').status_code == 303
    file = taken_away(tara)
    assert {entry.msgid for entry in file.obsolete_entries()} >= {"Of the next edition", "Old", "Older"}
    assert (file.metadata["X-Generator"], file.metadata["X-Other"]) == ("Poedit 3.4.2", "said")


def test_lines_above_the_head_stay(tara: Desk) -> None:
    file = taken_away(tara)
    file.header += "\nTara Exemple, 2026"
    assert brought(tara, file).status_code == 303
    assert "Tara Exemple, 2026" in taken_away(tara).header


def test_a_review_is_not_taken_back_by_an_older_file(tara: Desk, paul: Desk) -> None:
    mine, his = taken_away(tara), taken_away(paul)
    assert mine.metadata.pop("X-Review-State") == "machine-drafted"
    assert brought(tara, mine).status_code == 303
    assert brought(paul, his).status_code == 303
    assert "X-Review-State" not in taken_away(tara).metadata


def test_no_head_is_no_review(tara: Desk) -> None:
    assert brought(tara, 'msgid "Sign"\nmsgstr "Signons"\n').status_code == 303
    assert taken_away(tara).metadata["X-Review-State"] == "machine-drafted"


def test_what_is_kept_has_its_bounds(tara: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next file has all of it, and has to fit through the same door; what was brought last goes before."""
    monkeypatch.setattr(kept_file, "MOST_KEPT", 300)
    for number in range(20):
        assert brought(tara, f'{HEAD}\n#~ msgid "Old {number}"\n#~ msgstr "Vieux {number}"\n').status_code == 303
    assert {"Old 19", "Old 18"} <= obsolete(tara).keys()
    assert "Old 0" not in obsolete(tara)


@pytest.mark.parametrize(
    "head",
    [
        '"PO-Revision-Date: 2026-11-27T10:00:00Z\\n"',
        '"PO-Revision-Date: 2026-13-45 99:99+0000\\n"',
        '"POT-Creation-Date: yesterday\\n"',
        '"Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;\\n"',
        '"Language: FR\\n"',
        '"Language: fr_CA@euro\\n"',
    ],
)
def test_a_head_as_other_programs_write_it_is_none_the_worse(tara: Desk, head: str) -> None:
    data = f'{HEAD}{head}\n\nmsgid "Sign"\nmsgstr "Signons"\n'
    for ending in ("\n", "\r\n", "\r"):
        assert brought(tara, data.replace("\n", ending)).status_code == 303, ending
    assert db.session.query(Translation).one().strings == ["Signons"]
    assert tara.get(f"{HOME}/messages.po").status_code == 200


@pytest.mark.parametrize("data", [b" ", b"\r", b"# a note\n", HEAD.encode()])
def test_a_file_without_a_message_is_none(tara: Desk, data: bytes) -> None:
    answer = brought(tara, data)
    assert answer.status_code == 422
    assert "It is no catalogue, or it is damaged." in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "data",
    [
        f'{HEAD}{MANY}\n#~ msgid "%(num)s tree"\n#~ msgid_plural "%(num)s trees"\n#~ msgstr[0] "a"\n#~ msgstr[2] "c"\n',
        f'{HEAD}{MANY}\nmsgid "%(num)s tree"\nmsgid_plural "%(num)s trees"\nmsgstr[0] "a"\nmsgstr[2] "c"\n',
        f'{HEAD}\nmsgid "%(num)s tree"\nmsgid_plural "%(num)s trees"\nmsgstr[0] "a"\nmsgstr[2] "c"\n',
        f'{HEAD}{MANY.replace("3", "400000000")}\nmsgid "%(num)s tree"\nmsgid_plural "b"\nmsgstr[0] "a"\n',
        f'{HEAD}{MANY.replace("3", "9" * 40)}\nmsgid "Sign"\nmsgstr "a"\n',
    ],
)
def test_other_plural_forms_are_told_and_do_no_harm(tara: Desk, data: str) -> None:
    answer = brought(tara, data)
    assert answer.status_code == 422
    wanted = "Its head must say: Plural-Forms: nplurals=2; plural=(n &gt; 1);"
    assert wanted in answer.get_data(as_text=True)
    assert tara.get(f"{HOME}/messages.po").status_code == 200


def test_a_language_that_nobody_knows_is_told(tara: Desk) -> None:
    answer = brought(tara, HEAD.replace("fr", "Polski") + '\nmsgid "Sign"\nmsgstr "a"\n')
    assert answer.status_code == 422
    assert "in another language: Polski" in answer.get_data(as_text=True)


def test_a_charset_that_nobody_knows_is_told(tara: Desk) -> None:
    """The template's own, which nobody has filled in."""
    answer = brought(tara, HEAD.replace("utf-8", "CHARSET") + '\nmsgid "Sign"\nmsgstr "a"\n')
    assert "It is written in charset. Please save it as UTF-8." in answer.get_data(as_text=True)


def test_what_an_obsolete_message_said_before_stays(tara: Desk) -> None:
    """As gettext writes it: `#~|`."""
    old = '# naguère\n#, fuzzy\n#~| msgid "Older"\n#~ msgid "Old"\n#~ msgstr "Vieux"\n'
    no_head = '#~ msgid ""\n#~ msgstr "x"\n'
    assert brought(tara, f"{HEAD}\n{old}\n{no_head}").status_code == 303
    text = tara.get(f"{HOME}/messages.po").get_data(as_text=True)
    assert old in text
    assert no_head not in text


def test_latin_1_keeps_its_letters(tara: Desk) -> None:
    data = (
        HEAD.replace("utf-8", "iso-8859-1") + '\nmsgid "Sign"\nmsgstr "Été"\n\n#~ msgid "Old"\n#~ msgstr "Vieil été"\n'
    )
    assert brought(tara, data.encode("latin-1")).status_code == 303
    assert db.session.query(Translation).one().strings == ["Été"]
    assert obsolete(tara)["Old"].msgstr == "Vieil été"


def test_a_message_that_stands_twice_is_told(tara: Desk) -> None:
    answer = brought(tara, f'{HEAD}\nmsgid "Sign"\nmsgstr "a"\n\nmsgid "Sign"\nmsgstr "b"\n')
    assert answer.status_code == 422
    assert "is damaged" in answer.get_data(as_text=True)


def test_a_plain_text_for_a_number_is_told(tara: Desk) -> None:
    answer = brought(tara, f'{HEAD}\nmsgid "{COUNTED}"\nmsgstr "caché"\n')
    assert "The number of plural forms must be 2, and is 1." in answer.get_data(as_text=True)
    answer = brought(tara, f'{HEAD}\n#, fuzzy\nmsgid "{COUNTED}"\nmsgstr "caché"\n')
    assert "The number of plural forms must be 2, and is 1." in answer.get_data(as_text=True)
    assert db.session.query(Translation).count() == 0


def test_other_letters_for_the_same_are_no_news(tara: Desk) -> None:
    """Letters in two pieces, as one system writes them; what the source said before, beside what is sure."""
    data = f'{HEAD}\n#| msgid "Sign it"\nmsgid "{SIGN}"\nmsgstr "Signer cette pe\u0301tition"\n'
    for _again in range(2):
        assert brought(tara, data).status_code == 303
        assert "The file says nothing new." in tara.get(f"{HOME}/file").get_data(as_text=True)
    assert db.session.query(Translation).count() == 0


def test_what_comes_back_into_the_program_is_there(tara: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = taken_away(tara)
    file.append(polib.POEntry(msgid="Of the next edition", msgstr="De la prochaine édition"))
    assert brought(tara, file).status_code == 303
    newer = polib.pofile(str(shipped.po_of("fr")))
    newer.append(polib.POEntry(msgid="Of the next edition", msgstr=""))
    path = tmp_path / "fr" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    newer.save(str(path))
    monkeypatch.setattr(shipped, "po_of", lambda _locale: path)
    form = tara.get(f"{HOME}/messages/{key_of(None, 'Of the next edition')}").get_data(as_text=True)
    assert "De la prochaine édition" in form.partition("Said before")[2]
    entry = taken_away(tara).find("Of the next edition")
    assert (entry.msgstr, entry.fuzzy) == ("De la prochaine édition", True)
