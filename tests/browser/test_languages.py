"""The languages of a petition in the browser: the menu, the place that it keeps; a text put into another language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open, Windows
from tests.browser.test_pages import follow
from tests.browser.test_team import looked_at, set_up
from tests.server import Site, site_in

MENU = ".language-menu summary"
TEXT = "De l’eau pour Exempleville\n\nTo: Ada Exemple, maire\n\n" + "\n\n".join(
    f"Paragraphe numéro {number}, avec assez de mots pour remplir plusieurs lignes sur un petit écran, et plus encore."
    for number in range(1, 41)
)
WHO = {
    "PETITION_ASSOCIATION_ADDRESS": "1 rue de l'Exemple",
    "PETITION_ASSOCIATION_CONTACT": "contact@example.org",
    "PETITION_ASSOCIATION_PUBLISHER": "Ada Exemple",
    "PETITION_ASSOCIATION_HOSTING": "Hébergeur Exemple",
    "PETITION_LOCALES": "fr en",
}
EVERY_LOOK = [
    ("fr", "light", 360),
    pytest.param("en", "dark", 1280, marks=pytest.mark.long),
    pytest.param("fr", "dark", 1280, marks=pytest.mark.long),
    pytest.param("en", "light", 360, marks=pytest.mark.long),
]


@pytest.fixture(scope="module")
def french_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site in two languages, with a petition in one of them."""
    folder = tmp_path_factory.mktemp("french")
    with site_in(folder, **WHO) as site:
        path = folder / "text.txt"
        path.write_text(TEXT, "utf-8")
        done = site.command("import", str(path), "--locale", "fr", "--slug", "eau", "--open")
        assert done.returncode == 0, done.stderr
        site.start()
        yield site


@pytest.fixture
def open_french(browser: Browser, french_site: Site) -> Iterator[Open]:
    windows = Windows(browser, french_site)
    yield windows.open
    assert windows.close() == []


def test_the_menu_without_a_script(open_french: Open) -> None:
    page = open_french("/fr/petitions/eau", width=360, java_script_enabled=False)
    expect(page.locator(MENU)).to_have_text(re.compile("Français"))
    page.locator(MENU).click()
    follow(page, page.locator(".language-list a[hreflang=en]"))
    expect(page).to_have_url(re.compile("/en/petitions/eau$"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    # The petition is not in this language, and says in which it is.
    expect(page.locator("h1")).to_have_attribute("lang", "fr")


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1280, "dark")])
def test_the_menu_closes_as_menus_do(open_french: Open, tmp_path: Path, width: int, theme: str) -> None:
    look: dict[str, Any] = {"width": width, "color_scheme": theme}
    page = open_french("/fr/petitions/eau", **look)
    listed = page.locator(".language-list")
    page.locator(MENU).click()
    expect(listed).to_be_visible()
    looked_at(page)
    page.screenshot(path=tmp_path / f"menu-{width}.png")
    box = listed.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    page.locator(".language-list a").first.focus()
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    expect(page.locator(MENU)).to_be_focused()
    page.locator(MENU).click()
    page.mouse.click(2, 500)
    expect(listed).to_be_hidden()


def test_another_language_opens_where_one_is_reading(open_french: Open) -> None:
    page = open_french("/fr/petitions/eau", width=360)
    paragraph = page.locator(".petition-body > p:not(.notice)").nth(19)
    paragraph.evaluate("element => element.scrollIntoView({ block: 'start', behavior: 'instant' })")
    page.locator(MENU).click()
    link = page.locator(".language-list a[hreflang=en]")
    link.click(modifiers=["Control"])  # in a window of its own: at the same paragraph
    expect(link).to_have_attribute("href", re.compile(r"/en/petitions/eau#text-20$"))
    link.click()
    expect(page).to_have_url(re.compile(r"/en/petitions/eau$"))
    expect(page.locator("h1")).to_have_attribute("lang", "fr")
    expect(paragraph).to_be_in_viewport()


@pytest.mark.parametrize(("locale", "theme", "width"), EVERY_LOOK)
def test_a_text_is_put_into_another_language(
    open_desk: Open, new_site: Site, tmp_path: Path, locale: str, theme: str, width: int
) -> None:
    look: dict[str, Any] = {"locale": f"{locale}-{locale.upper()}", "color_scheme": theme, "width": width}
    page: Page = open_desk("/admin/", **look)
    set_up(page, new_site)
    page.goto("/admin/petitions/demo/translation?text=en")
    looked_at(page)
    page.screenshot(path=tmp_path / f"translation-{locale}-{theme}-{width}.png", full_page=True)
    field = page.locator(".pair textarea[name^='t-body.']").first
    field.fill("Something else is said here.")
    field.blur()
    state = page.locator(".pair:has(textarea[name^='t-body.']) .pair-state").first
    expect(state).to_have_text(re.compile("Kept, not online yet|Gardé, pas encore en ligne"))
    page.goto("/admin/petitions/demo/translation/publication?text=en")
    looked_at(page)
    page.screenshot(path=tmp_path / f"publication-{locale}-{theme}-{width}.png", full_page=True)
    page.locator("[name=reason]").fill("The first sentence is another one.")
    follow(page, page.locator("form.fields button[type=submit]"))
    expect(page.locator(".notice.success")).to_be_visible()
    page.goto("/en/petitions/demo")
    expect(page.locator(".petition-body")).to_contain_text("Something else is said here.")
