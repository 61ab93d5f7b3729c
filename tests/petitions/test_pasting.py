"""What is pasted from a page or a word processor becomes the Markdown that a petition is written in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition_app.petitions.markdown import to_html
from petition_app.petitions.pasting import markdown_of_html, tidy


def test_from_a_web_page() -> None:
    html = """<h2>Ce que nous demandons</h2><p>Nous <strong>demandons</strong> au <em>conseil</em>&nbsp;:</p>
    <ol><li>de l’eau</li><li>propre, <a href="https://example.org/?utm_source=x&amp;page=2#a">ici</a></li></ol>"""
    assert markdown_of_html(html, "fr") == (
        "## Ce que nous demandons\n\nNous **demandons** au *conseil*\u00a0:\n\n"
        "1. de l’eau\n2. propre, [ici](https://example.org/?page=2#a)"
    )


def test_from_word() -> None:
    html = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{color:red}</style></head>
    <body><!--StartFragment--><p class=MsoNormal>Bonjour !<o:p></o:p></p>
    <p class=MsoListParagraphCxSpFirst><![if !supportLists]><span style='font-family:Symbol'>·<span
    style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span><![endif]>Premier point</p>
    <p class=MsoListParagraphCxSpLast><span>·<span>&nbsp;&nbsp; </span></span>Second point</p>
    <p>1.<span>&nbsp;&nbsp; </span>Une demande</p>
    <p>2.<span>&nbsp;&nbsp; </span>Une autre</p><!--EndFragment--></body>"""
    assert markdown_of_html(html, "fr") == (
        "Bonjour\u202f!\n\n- Premier point\n- Second point\n\n1. Une demande\n2. Une autre"
    )


def test_from_an_online_document() -> None:
    """It wraps everything in a <b> that is not bold, and says bold by style."""
    html = (
        '<b style="font-weight:normal;"><p dir="ltr"><span style="font-weight:700;">Gras</span>'
        '<span style="font-weight:400;"> et </span><span style="font-style:italic">penché</span></p></b>'
    )
    assert markdown_of_html(html, "fr") == "**Gras** et *penché*"


def test_nothing_harmful_and_nothing_empty_comes_along() -> None:
    html = (
        '<p onclick="x()">Texte<script>alert(1)</script><style>p{}</style><img src="https://t.example/p.gif" alt="x">'
        '<a href="javascript:alert(1)">lien</a><iframe src="https://t.example"></iframe></p><p>&nbsp;</p><p></p>'
    )
    text = markdown_of_html(html, "fr")
    assert text.startswith("Texte")
    for bad in ("alert", "t.example", "javascript", "<", "onclick"):
        assert bad not in text
    assert markdown_of_html("", "fr") == ""


@pytest.mark.parametrize(
    "html", ["<div>" * 5000 + "x", "<" * 50_000, "<b>" * 200 + "y", "\x00<p>z\ud800</p>", "<p>" * 90_000]
)
def test_hostile_markup_is_borne(html: str) -> None:
    assert "<script" not in markdown_of_html(html, "fr")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "<li>",
                "<ul>",
                "</ul>",
                "<h1>",
                "<a href='x'>",
                "*",
                "_",
                "é\n",
                "1. ",
                "&lt;",
                "<table><tr><td>",
            ]
        )
    )
)
def test_whatever_comes_is_shown_safely(parts: list[str]) -> None:
    shown = str(to_html(markdown_of_html("".join(parts), "en")))
    assert "<script" not in shown
    assert "<table" not in shown


def test_plain_text_is_tidied_by_the_importers_rules() -> None:
    text = "Une première ligne assez longue pour un paragraphe, qui finit ici.\n\n• un\n• deux\n\n1) trois\n2) quatre"
    assert tidy(text, "fr") == (
        "Une première ligne assez longue pour un paragraphe, qui finit ici.\n\n- un\n- deux\n\n1. trois\n2. quatre"
    )
    assert tidy("## Un titre\n\n\n\nDu **texte** :", "fr") == "## Un titre\n\nDu **texte**\u00a0:"
