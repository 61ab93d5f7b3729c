"""A petition's Markdown is shown as safe HTML."""

from __future__ import annotations

import pytest

from petition_app.petitions.markdown import plain, render


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        "![x](https://tracker.example/pixel.png)",
        "<img src=x onerror=alert(1)>",
        "<style>*{display:none}</style>",
        '[x](https://example.org "a\\" onmouseover=alert(1)")',
    ],
)
def test_nothing_runs_and_nothing_is_loaded(evil: str) -> None:
    html = str(render(f"Before.\n\n{evil}\n\nAfter."))
    for bad in ("<script", "<img", "<style", 'href="javascript', 'href="data', " onerror=alert(1)>", "' onmouseover"):
        assert bad not in html.replace("&lt;", "").replace("&gt;", "")
    assert "After." in html


def test_headings_stand_under_the_pages_own() -> None:
    assert str(render("# A\n\n## B\n\n##### C")) == "<h2>A</h2>\n<h3>B</h3>\n<h4>C</h4>\n"


def test_a_list_begins_where_it_says() -> None:
    assert '<ol start="3">' in render("3. three\n4. four")


def test_plain_text_for_descriptions() -> None:
    assert plain("## A *b*\n\n- c & d\n- e") == "A b c & d e"
