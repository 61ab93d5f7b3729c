"""A translator's day: the list, the form by keyboard, the very page that is read; and two who write at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_pages import follow
from tests.browser.test_petition_desk import come_in
from tests.browser.test_team import EVERY_LOOK, looked_at
from tests.server import Site

HOME = "/admin/translations/"
BUTTON = "Confirm my signature"


@pytest.mark.long
@pytest.mark.parametrize(("locale", "theme", "width"), EVERY_LOOK)
def test_a_translators_day(open_desk: Open, new_site: Site, locale: str, theme: str, width: int) -> None:
    look: dict[str, Any] = {"locale": f"{locale}-{locale.upper()}", "color_scheme": theme, "width": width}
    page = come_in(open_desk, new_site, "Tara Exemple", "translator", **look)
    page.goto(HOME)
    looked_at(page)
    follow(page, page.locator("main h2 a[lang=fr]"))
    looked_at(page)
    open_text(page, BUTTON)
    looked_at(page)
    word_it_by_keyboard(page)
    on_the_page(page)


def open_text(page: Page, words: str) -> None:
    """Look for a text in the list, and open its form."""
    page.locator("#words").fill(words)
    follow(page, page.locator("form.filter button[type=submit]"))
    follow(page, page.get_by_role("link", name=words, exact=True))


def word_it_by_keyboard(page: Page) -> None:
    """Wrong markup is told while it is typed and not taken; then Ctrl and Enter saves, and the next comes."""
    field = page.locator("#text-0")
    expect(field).to_be_focused()
    expect(page.frame_locator("iframe.phone").locator("[data-shown]")).to_have_count(1)
    expect(field).to_be_in_viewport()  # the page that shows the text below it has come to it by itself
    field.fill("Je <b>signe")
    expect(page.locator("#findings li").first).to_be_visible()
    field.press("Control+Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    looked_at(page)
    field.fill("Je signe pour de bon")
    expect(page.locator("#findings li")).to_have_count(0)
    field.press("Control+Enter")
    expect(page.locator("#notices")).to_contain_text(re.compile(r"\w"))


def on_the_page(page: Page) -> None:
    """The text stands on the page; it is pressed, worded anew, and the page shows it. Then it is taken back."""
    page.goto(f"{HOME}fr/pages/confirmation")
    frame = page.frame_locator("#place-frame")
    text = frame.locator("button x-text").first
    expect(text).to_have_text("Je signe pour de bon")
    looked_at(page)
    text.click()
    field = page.locator("#text-0")
    expect(field).to_be_focused()
    expect(field).to_have_value("Je signe pour de bon")
    looked_at(page)
    field.fill("Je confirme tout")
    page.locator("#message .buttons button[value=save]").click()
    expect(text).to_have_text("Je confirme tout")
    expect(page.locator("#message [role=status]")).to_be_visible()
    looked_at(page)
    page.locator("#message [role=status] button").click()
    expect(text).to_have_text("Je signe pour de bon")
    page.get_by_role("button", name=re.compile("Translate this page|Traduire cette page")).click()
    frame.locator("footer a").first.click()
    expect(page).to_have_url(re.compile(r"/fr/pages/privacy#walk$"))


@pytest.mark.long
def test_without_javascript(open_desk: Open, new_site: Site) -> None:
    """The list, the form and the page with its texts: all of it is links and forms."""
    look: dict[str, Any] = {"locale": "en-GB", "color_scheme": "light", "width": 1280, "java_script_enabled": False}
    page = come_in(open_desk, new_site, "Theo Exemple", "translator", **look)
    page.goto(f"{HOME}fr/pages/confirmation")
    expect(page.frame_locator("#place-frame").locator("button x-text").first).to_be_visible()
    page.locator(".texts-of-page a").first.click()
    page.locator("#text-0").fill("Au contenu, vite")
    page.locator(".buttons button[value=save]").click()
    expect(page.locator("#text-0")).to_have_value("Au contenu, vite")
    page.locator("#notices button").click()
    expect(page.locator("#text-0")).not_to_have_value("Au contenu, vite")
