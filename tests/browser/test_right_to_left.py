"""Arabic: the placeholders of a text in the fields of the translators' workshop, and the switch of a petition to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from petition_app.models.translation import key_of
from tests.browser.conftest import Open, Windows
from tests.browser.test_language_switch import EDGE, bring, stays_at
from tests.browser.test_pages import TOO_WIDE, violations
from tests.browser.test_petition_desk import come_in
from tests.browser.test_team import looked_at
from tests.server import Site, site_in

WORKSHOP = "/admin/translations/ar"
NAMED = key_of(None, "Confirm your signature: %(title)s")
TAGGED = key_of(None, 'Public, at most 1,000 characters. It keeps to the <a href="%(address)s">content charter</a>.')
TITLE = "\u2066%(title)s\u2069"
LINK = '\u2066<a href="%(address)s">\u2069الميثاق\u2066</a>\u2069'
WHOLE = "العريضة: "
PARAGRAPHS = 30
ARABIC = "ماء لمدينة المثال\n\n" + "\n\n".join(
    f"الفقرة رقم {number}، وفيها من الكلمات ما يملأ عدة أسطر على شاشة صغيرة، ثم ما يزيد عليها قليلًا حتى تطول."
    for number in range(1, PARAGRAPHS + 1)
)


@pytest.fixture(scope="module")
def arabic_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site in Arabic, too, with the demo petition in it."""
    folder = tmp_path_factory.mktemp("arabic")
    with site_in(folder, PETITION_LOCALES="fr en ar") as site:
        site.start("--prepare")
        path = folder / "text.txt"
        path.write_text(ARABIC, "utf-8")
        done = site.command("import", str(path), "--into", "demo", "--locale", "ar")
        assert done.returncode == 0, done.stderr
        yield site


@pytest.fixture
def open_arabic(browser: Browser, arabic_site: Site) -> Iterator[Open]:
    windows = Windows(browser, arabic_site)
    yield windows.open
    windows.close()


@pytest.mark.long
def test_a_placeholder_is_one_piece(open_arabic: Open, arabic_site: Site, tmp_path: Path) -> None:
    look: dict[str, Any] = {"locale": "en-GB", "permissions": ["clipboard-read", "clipboard-write"]}
    page = come_in(open_arabic, arabic_site, "Tara Exemple", "translator", **look)
    page.goto(f"{WORKSHOP}/messages/{NAMED}")
    field, findings = page.locator("#text-0"), page.locator("#findings li")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("dir", "rtl")
    expect(field).to_have_value(re.compile(re.escape(TITLE)))

    # Without it, the check says what is missing; a press puts it in, whole.
    field.fill(WHOLE)
    expect(findings).to_have_count(1)
    page.locator("[data-insert]").click()
    expect(field).to_have_value(WHOLE + TITLE)
    expect(findings).to_have_count(0)

    # It goes by one key, from either side, and comes back by one.
    keys = page.keyboard
    keys.press("Backspace")
    expect(field).to_have_value(WHOLE)
    expect(findings).to_have_count(1)
    keys.press("Control+z")
    expect(field).to_have_value(WHOLE + TITLE)
    expect(findings).to_have_count(0)
    field.evaluate("(field, at) => field.setSelectionRange(at, at)", len(WHOLE))
    keys.press("Delete")
    expect(field).to_have_value(WHOLE)
    keys.press("Control+z")
    expect(field).to_have_value(WHOLE + TITLE)

    # It is copied and cut as it is meant, and pasted as it is shown.
    keys.press("Control+a")
    keys.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == f"{WHOLE}%(title)s"
    keys.press("Control+x")
    expect(field).to_have_value("")
    keys.press("Control+v")
    expect(field).to_have_value(WHOLE + TITLE)
    expect(findings).to_have_count(0)
    field.press("Control+Enter")
    expect(page).not_to_have_url(re.compile(NAMED))  # the next one
    expect(page.locator("#notices")).to_contain_text("Saved")

    # So are tags, with what is in them.
    page.goto(f"{WORKSHOP}/messages/{TAGGED}")
    page.evaluate("text => navigator.clipboard.writeText(text)", 'تعليق على <a href="%(address)s">الميثاق</a>')
    field.fill("")
    keys.press("Control+v")
    expect(field).to_have_value(f"تعليق على {LINK}")
    expect(findings).to_have_count(0)
    keys.press("Backspace")
    expect(field).to_have_value(f"تعليق على {LINK.removesuffix(chr(0x2066) + '</a>' + chr(0x2069))}")
    expect(findings.first).to_be_visible()
    page.locator("[data-insert]", has_text="</a>").click()
    expect(findings).to_have_count(0)
    page.locator(".buttons button[value=next]").click()
    expect(page).not_to_have_url(re.compile(TAGGED))

    # What is kept has none of it.
    assert arabic_site.command("translations", "export", "ar", "-o", str(tmp_path / "ar.po")).returncode == 0
    kept = (tmp_path / "ar.po").read_text("utf-8")
    assert f'msgstr "{WHOLE}%(title)s"' in kept
    assert 'msgstr "تعليق على <a href=\\"%(address)s\\">الميثاق</a>"' in kept
    assert not re.search("[\u2066-\u2069]", kept)


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), pytest.param(1280, "dark", marks=pytest.mark.long)])
def test_a_translator_into_arabic(open_arabic: Open, arabic_site: Site, tmp_path: Path, width: int, theme: str) -> None:
    """The form, the page that is worded in its place, and the petition's own texts."""
    look: dict[str, Any] = {"locale": "ar", "color_scheme": theme, "width": width}
    page = come_in(open_arabic, arabic_site, f"Tara{width} Exemple", "translator", **look)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for name, path in (
        ("form", f"{WORKSHOP}/messages/{TAGGED}"),
        ("place", f"{WORKSHOP}/pages/sign"),
        ("texts", "/admin/petitions/demo/translation?text=ar"),
    ):
        page.goto(path)
        if name == "place":
            page.frame_locator("#place-frame").locator("label x-text").nth(2).click()
            expect(page.locator("#message textarea#text-0")).to_be_focused()
        looked_at(page)
        page.screenshot(path=tmp_path / f"{name}-{width}-{theme}.png", full_page=True)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_petition_is_switched_to_arabic(open_arabic: Open, width: int) -> None:
    page = open_arabic("/fr/petitions/demo", width=width)
    paragraph = page.locator("#text-9")
    bring(paragraph, 40)
    press_language(page, "ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    expect(paragraph).to_contain_text("الفقرة رقم")
    stays_at(paragraph, 40)
    assert begins_at_the_right(paragraph)
    assert page.evaluate(TOO_WIDE) == []
    assert violations(page) == []
    # And back: nothing of the other direction is left.
    press_language(page, "fr")
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(paragraph).not_to_contain_text("الفقرة")
    assert abs(paragraph.evaluate(EDGE) - 40) < 3
    assert not begins_at_the_right(paragraph)


def press_language(page: Page, locale: str) -> None:
    if page.locator(".language-menu summary").count():
        page.locator(".language-menu summary").click()
    page.locator(f".languages a[hreflang={locale}]").first.click()
    expect(page).to_have_url(re.compile(f"/{locale}/petitions/demo$"))


def begins_at_the_right(paragraph: Locator) -> bool:
    return bool(paragraph.evaluate("element => getComputedStyle(element).direction") == "rtl")


FACTS = """name => {
    document.querySelector("main").insertAdjacentHTML(
        "afterbegin", `<dl class="facts"><dt>-</dt><dd dir="auto"><span>${name}</span></dd></dl>`);
    const place = which => document.querySelector(`.facts ${which}`).getBoundingClientRect();
    const value = place("dd"), words = place("dd span");
    return {left: words.left - value.left, right: value.right - words.right};
}"""


def test_a_name_in_other_letters_stands_where_its_column_begins(open_arabic: Open) -> None:
    """Beside what it is called, as all the others: not at the far edge of the page."""
    page = open_arabic("/ar/petitions/demo", width=1280)
    for path, name, begins in (("/ar/petitions/demo", "Ada", "right"), ("/fr/petitions/demo", "علي", "left")):
        page.goto(path)
        room = page.evaluate(FACTS, name)
        assert room[begins] < 2, (path, room)
