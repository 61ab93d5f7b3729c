"""A petition's texts go out as a file and come back, through the programs that translators use."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import replace

import polib
import pytest
from flask import Flask
from translate.storage.pypo import pofile
from translate.storage.xliff2 import Xliff2File

from petition_app.extensions import db
from petition_app.i18n.locales import use_locale
from petition_app.models import FormerSlug, Petition
from petition_app.models.base import now
from petition_app.texts.entries import UnreadableFile
from petition_app.texts.exchange import (
    FORMATS,
    LARGEST_FILE,
    Imported,
    OtherPetition,
    bundle_of,
    import_bundle,
    read_file,
)
from tests.databases import both_engines
from tests.texts.conftest import change_source, part_of

Translate = Callable[..., object]
LONG = "Nous demandons de l’eau propre pour tout le monde, partout, <b>tout</b> de suite & « sans attendre »"


def exported(form: str, locale: str = "ar") -> bytes:
    db.session.expire_all()
    return FORMATS[form].write(bundle_of(db.session.query(Petition).one(), locale))


def imported(data: bytes, locale: str = "ar", **options: bool) -> Imported:
    db.session.expire_all()
    return import_bundle(db.session.query(Petition).one(), locale, read_file(data), "Tara", now(), **options)


@pytest.fixture
def outdated(translate: Translate) -> None:
    """One part is translated, and its source has changed since."""
    change_source("2. Propre", f"2. {LONG}")
    translate("ar", {"title": "ماء نظيف", LONG: "نطلب ماء نظيفا"})
    change_source("sans attendre", "dès demain")


@both_engines
@pytest.mark.usefixtures("outdated")
@pytest.mark.parametrize("form", FORMATS)
def test_it_comes_back_as_it_went(form: str) -> None:
    bundle = bundle_of(db.session.query(Petition).one(), "ar")
    back = read_file(FORMATS[form].write(bundle))
    assert (back.locale, back.slug) == ("ar", "clean-water")

    def content(bundle_there: object) -> list[tuple[object, ...]]:
        entries = bundle_there.entries  # type: ignore[attr-defined]  # a Bundle
        return [(e.key, e.source, e.target, e.is_outdated, e.seen) for e in entries]

    assert content(back) == content(bundle)
    assert imported(FORMATS[form].write(bundle)).kept.changed == ()


@pytest.mark.usefixtures("outdated")
def test_poedits_and_weblates_way_with_a_catalogue(petition: Petition) -> None:
    """The file is read and written anew by other libraries, with their own wrapping, and keeps everything."""
    catalogue = polib.pofile(exported("po").decode())
    assert catalogue.metadata["Language"] == "ar"
    fuzzy = [entry for entry in catalogue if entry.fuzzy]
    assert [entry.previous_msgid for entry in fuzzy] == [LONG]
    fuzzy[0].flags.remove("fuzzy")  # it still holds: that is all that its translator says
    next(entry for entry in catalogue if entry.msgid == "De l’eau").msgstr = "ماء"
    store = pofile.parsestring(str(catalogue).encode())
    next(unit for unit in store.units if str(unit.source) == "Chères concitoyennes,").target = "جيراننا،"
    came = imported(bytes(store))
    assert len(came.kept.changed) == 3
    assert (came.kept.theirs, came.kept.unknown, came.problems) == ((), (), {})
    assert part_of("ar", "Chères concitoyennes,").target == "جيراننا،"
    assert part_of("ar", LONG.replace("sans attendre", "dès demain")).state == "done"


@pytest.mark.usefixtures("outdated")
def test_xliff_2_is_what_other_programs_read_and_write(petition: Petition) -> None:
    store = Xliff2File.parsestring(exported("xliff"))
    assert (store.getsourcelanguage(), store.gettargetlanguage()) == ("fr", "ar")
    by_source = {str(unit.source): unit for unit in store.units}
    changed = LONG.replace("sans attendre", "dès demain")
    assert by_source[changed].isfuzzy()
    assert by_source[changed].target == "نطلب ماء نظيفا"
    ids = [unit.getid() for unit in store.units]
    assert len(ids) == len(set(ids))
    by_source["De l’eau"].target = "ماء <b>&"
    by_source[changed].marktranslated()
    came = imported(bytes(store))
    assert len(came.kept.changed) == 2
    assert part_of("ar", "De l’eau").target == "ماء <b>&"
    assert part_of("ar", changed).state == "done"


@both_engines
def test_what_was_written_here_meanwhile_is_not_written_over(translate: Translate) -> None:
    translate("ar", {"De l’eau": "ماء"})
    catalogue = polib.pofile(exported("po").decode())
    translate("ar", {"De l’eau": "المياه", "Propre": "نظيف"}, "Otto")
    untouched = imported(str(catalogue).encode())
    assert untouched.kept.theirs == ()  # the file says what it said when it was made
    next(entry for entry in catalogue if entry.msgid == "De l’eau").msgstr = "ماء الشرب"
    came = imported(str(catalogue).encode())
    assert len(came.kept.theirs) == 1
    assert part_of("ar", "De l’eau").target == "المياه"
    assert part_of("ar", "Propre").target == "نظيف"
    imported(str(catalogue).encode(), overwrites=True)
    assert part_of("ar", "De l’eau").target == "ماء الشرب"


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_that_has_lost_how_it_stood_takes_nothing_back(form: str, translate: Translate) -> None:
    """A program has left out the places of a catalogue, or what is no part of XLIFF itself."""
    translate("ar", {"De l’eau": "ماء"}, "Tara")
    data = re.sub(rb' petition:seen="\w+"|#: seen-\w+\n', b"", exported(form))
    translate("ar", {"De l’eau": "المياه"}, "Otto")
    came = imported(data)
    assert len(came.kept.theirs) == 1
    assert part_of("ar", "De l’eau").target == "المياه"
    assert imported(data, overwrites=True).kept.changed
    assert part_of("ar", "De l’eau").target == "ماء"


def test_ones_own_words_are_no_conflict(translate: Translate) -> None:
    """The same file goes on being translated after it was brought."""
    catalogue = polib.pofile(exported("po").decode())
    for text in ("ماء", "المياه", "ماء الشرب"):
        next(entry for entry in catalogue if entry.msgid == "De l’eau").msgstr = text
        assert imported(str(catalogue).encode()).kept.theirs == ()
        assert part_of("ar", "De l’eau").target == text
    # And what was not changed in it takes back neither ones own words nor those of others, whatever is asked for.
    untouched = exported("po")
    translate("ar", {"De l’eau": "مياه"}, "Tara")
    translate("ar", {"Propre": "نظيف"}, "Otto")
    imported(untouched, overwrites=True)
    assert (part_of("ar", "De l’eau").target, part_of("ar", "Propre").target) == ("مياه", "نظيف")


def test_a_file_that_is_older_than_the_text_is_not_lost(translate: Translate) -> None:
    change_source("2. Propre", f"2. {LONG}")
    catalogue = polib.pofile(exported("po").decode())
    change_source("sans attendre", "dès demain")
    next(entry for entry in catalogue if entry.msgid == LONG).msgstr = "نطلب ماء نظيفا"
    assert len(imported(str(catalogue).encode()).kept.changed) == 1
    part = part_of("ar", LONG.replace("sans attendre", "dès demain"))
    assert (part.state, part.target, part.before) == ("changed", "نطلب ماء نظيفا", LONG)


def test_what_cannot_be_used_is_told_and_the_rest_is_kept(petition: Petition) -> None:
    catalogue = polib.pofile(exported("po").decode())
    catalogue.append(polib.POEntry(msgctxt="body.0123456789abcdef", msgid="Ailleurs", msgstr="هناك"))
    catalogue.append(polib.POEntry(msgctxt="x" * 200, msgid="Ailleurs", msgstr="هناك"))
    next(entry for entry in catalogue if entry.msgctxt == "title").msgstr = "x" * 301
    next(entry for entry in catalogue if entry.msgid == "Propre").msgstr = "  نظيف\u202e "
    came = imported(str(catalogue).encode())
    assert list(came.problems) == ["title"]
    assert len(came.kept.unknown) == 2
    assert part_of("ar", "Propre").target == "نظيف"


def of_another(form: str, petition: Petition) -> bytes:
    """The file of a petition with other words."""
    bundle = bundle_of(petition, "ar")
    entries = (replace(entry, source=f"{entry.source}!", target="س") for entry in bundle.entries)
    return FORMATS[form].write(replace(bundle, slug="trees", entries=tuple(entries)))


@both_engines
@pytest.mark.parametrize("form", FORMATS)
def test_another_petitions_file_is_refused(form: str, petition: Petition) -> None:
    with pytest.raises(OtherPetition, match="trees"):
        imported(of_another(form, petition))
    assert part_of("ar", "De l’eau").target == ""
    assert imported(of_another(form, petition), takes_any=True).kept.changed


def test_a_file_that_names_the_petition_otherwise_is_known_by_its_words(petition: Petition) -> None:
    """It had another name as a draft, or a program has written the head anew; a name may hold anything."""
    bundle = bundle_of(petition, "ar")
    for slug in ("water-draft", "", "a\0b\ud800 <b>", "x" * 5000):
        renamed = replace(bundle, slug=slug, entries=(replace(bundle.entries[0], target="ماء"), *bundle.entries[1:]))
        import_bundle(petition, "ar", renamed, "Tara", now())
    assert part_of("ar", bundle.entries[0].source).target == "ماء"


def test_a_former_name_is_known(petition: Petition) -> None:
    data = of_another("po", petition)
    db.session.add(FormerSlug(slug="trees", petition_id=petition.id, until=now()))
    db.session.commit()
    assert imported(data).kept is not None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"not a catalogue", "Line 1 is damaged."),
        (b'msgid "a"\nmsgstr "\xff"', "It is not written in UTF-8. Please save it so."),
        (b"<xliff>\n<a>\n</b>", "Line 3 is damaged."),
        (b"<html></html>", "It is no XLIFF of version 2."),
        (b"<!DOCTYPE a><a/>", "It has a document type, which XLIFF 2 has no use for."),
        (b'<?xml version="1.0" encoding="none"?><xliff/>', "It is no catalogue, or it is damaged."),
    ],
)
def test_it_is_told_what_is_wrong(data: bytes, told: str, app: Flask) -> None:
    with use_locale("en"), pytest.raises(UnreadableFile, match=told):
        read_file(data)


def test_a_mark_of_the_encoding_does_no_harm(petition: Petition) -> None:
    catalogue = polib.pofile(exported("po").decode())
    next(entry for entry in catalogue if entry.msgid == "Propre").msgstr = "نظيف"
    assert len(imported(codecs.BOM_UTF8 + str(catalogue).encode()).kept.changed) == 1


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><xliff version="2.0">&b;</xliff>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"not a catalogue",
        b'msgid "a\nmsgstr',
        b"<html></html>",
        b'<xliff version="1.2"></xliff>',
        b'<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0"/>',
        b"<xliff",
        BOMB,
        BOMB.decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="none"?><xliff/>',
        b'msgid ""\nmsgstr "Language: zz_ZZZZ\\n"\n',
        b"x" * (LARGEST_FILE + 1),
    ],
)
def test_no_file_is_too_odd(data: bytes, petition: Petition) -> None:
    with pytest.raises(UnreadableFile):
        read_file(data)
