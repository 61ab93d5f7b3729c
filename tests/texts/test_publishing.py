"""A translation goes to readers: whole or in part, and what is missing is shown in the main language, as what it is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from petition_app.extensions import db
from petition_app.models import FieldWording, Petition, PetitionText, Signature
from petition_app.models.base import now
from petition_app.petitions.versions import ReasonMissing
from petition_app.texts.publishing import NotEnough, Published, put_online
from petition_app.texts.reading import parts_of
from petition_app.transactions import writing
from petition_app.updates.writing import Words, create
from tests import fields
from tests.admin.conftest import AsMember
from tests.admin.desk import make_member
from tests.databases import both_engines
from tests.story import confirmed
from tests.texts.conftest import change_source, part_of
from tests.visitor import Visitor

PAGE = "/ar/petitions/clean-water"
ARABIC = {"title": "ماء نظيف", "Chères concitoyennes,": "جيراننا الأعزاء،", "De l’eau": "ماء"}
REST = {"Ce que nous demandons": "مطالبنا", "Propre": "نظيف", "maire d’Exempleville": "رئيسة البلدية"}

Translate = Callable[..., object]


def publish(locale: str = "ar", reason: str = "") -> Published:
    return put_online(db.session.query(Petition).one().id, locale, "change", reason, "Tara", now())


def page_of(client: Visitor, path: str = PAGE) -> str:
    return client.get(path).get_data(as_text=True)


@both_engines
def test_what_is_missing_falls_back_by_paragraph_and_says_so(client: Visitor, translate: Translate) -> None:
    translate("ar", ARABIC)
    assert "ماء نظيف" not in page_of(client)
    publish()
    page = page_of(client)
    assert '<html lang="ar" dir="rtl"' in page
    assert '<h1 lang="ar" dir="rtl">ماء نظيف</h1>' in page
    assert re.search(r'petition-body prose"\s+lang="ar"\s+dir="rtl"', page)
    assert ">جيراننا الأعزاء،</p>" in page
    assert 'lang="fr" dir="ltr">Ce que nous demandons</h2>' in page
    assert 'lang="fr" dir="ltr">Propre</li>' in page
    assert ">ماء</li>" in page
    assert re.search(r'<span lang="fr"\s+dir="ltr">maire d’Exempleville</span>', page)
    assert "borrowing" in page
    translate("ar", REST)
    publish()
    page = page_of(client)
    assert ">نظيف</li>" in page
    assert "borrowing" not in page
    article = page.partition("<noscript>")[0]  # the ways into the other languages come after it
    assert "نظيف" in article
    assert not re.search(r'lang="fr"\s+dir="ltr"', article)


def test_a_translation_needs_a_title_and_a_paragraph(client: Visitor, translate: Translate) -> None:
    for words in ({"title": "ماء"}, {"title": "", "De l’eau": "ماء"}):
        translate("ar", words)
        with pytest.raises(NotEnough):
            publish()
    assert '<h1 lang="fr" dir="ltr">De l’eau propre pour Exempleville</h1>' in page_of(client)


def test_a_word_that_is_the_same_in_both_languages_is_translated(client: Visitor, translate: Translate) -> None:
    translate("ar", {**ARABIC, **REST, "Propre": "Propre"})
    publish()
    assert "borrowing" not in page_of(client)


@both_engines
def test_a_version_stays_what_its_signers_saw(app: Flask, client: Visitor, translate: Translate) -> None:
    translate("ar", {**ARABIC, **REST})
    publish()
    confirmed(app, client, locale="ar")
    signed = db.session.query(Signature).one().text
    before = (signed.id, signed.body, signed.borrowed)
    change_source("1. De l’eau", "1. De l’eau, tout de suite")
    # Readers are told that the main language has gone on.
    page = page_of(client)
    assert ">ماء</li>" in page
    assert 'href="/fr/petitions/clean-water"' in page
    assert db.session.query(Petition).one().is_behind(signed)
    translate("ar", {"De l’eau, tout de suite": "ماء، فوراً"})
    with pytest.raises(ReasonMissing):
        publish()
    db.session.rollback()
    publish(reason="أوضح.")
    assert ">ماء، فوراً</li>" in page_of(client)
    newest = db.session.query(Petition).one().newest_text("ar")
    assert newest is not None
    assert not db.session.query(Petition).one().is_behind(newest)
    kept = db.session.get_one(PetitionText, before[0])
    assert (kept.id, kept.body, kept.borrowed) == before
    assert db.session.query(Signature).one().text_id == before[0]


def test_what_still_holds_is_confirmed_without_a_new_version(client: Visitor, translate: Translate) -> None:
    translate("ar", {**ARABIC, **REST})
    publish()
    change_source("Propre", "Propre !")
    text = db.session.query(Petition).one().newest_text("ar")
    assert text is not None
    version = text.version
    change_source("Propre !", "Propre, pas sale, enfin buvable")
    assert part_of("ar", "Propre, pas sale, enfin buvable").state == "missing"
    change_source("Propre, pas sale, enfin buvable", "Propre")
    assert part_of("ar", "Propre").state == "done"
    publish()
    text = db.session.query(Petition).one().newest_text("ar")
    assert text is not None
    assert text.version == version
    assert not db.session.query(Petition).one().is_behind(text)


@both_engines
def test_what_is_found_to_hold_still_is_no_longer_told_to_be_behind(
    app: Flask, client: Visitor, translate: Translate
) -> None:
    translate("ar", {**ARABIC, **REST})
    publish()
    confirmed(app, client, locale="ar")
    change_source("Propre", "Propre et buvable")
    change_source("Propre et buvable", "Propre")
    assert "notice ui" in page_of(client)
    publish()
    assert "notice ui" not in page_of(client)


@both_engines
def test_the_source_changes_and_its_translation_is_marked(translate: Translate, petition: Petition) -> None:
    long = "Nous demandons de l’eau propre pour tout le monde, partout, et sans attendre"
    change_source("2. Propre", f"2. {long}")
    translate("ar", {**ARABIC, long: "نطلب ماء نظيفا للجميع"})
    publish()
    other = long.replace("sans attendre", "dès demain")
    change_source(long, other)
    part = part_of("ar", other)
    assert (part.state, part.target, part.before, part.is_online) == ("changed", "نطلب ماء نظيفا للجميع", long, True)
    # A text that was written freely, without this screen, is looked at in the same way.
    assert [part.state for part in parts_of(petition, "en") if part.key.startswith("body.")].count("done") == 3


def test_correcting_it_in_the_other_editor_is_seen_here(translate: Translate, petition: Petition) -> None:
    from petition_app.petitions import versions

    translate("ar", {**ARABIC, **REST})
    publish()
    translate("ar", {"Propre": "نظيف جدا"})  # waits here, and is not lost by what happens there
    with writing() as session:
        found = session.query(Petition).one()
        words = versions.published_words(found, "ar")
        corrected = words.__class__(**{**words.__dict__, "body": words.body.replace("1. ماء", "1. الماء")})
        versions.put_online(found, "ar", corrected, "spelling", "", now())
    assert part_of("ar", "De l’eau").target == "الماء"
    waiting = part_of("ar", "Propre")
    assert (waiting.target, waiting.is_online) == ("نظيف جدا", False)


@both_engines
def test_fields_and_updates_go_when_they_are_whole(
    client: Visitor, as_member: AsMember, translate: Translate, petition: Petition
) -> None:
    ids = fields.asked(as_member("editor"), "question_choice")
    member_id = make_member("editor", name="Vera")
    with writing() as session:
        from petition_app.models import Member

        by = session.get_one(Member, member_id)
        words = [Words("fr", "Une étape", "Le maire répond.\n\nNous continuons.")]
        update_id = create(session, session.query(Petition).one(), words, by, now()).id
    question, purpose = fields.LABELS["question_choice"][0], fields.PURPOSES["question_choice"][0]
    translate("ar", {**ARABIC, question: "أي يوم؟", "Samedi": "السبت", "Une étape": "خطوة", "Le maire répond.": "ردت."})
    assert publish().others == 0
    translate("ar", {"Dimanche": "الأحد", purpose: "لاختيار اليوم.", "Nous continuons.": "نتابع."})
    assert publish().others == 2
    found = db.session.query(FieldWording).filter_by(locale="ar", field_id=ids["question_choice"]).one()
    assert (found.label, [words for _key, words in found.choices]) == ("أي يوم؟", ["السبت", "الأحد"])
    assert "أي يوم؟" in page_of(client)
    from petition_app.models import Update

    text = db.session.get_one(Update, update_id).text_for("ar", "fr")
    assert (text.title, text.body) == ("خطوة", "ردت.\n\nنتابع.")
    assert publish().others == 0
