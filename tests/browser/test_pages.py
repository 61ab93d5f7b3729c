"""Every page in both themes and languages: accessible, within its width, light."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_story import fill, mails_to
from tests.server import Site, wait_until
from tests.story import link_in

PUBLIC = (
    "/{}/petitions/demo",
    "/{}/petitions/demo/signatures",
    "/{}/petitions/demo/comments",
    "/{}/petitions/demo/sign",
    "/{}/petitions/demo/check-your-inbox",
    "/{}/privacy",
    "/{}/charter",
    "/{}/legal",
    "/{}/nothing",
    "/mailbox",
)
AXE = Axe().axe_script
# Of the rules that a page keeps, nothing need be told: it takes longer than the looking.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
TOO_WIDE = """() => [...document.querySelectorAll('body *')].filter(e => {
    const box = e.getBoundingClientRect();
    return box.width && e.checkVisibility()
        && !e.closest('.visually-hidden, .skip, thead, .tabs li')  // tabs are pushed along
        && (box.right > innerWidth + 1 || box.left < -1) && getComputedStyle(e).position !== 'absolute';
}).map(e => e.outerHTML.slice(0, 120))"""
TOO_SMALL = """() => [...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, .button')]
    .filter(e => !e.closest('.visually-hidden'))
    .map(e => ({ tag: e.outerHTML.slice(0, 90), box: (e.closest('label') || e.labels?.[0]?.parentElement || e)
        .getBoundingClientRect(), own: e.getBoundingClientRect() }))
    .filter(e => e.own.width && Math.max(e.box.height, e.own.height) < 44).map(e => e.tag)"""


def violations(page: Page) -> list[str]:
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(
        "async (options) => (await axe.run(document, options)).violations", RULES
    )
    return [f"{violation['id']}: {violation['nodes'][0]['html'][:300]}" for violation in found]


def follow(page: Page, target: Locator) -> None:
    """Click, and wait for the page that it leads to."""
    with page.expect_navigation():
        target.click()


@pytest.mark.parametrize(
    ("locale", "theme"),
    [
        ("fr", "light"),
        pytest.param("en", "dark", marks=pytest.mark.long),
        pytest.param("fr", "dark", marks=pytest.mark.long),
        pytest.param("en", "light", marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing_on_any_public_page(open_page: Open, locale: str, theme: str) -> None:
    page = open_page(f"/{locale}/", color_scheme=theme, width=1280 if locale == "fr" else 360)
    for path in PUBLIC:
        page.goto(path.format(locale))
        assert violations(page) == [], path


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_axe_finds_nothing_on_the_signers_own_pages(open_page: Open, demo: Site, theme: str) -> None:
    email = f"axe-{theme}-{time.time_ns()}@example.org"
    page = open_page("/fr/petitions/demo", color_scheme=theme)
    page.get_by_role("button", name="Signer").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert violations(page) == []
    fill(page, email)
    page.get_by_role("button", name="Signer").click()
    expect(page.locator("#sign")).to_contain_text(email)
    assert violations(page) == []
    wait_until(lambda: mails_to(demo, email))
    page.goto("/mailbox")
    follow(page, page.locator("main a").first)
    assert violations(page) == []
    link = link_in(mails_to(demo, email)[0])
    page.goto(link + "x")
    assert violations(page) == []
    page.goto(link)
    assert violations(page) == []
    follow(page, page.get_by_role("button", name="Confirmer ma signature"))
    assert violations(page) == []
    follow(page, page.get_by_role("link", name="/signatures/"))
    assert violations(page) == []
    for name in ("Effacer mes données", "Retirer ma signature"):
        follow(page, page.get_by_role("link", name=name))
        assert violations(page) == []
        page.go_back()
    follow(page, page.get_by_role("link", name="Retirer ma signature"))
    follow(page, page.get_by_role("button", name="Retirer ma signature"))
    assert violations(page) == []


@pytest.mark.parametrize(
    ("width", "zoom"),
    [
        (320, 1),
        *(pytest.param(*size, marks=pytest.mark.long) for size in ((360, 1), (640, 2), (768, 1), (1280, 2))),
    ],
)
def test_nothing_is_wider_than_the_window(open_page: Open, width: int, zoom: int) -> None:
    page = open_page("/fr/", width=width)
    for path in PUBLIC:
        page.goto(path.format("fr"))
        if zoom != 1:
            page.evaluate(f"document.documentElement.style.fontSize = '{zoom * 100}%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(TOO_WIDE) == [], path


def test_targets_are_large_enough_for_a_thumb(open_page: Open) -> None:
    page = open_page("/fr/petitions/demo", width=360, is_mobile=True, has_touch=True)
    assert page.evaluate(TOO_SMALL) == []


def test_a_first_view_is_light(open_page: Open, demo: Site) -> None:
    page = open_page("/fr/legal")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.goto("/fr/petitions/demo", wait_until="load")
    page.wait_for_timeout(500)
    assert 3 <= len(weights) <= 6
    assert sum(weights) <= 60_000


def test_motion_stops_where_it_is_not_wanted(open_page: Open) -> None:
    page = open_page("/fr/petitions/demo", reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(e => {
            const style = getComputedStyle(e);
            return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;
        }).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert moving == []


def test_it_prints_without_what_is_for_the_screen(open_page: Open) -> None:
    page = open_page("/fr/petitions/demo")
    page.emulate_media(media="print")
    expect(page.locator("#sign form")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".petition-body")).to_be_visible()


def test_right_to_left_names_stay_in_their_place(open_page: Open) -> None:
    page = open_page("/fr/petitions/demo/signatures")
    arabic = page.locator("tbody tr td", has_text=re.compile(r"[\u0600-\u06ff]"))
    for _ in range(20):
        if arabic.count():
            break
        rows = page.locator("tbody tr").count()
        page.locator(".more a").last.click()
        expect(page.locator("tbody tr")).not_to_have_count(rows)
    cell = arabic.first
    assert cell.locator("bdi").evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert cell.evaluate("e => getComputedStyle(e.closest('tr')).direction") == "ltr"
