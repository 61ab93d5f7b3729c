"""An association makes a petition of the text that it has, and is told what became of each line."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition_app.petitions.decoding import UnreadableText
from petition_app.petitions.importer import ImportedText, read_petition_text, report
from petition_app.petitions.markdown import render

TEXTS = Path(__file__).parent / "texts"
SEED = Path(__file__).parents[3] / "shared" / "seed" / "petition-page.fr.txt"


def read(name: str, locale: str | None = None) -> ImportedText:
    return read_petition_text((TEXTS / name).read_bytes(), locale)


def every_line_is_told_of(source: str, text: ImportedText) -> None:
    """No line that is not blank goes unmentioned."""
    told: set[int] = set()
    for line in (*text.understood, *text.left_out):
        match = re.match(r"lines? (\d+)(?:–(\d+))?", line)
        assert match, line
        told |= set(range(int(match[1]), int(match[2] or match[1]) + 1))
    wanted = {n for n, line in enumerate(source.splitlines(), 1) if line.strip()}
    assert wanted <= told, wanted - told


def test_a_french_page_as_it_was_pasted() -> None:
    text = read("page.fr.txt")
    assert text.title == "L’école du village doit rester ouverte\u202f!"
    assert [(r.name, r.office) for r in text.recipients] == [
        ("Ada Exemple", "ministre de l’Éducation, de la Jeunesse et des Sports"),
        ("Ben Le Témoin", "président de la région Modèle, de l’Essai et du Canton"),
    ]
    assert text.author == "Collectif des parents d’Exempleville"
    assert text.locale_guess == "fr"
    html = str(render(text.body))
    assert re.findall(r"<h2>(.*?)</h2>", html) == [
        "Une école qui vit",
        "Ce que la fermeture coûterait\u00a0: des heures de car",
        "Nos demandes pour la rentrée",
    ]
    assert [len(re.findall("<li>", part)) for part in re.findall(r"<ul>.*?</ul>", html, re.S)] == [3, 2]
    assert [len(re.findall("<li>", part)) for part in re.findall(r"<ol>.*?</ol>", html, re.S)] == [4]
    assert "«\u00a0Restez\u00a0»" in text.body
    assert "à 8:30" in text.body
    assert text.title not in text.body
    assert len(text.left_out) == 5
    assert any("title again" in line for line in text.left_out)
    every_line_is_told_of((TEXTS / "page.fr.txt").read_text("utf-8"), text)
    assert "Left out:" in report(text)


def test_an_english_markdown_text_with_emphasis() -> None:
    text = read("letter.en.md")
    assert text.title == "Keep the night train to Exampleton"
    assert [(r.name, r.office) for r in text.recipients] == [
        ("Ada Example", "Minister of Transport and Infrastructure"),
        ("Board of Example Rail", ""),
    ]
    assert text.author == "Friends of the Night Train"
    html = str(render(text.body))
    assert html.count("<h2>") == 2
    assert "<strong>every</strong>" in html
    assert text.locale_guess == "en"
    assert text.left_out == ()


def test_a_plain_english_text_wrapped_by_hand() -> None:
    text = read("wrapped.en.txt")
    assert [(r.name, r.office) for r in text.recipients] == [
        ("Ada Example", "mayor of Exampleton"),
        ("Ben Sample", "head of the parks department"),
    ]
    html = str(render(text.body))
    assert html.count("<p>") == 3
    assert html.count("<li>") == 2
    assert "benches and trees that have stood there" in text.body.replace("\n", " ")
    assert "\\*" in text.body
    assert "*not* markup" in re.sub(r"<[^>]*>", "", html)
    assert '<a href="https://example.org/park"' in html


@pytest.mark.skipif(not SEED.exists(), reason="the captured page is not part of the repository")
def test_the_page_that_it_all_began_with() -> None:
    text = read_petition_text(SEED.read_bytes(), "fr")
    first_line = SEED.read_text("utf-8").splitlines()[0]
    assert re.sub(r"\s", "", text.title) == re.sub(r"\s", "", first_line)
    assert [(r.name, r.office) for r in text.recipients] == [
        ("Catherine Vautrin", "Ministre du Travail, de la Santé et des Solidarités"),
        ("Bruno Le Maire", "ministre de l'Économie, des Finances et de la Souveraineté industrielle et numérique"),
    ]
    assert text.author == "Philippe Rivière"
    html = str(render(text.body))
    assert html.count("<h2>") == 3
    assert [part.count("<li>") for part in re.findall(r"<ul>.*?</ul>", html, re.S)] == [4, 3]
    assert [part.count("<li>") for part in re.findall(r"<ol>.*?</ol>", html, re.S)] == [5]
    assert not re.search(r"[^\u202f\u00a0!?][;!?]", re.sub(r"<[^>]*>|&\w+;", "", html))
    assert "Lignes Bougent" not in text.body
    assert "<%" not in text.body
    assert len(text.left_out) == 6
    every_line_is_told_of(SEED.read_text("utf-8"), text)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "\u2028"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_any_coding_and_any_line_ends(coding: str, ends: str) -> None:
    source = (TEXTS / "page.fr.txt").read_text("utf-8")
    if coding == "windows-1252" and ends == "\u2028":
        pytest.skip("Windows-1252 has no such line end")
    data = ends.join(source.splitlines()).replace("\u202f", " ").encode(coding, "replace")
    text = read_petition_text(data, "fr")
    assert text.author == "Collectif des parents d’Exempleville"
    assert text.body.count("\n1. ") + text.body.count("\n4. ") == 2
    assert bool(text.notices) is (coding == "windows-1252")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n\t\r\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"%PDF-1.7 ...",
        b"PK\x03\x04zip",
        b"\x89PNG\r\n\x1a\n",
        b"a\x00b\x00c",
        bytes(range(256)) * 4,
        b"Title only",
        b"Title\n\nTo: Ada Example, mayor\n",
        b"x" * 1_000_001,
        b"\x81\x8d\x8f",
        b"\xff\xfe\x00",
        b"{\\rtf1 text}",
    ],
    ids=lambda value: repr(value[:12]),
)
def test_what_is_no_text_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(UnreadableText) as refusal:
        read_petition_text(data)
    assert str(refusal.value).endswith(".")


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    try:
        text = read_petition_text(data)
    except UnreadableText:
        return
    render(text.body)


@given(
    st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60), max_size=12)
)
@settings(max_examples=200, deadline=None)
def test_nothing_is_dropped_in_silence(lines: list[str]) -> None:
    source = "A title\n\n" + "\n".join(lines) + "\n\nA last paragraph."
    text = read_petition_text(source.encode())
    every_line_is_told_of(source, text)


def test_an_author_on_top_is_no_end() -> None:
    text = read_petition_text(b"Title\nBy: Ada Example\n\nThe text that follows.\n\nMore of it.")
    assert text.author == "Ada Example"
    assert "More of it." in text.body


def test_recipients_one_a_line() -> None:
    source = "Titre\n\nDestinataires :\n- Ada Exemple, maire\n- Ben Témoin (préfet)\n- Commission Exemple\n\nLe texte."
    text = read_petition_text(source.encode(), "fr")
    assert [(r.name, r.office) for r in text.recipients] == [
        ("Ada Exemple", "maire"),
        ("Ben Témoin", "préfet"),
        ("Commission Exemple", ""),
    ]


@pytest.mark.parametrize("word", ["1986. A year", "> quoted", "a * b * c", "<b>bold</b>", "[x](y)", "`c`", "&amp;"])
def test_plain_text_stays_plain(word: str) -> None:
    text = read_petition_text(
        f"Title\n\nFirst paragraph here.\n\n{word} goes on, and ends.\n\nLast one.".encode(), "en"
    )
    html = str(render(text.body))
    assert not re.search(r"<(h2|ol|ul|blockquote|em|b|strong|a|code)\b", html)
    import html as escapes

    assert f"{word} goes on, and ends." in escapes.unescape(re.sub(r"</?p>", "", html))


BODY = "This is what the petition says, in a sentence that is long enough to be one.\n\nAnd it goes on from there.\n"


def test_recipients_wrapped_by_hand() -> None:
    source = "Titre\n\nDestinataires : Ada Exemple, ministre du Travail, de la Santé\net des Solidarités et Ben\n"
    text = read_petition_text(f"{source}Témoin, maire\n\n{BODY}".encode(), "fr")
    assert text.recipients[0].office == "ministre du Travail, de la Santé et des Solidarités"
    assert (text.recipients[1].name, text.recipients[1].office) == ("Ben Témoin", "maire")
    assert "Solidarités" not in text.body


def test_a_recipients_label_for_each() -> None:
    text = read_petition_text(f"Title\n\nTo: Ada Example, mayor\nTo: Ben Sample, head\n\n{BODY}".encode())
    assert [r.name for r in text.recipients] == ["Ada Example", "Ben Sample"]
    assert "Ben" not in text.body


def test_labels_as_markdown_headings() -> None:
    source = f"# Title\n\n## Recipients\n\n- Ada Example, mayor\n- Ben Sample\n\n## Author\n\nEve Example\n\n{BODY}"
    text = read_petition_text(source.encode())
    assert [r.name for r in text.recipients] == ["Ada Example", "Ben Sample"]
    assert text.author == "Eve Example"
    assert text.body.startswith("This is what")
    every_line_is_told_of(source, text)


POLISH = (
    "Park zostaje parkiem\n\n{to} Ada Przykładowa, minister zdrowia i sportu oraz Ben Próbny, łódzki radny\n"
    "Autorka: Ewa Przykładowa\n\nNie zgadzamy się na zabudowę parku, bo jest on dla nas wszystkich jedynym miejscem.\n"
)
ARABIC = (
    "الحديقة تبقى حديقة\n\n{to} آدا مثال، وزيرة الصحة؛ بن عينة، رئيس البلدية\n"
    "{by} إيفا مثال\n\nنحن نطلب أن تبقى هذه الحديقة مفتوحة للجميع، في كل يوم من أيام السنة.\n"
)


@pytest.mark.parametrize("to", ["Do:", "Adresaci:", "**Adresatka:**", "Adresat(ka):", "Adresatki :", "Skierowana do:"])
def test_labels_in_polish(to: str) -> None:
    source = POLISH.format(to=to)
    text = read_petition_text(source.encode())
    assert [(r.name, r.office) for r in text.recipients] == [
        ("Ada Przykładowa", "minister zdrowia i sportu"),
        ("Ben Próbny", "łódzki radny"),
    ]
    assert text.author == "Ewa Przykładowa"
    assert text.locale_guess == "pl"
    assert text.body.startswith("Nie zgadzamy się")
    every_line_is_told_of(source, text)


@pytest.mark.parametrize("by", ["Autor:", "Autorzy:", "Autor(ka):", "Autorstwo:", "Napisała:"])
def test_authors_in_polish(by: str) -> None:
    text = read_petition_text(POLISH.replace("Autorka:", by).format(to="Do:").encode())
    assert text.author == "Ewa Przykładowa"


@pytest.mark.parametrize("to", ["إلى:", "الجهات المخاطَبة:", "الجهات المخاطبة:", "الجهة المخاطَبة:", "موجّهة إلى:"])
@pytest.mark.parametrize("by", ["الكاتب:", "الكاتبة:", "بقلم:"])
def test_labels_in_arabic(to: str, by: str) -> None:
    source = ARABIC.format(to=to, by=by)
    text = read_petition_text(source.encode())
    assert [(r.name, r.office) for r in text.recipients] == [("آدا مثال", "وزيرة الصحة"), ("بن عينة", "رئيس البلدية")]
    assert text.author == "إيفا مثال"
    assert text.locale_guess == "ar"
    assert text.body.startswith("نحن نطلب")
    every_line_is_told_of(source, text)


@pytest.mark.parametrize(
    "line", ["By: and large, this is so.", "Par : ailleurs, rien.", "To: be clear, we say no.", "Do: zobaczenia."]
)
def test_a_sentence_that_begins_like_a_label_is_text(line: str) -> None:
    text = read_petition_text(f"Title\n\n{BODY}\n{line}\n\nOne thing more.\n\nAuthor: Eve Example\n".encode(), "en")
    assert line in text.body
    assert "One thing more." in text.body
    assert text.author == "Eve Example"
    assert text.recipients == ()


def test_an_author_under_a_subtitle_is_no_end() -> None:
    text = read_petition_text(f"Title\n\nA subtitle\n\nAuthor: Eve Example\n\n{BODY}".encode())
    assert "And it goes on" in text.body
    assert text.left_out == ()


def test_furniture_after_a_short_text_is_left_out() -> None:
    source = (
        "Title\n\nShort text\n\nAuthor: Eve Example\n\n<% count %>\n\nBy signing I agree to this and to all that.\n"
    )
    text = read_petition_text(source.encode())
    assert text.body == "Short text"
    assert len(text.left_out) == 2


def test_an_author_named_on_the_next_line() -> None:
    text = read_petition_text(f"Title\n\n{BODY}\nAuthor:\nEve Example\n\nComments\n".encode())
    assert text.author == "Eve Example"
    assert text.left_out == ("line 10: “Comments”: follows the author, where a page's furniture begins",)


def test_a_word_processors_bullets_in_markdown() -> None:
    text = read_petition_text(f"# Title\n\n{BODY}\n• one\n• two\n".encode())
    assert str(render(text.body)).count("<li>") == 2
    assert any("2 bullets" in line for line in text.understood)


def test_a_web_pages_source_is_refused() -> None:
    with pytest.raises(UnreadableText, match="web page"):
        read_petition_text(b"<!DOCTYPE html>\n<html><body><p>x</p>\n\n<p>y</p></body></html>")


def test_what_cannot_be_seen_is_not_removed_in_silence() -> None:
    text = read_petition_text(f"Title\n\n{BODY * 3}bell\x07 rings.".encode())
    assert text.notices == ("Removed control characters that cannot be seen: 1.",)


@pytest.mark.parametrize("piece", ["<% ", "](", "**a", "[", "*", "a"])
def test_a_long_run_of_signs_is_read_in_time(piece: str) -> None:
    started = time.monotonic()
    read_petition_text(b"T\n\n" + piece.encode() * (40_000 // len(piece)), "fr")
    assert time.monotonic() - started < 10


def test_recipients_whose_office_has_capital_words_behind_its_and() -> None:
    source = f"Title\n\nTo: Ada Example, Minister of Health and Mutual Aid, and Ben Sample, Director of Data\n\n{BODY}"
    text = read_petition_text(source.encode(), "en")
    assert [(r.name, r.office) for r in text.recipients] == [
        ("Ada Example", "Minister of Health and Mutual Aid"),
        ("Ben Sample", "Director of Data"),
    ]


def test_a_picture_is_told_as_left_out() -> None:
    text = read_petition_text(f"# Title\n\n![A tap](http://elsewhere.example/tap.png)\n\n{BODY}".encode())
    assert "elsewhere" not in text.body
    assert any("line 3: “![A tap]" in line and "picture" in line for line in text.left_out)


def test_an_empty_label_names_nobody() -> None:
    text = read_petition_text(f"Title\n\nTo:\nAuthor: Ada Example\n\n{BODY}".encode())
    assert [r.name for r in text.recipients] == []
    assert text.author == "Ada Example"
