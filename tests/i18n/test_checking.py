"""What the check finds in the catalogues, and that nothing translated is lost when they are brought up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from petition_app.i18n import consistency, extraction, glossary, plurals, shipped
from petition_app.i18n.checking import check_message
from petition_app.i18n.po import PoCatalogue

pytestmark = pytest.mark.usefixtures("template")


@pytest.fixture
def left_out() -> tuple[str, ...]:
    """French is spoilt, English needs nothing; Arabic stands for the others, which what is committed is read in."""
    return tuple(locale for po in shipped.po_files() if (locale := shipped.locale_of(po)) not in ("fr", "en", "ar"))


def spoil(folder: Path, old: str, new: str) -> list[str]:
    po = folder / "fr" / "LC_MESSAGES" / "messages.po"
    text = po.read_text("utf-8")
    assert old in text
    po.write_text(text.replace(old, new, 1), "utf-8")
    return consistency.check()


def test_what_is_committed_is_complete() -> None:
    assert consistency.check() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('msgstr "Prénom"', 'msgstr ""', "“Name”: it is not translated"),
        ('msgstr "Confirmez votre signature\u00a0: %(title)s"', 'msgstr "Confirmez"', "the placeholders must be"),
        ('msgstr "Confirmez votre signature\u00a0: %(title)s"', 'msgstr "%(titre)s"', "the placeholders must be"),
        ('msgstr "Prénom"', 'msgstr "<b>Prénom</b>"', "the tags must be"),
        ('msgstr "Prénom"', 'msgstr "Prénom "', "leading or trailing space"),
        ('msgstr "Prénom"', 'msgstr "Pré\u202enom"', "U+202E right-to-left override"),
        ('msgid "Surname"', 'msgid "Family name"', "“Surname” is missing"),
        ('msgid "Surname"', 'msgid "Family name"', "“Family name” is used nowhere"),
        ('msgid "Name"', '#, fuzzy\nmsgid "Name"', "marked fuzzy"),
        ('msgstr "Prénom"', "msgstrr Prénom", "cannot be read"),
        ('msgstr "Prénom"', "msgstr Prénom", "cannot be read: a text must stand between quotation marks"),
        ('msgstr "Prénom"', 'msgstr "Pré"nom"', "cannot be read: a text must stand between quotation marks"),
        ("plural=(n > 1)", "plural=(n != 1)", "its header must say “Plural-Forms: nplurals=2; plural=(n > 1);”"),
        ("nplurals=2; plural=(n > 1)", "nplurals=3; plural=(n > 1)", "form 2: it is not translated"),
        ("nplurals=2; plural=(n > 1)", "nplurals=1; plural=0", "cannot be read: msg has more translations"),
        ('"Language: fr', '"X-Exported: 2026-01-01\\n"\n"Language: fr', "its header has a site's mark, X-Exported"),
        ('"Language: fr', '"Language: fr_CA', "its header must say “Language: fr”"),
    ],
)
def test_each_slip_is_told(folder: Path, old: str, new: str, said: str) -> None:
    findings = spoil(folder, old, new)
    assert any(said in finding for finding in findings), findings


def test_what_is_not_finished_is_no_fault_where_it_does_not_say_so(folder: Path) -> None:
    assert spoil(folder, '"X-Completeness: complete\\n"\n', "") == []
    assert spoil(folder, 'msgstr "Prénom"', 'msgstr ""') == []
    assert any("the tags must be" in found for found in spoil(folder, 'msgstr "Nom"', 'msgstr "<b>Nom</b>"'))


def test_a_complete_language_has_its_glossary(folder: Path) -> None:
    (folder / "fr" / "glossary.md").unlink()
    assert consistency.check() == [
        "fr/glossary.md: is missing, and the catalogue calls itself complete: write the words that it keeps to."
    ]


@pytest.mark.parametrize(
    ("source", "target", "kind"),
    [
        ("See %(site)s", "Voir %(site)d", "placeholders"),
        ("See %(site)s", "Voir %(site)s à 100 %", "percent"),
        ('See <a href="%(url)s">it</a>', 'Voir <a href="%(url)s" onclick="x()">ça</a>', "tags"),
        ("See <b>it</b>", "Voir </b>ça<b>", "nesting"),
        ("See it", "Voir ça <", "markup"),
        ("See it", "Voir&nbsp;ça", "entities"),
        ("See it", "Voir ça\n", "space"),
        ("See it", "Voir\nça", "line breaks"),
        ("See it", "Voir\u200bça", "unseen"),
        ("See it", "Voir\u0085ça", "unseen"),
        ("See https://example.org/a", "Voir https://example.com/a", "links"),
        ("See https://example.org/a", "Voir www.example.org.evil.example/a", "links"),
        ("Write to name@example.org", "Écrire à nom@example.com", "links"),
        ("See it", "javascript:voir", "links"),
        ("See it", "", "missing"),
    ],
)
def test_what_a_translation_may_not_do(source: str, target: str, kind: str) -> None:
    assert kind in {finding.kind for finding in check_message([source], [target], 2)}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("See <b>it</b> at <i>%(site)s</i>", "À <i>%(site)s</i>, voir <b>ça</b>"),
        ("Write to name@example.org, or see https://example.org/a", "Voir https://example.org/b ou nom@example.org"),
        ("50 %% of it", "50 %% de ça"),
        ("Name", "الاسم\u200f"),
        ("Name", "نام\u200cها"),
    ],
)
def test_what_a_translation_may_do(source: str, target: str) -> None:
    assert check_message([source], [target], 2) == []


def test_a_form_for_one_number_alone_may_say_it_in_words() -> None:
    arabic = plurals.examples(*plurals.rule_for("ar"))
    sources = ("%(num)s signature", "%(num)s signatures")
    in_words = ("لا توقيع", "توقيع واحد", "توقيعان", "%(num)s توقيعات", "%(num)s توقيعًا", "%(num)s توقيع")
    assert check_message(sources, in_words, 6, arabic) == []
    # In French the first form is for none, too.
    french = plurals.examples(*plurals.rule_for("fr"))
    (finding,) = check_message(sources, ("une signature", "%(num)s signatures"), 2, french)
    assert (finding.kind, finding.form) == ("placeholders", 0)


def test_bringing_them_up_to_date_loses_nothing(folder: Path) -> None:
    files = [shipped.template_file(), *shipped.po_files()]
    before = {po: po.read_bytes() for po in files}
    extraction.write_all()
    assert {po: po.read_bytes() for po in files} == before


def test_a_sites_mark_is_no_part_of_the_program(folder: Path) -> None:
    """The file of a site, put into its place: it is for that site alone."""
    before = shipped.po_of("fr").read_bytes()
    assert spoil(folder, '"Language: fr', '"X-Exported: 2026-01-01\\n"\n"Language: fr')
    extraction.write_all()
    assert shipped.po_of("fr").read_bytes() == before


def test_a_new_sentence_is_english_at_once_and_waits_for_the_others(folder: Path, template: PoCatalogue) -> None:
    template.add("A sentence nobody wrote before")
    extraction.write_all()
    findings = consistency.check()
    assert any("fr/messages.po: “A sentence nobody" in f for f in findings)
    assert not any("en/messages.po" in f for f in findings)


def test_a_glossary_is_read_as_it_is_written(tmp_path: Path) -> None:
    page = tmp_path / "glossary.md"
    page.write_text(
        "# Words\n\n| English | Dansk | note |\n|---|:--|---|\n| to withdraw (a signature) | trække | a \\| b |\n"
    )
    (term,) = glossary.read(page)
    assert (term.words, term.term, term.note) == (("withdraw",), "trække", "a | b")
