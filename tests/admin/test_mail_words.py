"""A petition's own words in its mails: written in the browser, put into other languages, copied, exported and back."""

from __future__ import annotations

import re
from collections.abc import Callable

import polib
import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import AuditEntry, MailWords, Petition, TextPart
from petition_app.models.base import now
from petition_app.petitions import mail_words
from petition_app.petitions.arrangement import copy_petition
from petition_app.petitions.paragraphs import key_of
from petition_app.texts import exchange
from petition_app.texts.exchange import FORMATS, Imported, bundle_of, import_bundle, read_file
from petition_app.texts.reading import parts_of
from petition_app.transactions import writing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.mail.test_directions import html_of
from tests.story import confirmed, mails_to, sign
from tests.texts.conftest import part_of, translate, variables
from tests.visitor import Visitor

__all__ = ["translate", "variables"]

SCREEN = "/admin/petitions/clean-water/mails"
TRANSLATION = "/admin/petitions/clean-water/translation"
FIRST = "Sans votre voix, la mairie ne lira pas cette pétition."
SECOND = "Une minute suffit pour la confirmer."
WHY = f"{FIRST}\n\n{SECOND}"
THANKS = "Merci de tout cœur, et à bientôt."

Translate = Callable[..., object]


@pytest.fixture
def editor(as_member: AsMember, petition: Petition) -> Desk:
    return as_member("editor", "Edith")


def page_of(desk: Desk | Visitor, path: str = SCREEN) -> str:
    return desk.get(path).get_data(as_text=True)


def write(desk: Desk, why: str = WHY, thanks: str = THANKS, *, seen: int = 0) -> None:
    assert desk.send(SCREEN, version=str(seen), why=why, thanks=thanks).status_code == 303


def versions(locale: str = "fr") -> list[tuple[int, str, str]]:
    db.session.rollback()
    found = db.session.query(MailWords).filter_by(locale=locale).order_by(MailWords.version)
    return [(words.version, words.why, words.thanks) for words in found]


def publish(editor: Desk, locale: str = "ar") -> None:
    assert editor.send(f"{TRANSLATION}/publication?text={locale}").status_code == 303


@both_engines
def test_an_editor_writes_them_and_signers_get_them_with_no_reason_asked(
    app: Flask, client: Visitor, editor: Desk, as_member: AsMember
) -> None:
    confirmed(app, client)
    assert "Your thanks, on the page" in page_of(editor)
    write(editor)
    page = page_of(editor)
    assert "The text is saved." in page
    assert 'value="1"' in page
    write(editor, f"  {WHY}\u202e ", THANKS, seen=1)
    assert "Nothing has changed." in page_of(editor)
    write(editor, FIRST, THANKS, seen=1)
    assert versions() == [(1, WHY, THANKS), (2, FIRST, THANKS)]
    told = [(entry.action, entry.member_name, entry.object_label) for entry in db.session.query(AuditEntry)]
    assert told == [("mail_words.saved", "Edith", "clean-water")] * 2
    assert len(db.session.query(Petition).one().texts) == 2, "what people sign has no new version by it"
    sign(client, email="new@example.org")
    assert FIRST in html_of(mails_to(app, "new@example.org")[-1])
    for stranger in (as_member("translator", "Tara"), as_member("moderator", "Mona"), as_member("reader", "Rita")):
        assert stranger.get(SCREEN).status_code == 403
        assert stranger.send(SCREEN, version="2", why="x").status_code == 403
    assert Desk(app, app.response_class).get(SCREEN).status_code == 303
    assert len(versions()) == 2


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        ("why", "Lisez https://example.org/suite", "without any web address"),
        ("why", "Lisez www.example.org", "without any web address"),
        ("why", "Lisez exemple.de", "without any web address"),
        ("why", "Lisez 例え.jp", "without any web address"),
        ("why", "Lisez ｅｘｅｍｐｌｅ．ｏｒｇ", "without any web address"),
        ("why", "Écrivez à equipe@exemple.es", "without any web address"),
        ("why", "x" * 1001, "longer than 1000 characters"),
        ("thanks", "x" * 1001, "longer than 1000 characters"),
        ("thanks", "Merci\x07", "cannot be shown"),
    ],
)
def test_what_does_not_fit_is_told_and_stays_typed(editor: Desk, field: str, typed: str, problem: str) -> None:
    response = editor.send(SCREEN, **{"version": "0", "why": "", "thanks": "", field: typed})
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert problem in page
    assert typed.replace("\x07", "") in page.replace("\x07", "")
    assert versions() == []


@pytest.mark.parametrize(
    "why",
    [
        "Cher.e.s habitant.es, Bürger.in und Bürger.innen",
        "Art. 5.2/3, le 1.10.2026 à 20 h. (prof. dr. de Vries, m.in. z.B.)",
        "{{ 7 * 7 }} %(x)s <b>&amp;</b> 😀",
    ],
)
def test_what_only_looks_odd_is_kept_as_it_was_typed(editor: Desk, why: str) -> None:
    write(editor, why, f"Merci.\n \n\u00a0\n\t\n{why}")
    assert versions() == [(1, why, f"Merci.\n\n{why}")]


def test_two_who_write_at_once_do_not_write_over_each_other(editor: Desk, as_member: AsMember) -> None:
    other = as_member("administrator", "Alice")
    write(editor)
    response = other.send(SCREEN, version="0", why="Autrement.", thanks="")
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "Autrement." in page
    assert FIRST in page, "theirs is shown"
    assert versions() == [(1, WHY, THANKS)]
    for odd in ("", "x", "-1", "9" * 30):
        assert other.send(SCREEN, version=odd, why="Autrement.").status_code == 409
    write(other, "Autrement.", "", seen=1)
    assert versions()[-1] == (2, "Autrement.", "")


def test_the_preview_is_the_mail_itself_in_each_language(editor: Desk) -> None:
    typed = {"version": "0", "why": "Pour <b>nous</b> tous.", "thanks": "Merci."}
    for path, more in ((SCREEN, {"act": "preview"}), (f"{SCREEN}/preview", {})):
        page = editor.send(path, **typed, **more, preview_in="en").get_data(as_text=True)
        assert "Hello <bdi>Edith</bdi>," in page
        assert "then your signature counts" in page
        assert "Clean water for Exampletown" in page
        assert "Pour &lt;b&gt;nous&lt;/b&gt; tous." in page
        assert "written in this language: French." in page
        arabic = editor.send(path, **typed, **more, preview_in="ar").get_data(as_text=True)
        assert re.search(r'class="mail-preview card"\s+lang="ar"\s+dir="rtl"', arabic)
        assert '<div lang="fr" dir="ltr">' in arabic
        assert editor.send(path, **typed, **more, preview_in="../x").status_code == 200
    assert versions() == []


@both_engines
def test_they_are_translated_by_paragraph_and_go_out_when_whole(
    app: Flask, client: Visitor, editor: Desk, translate: Translate
) -> None:
    write(editor)
    page = page_of(editor, f"{TRANSLATION}?text=ar")
    assert "Mail with the confirmation link" in page
    assert page.count("Paragraph 1") >= 2
    translate("ar", {"title": "ماء نظيف", "Chères concitoyennes,": "جيراننا", FIRST: "بدون صوتكم."})
    publish(editor)
    assert versions("ar") == [], "half a message is none"
    translate("ar", {SECOND: "دقيقة تكفي."})
    publish(editor)
    assert versions("ar") == [(1, "بدون صوتكم.\n\nدقيقة تكفي.", "")]
    assert part_of("ar", FIRST).is_online
    sign(client, locale="ar")
    mail = html_of(mails_to(app, "alice@example.org")[-1])
    assert '<div lang="ar" dir="rtl">' in mail
    assert "دقيقة تكفي." in mail
    assert FIRST not in mail

    write(editor, f"{FIRST[:-1]}, ni personne.\n\n{SECOND}", THANKS, seen=1)
    changed = part_of("ar", f"{FIRST[:-1]}, ni personne.")
    assert (changed.state, changed.before, changed.target) == ("changed", FIRST, "بدون صوتكم.")
    assert part_of("ar", SECOND).state == "done"
    assert "Changed since it was translated" in page_of(editor, f"{TRANSLATION}?text=ar")
    confirmed(app, client, email="bob@example.org", surname="Témoin")
    translate("ar", {changed.source: "بدون صوتكم لا أحد.", THANKS: "شكرا."})
    publish(editor)  # people have signed, and nobody is asked why: it is no part of what they signed
    assert versions("ar")[-1] == (2, "بدون صوتكم لا أحد.\n\nدقيقة تكفي.", "شكرا.")
    assert part_of("ar", changed.source).state == "done"


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_they_go_out_as_a_file_and_come_back(petition: Petition, editor: Desk, form: str) -> None:
    write(editor)
    assert all(word in exported(form).decode() for word in (FIRST, SECOND, THANKS))
    data = exported(form).decode()
    target = f"<source>{FIRST}</source>"
    if form == "po":
        catalogue = polib.pofile(data)
        next(entry for entry in catalogue if entry.msgid == FIRST).msgstr = "بدونكم."
        next(entry for entry in catalogue if entry.msgid == SECOND).msgstr = "www.example.org"
        data = str(catalogue)
    else:
        second = f"<source>{SECOND}</source>"
        data = data.replace(target, f"{target}<target>بدونكم.</target>")
        data = data.replace(second, f"{second}<target>www.example.org</target>")
    came = imported(data.encode())
    assert len(came.kept.changed) == 1
    assert len(came.problems) == 1, "the address, and nothing else"
    assert part_of("ar", FIRST).target == "بدونكم."
    assert part_of("ar", SECOND).target == ""


def exported(form: str) -> bytes:
    db.session.rollback()
    return exchange.FORMATS[form].write(bundle_of(db.session.query(Petition).one(), "ar"))


def imported(data: bytes) -> Imported:
    return import_bundle(db.session.query(Petition).one(), "ar", read_file(data), "Tara", now())


@both_engines
def test_a_copy_of_the_petition_has_them_in_each_language(petition: Petition, editor: Desk) -> None:
    write(editor, WHY, "")
    write(editor, FIRST, THANKS, seen=1)
    copy = db.session.get_one(Petition, copy_petition(petition.id, now()).id)
    assert [(words.locale, words.version, words.why) for words in copy.mail_words] == [("fr", 1, FIRST)]
    own = copy.own_words("thanks", "en")
    assert own is not None
    assert own.text == THANKS


@both_engines
def test_a_file_brings_no_address_by_words_that_stand_there_no_more(editor: Desk, translate: Translate) -> None:
    write(editor)
    translate("ar", {"title": "ماء نظيف", "Chères concitoyennes,": "جيراننا", SECOND: "دقيقة تكفي."})
    former, odd = f"{FIRST[:-1]}, ou presque.", "x" * 9_000
    for target, family in (("http://example.org/\x07", "mail.why"), ("بدونكم.", odd), ("بدونكم.", "mail.why")):
        data = exported("po").decode()
        data = data.replace(f"mail.why.{key_of(FIRST)}", f"{family}.{key_of(former)}")
        catalogue = polib.pofile(data)
        entry = next(entry for entry in catalogue if entry.msgid == FIRST)
        entry.msgid, entry.msgstr = former, target
        came = imported(str(catalogue).replace("presque.", "presque.\0" if family == odd else "presque.").encode())
        is_good = family != odd and target == "بدونكم."
        assert (len(came.kept.changed), len(came.problems), len(came.kept.unknown)) == (
            is_good,
            "http" in target,
            family == odd,
        )
    assert part_of("ar", FIRST).target == "بدونكم.", "what was translated before a change stands for what it is now"
    with writing() as session:  # as it may have been kept before it stood for a mail
        session.query(TextPart).filter_by(target="بدونكم.").one().target = "http://example.org/"
    publish(editor)
    assert versions("ar") == []


@both_engines
def test_a_copy_tells_of_what_was_changed_in_it(petition: Petition, editor: Desk, translate: Translate) -> None:
    write(editor, f"{FIRST}\n\n{SECOND}", "")
    translate("ar", {"title": "ماء", "Chères concitoyennes,": "جيراننا", FIRST: "بدونكم.", SECOND: "دقيقة."})
    publish(editor)
    copy = copy_petition(petition.id, now())
    mail_words.save(copy.id, {"why": f"{FIRST[:-1]}, ni vite.\n\n{SECOND}"}, 1, now())
    db.session.expire_all()
    parts = {part.source: part for part in parts_of(db.session.get_one(Petition, copy.id), "ar")}
    assert (parts[f"{FIRST[:-1]}, ni vite."].state, parts[SECOND].state) == ("changed", "done")
    assert parts[SECOND].found.most < 300, "many short paragraphs are no long mail in another language"


@both_engines
def test_who_writes_in_another_main_language_sees_what_was_said_before(editor: Desk) -> None:
    assert "What was saved" not in page_of(editor)
    write(editor)
    assert "What was saved" not in page_of(editor)
    with writing() as session:
        session.query(Petition).one().default_locale = "en"
    page = page_of(editor)
    assert re.search(rf'What was saved.*lang="fr" dir="auto">{FIRST}.*{THANKS}.*name="version" value="0"', page, re.S)
    write(editor, "Without you, nobody reads it.", "Thank you.")
    assert "What was saved" not in page_of(editor)
    assert versions() == [(1, WHY, THANKS)], "those who read French have theirs"


def test_a_mail_is_plain_text_in_each_language(editor: Desk, translate: Translate) -> None:
    heading, code = "Sans vous, rien\n---------------", "    * ceci\n    * cela"
    write(editor, f"{heading}\n\n-- -- --\n\n{code}\n\n```\n\n1. Avec vous\n2. tout", "")
    assert versions()[-1][1].count("\n\n") == 4
    translate("ar", {"title": "ماء", "Chères concitoyennes,": "جيراننا", heading: "بدونكم\n------"})
    translate("ar", {code: "* هذا\n\n* ذلك", "1. Avec vous\n2. tout": "1. معكم\n2. كل شيء"})
    publish(editor)
    assert versions("ar") == [(1, "بدونكم\n------\n\n-- -- --\n\n* هذا\n\n* ذلك\n\n```\n\n1. معكم\n2. كل شيء", "")]
    assert part_of("ar", heading).is_online
