"""Another language in the midst of it: the place stays, and what was typed; without a script too."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_pages import follow
from tests.browser.test_story import PAGE, fill, mails_to
from tests.server import Site, wait_until
from tests.story import link_in

EDGE = "element => element.getBoundingClientRect().top"
FOCUS = "element => element.focus({ preventScroll: true })"
BOXES = ("consent_processing", "consent_petition_news", "consent_association_news")


def switch_to(page: Page, locale: str) -> None:
    """By hand: up to the head of the page, and there the language."""
    page.locator(f".languages a[hreflang={locale}]").first.click()
    expect(page.locator("html")).to_have_attribute("lang", locale)
    expect(page).to_have_url(re.compile(f"/{locale}/"))


def bring(element: Locator, height: int) -> None:
    """Scroll until it is so far below the window's upper edge, and read there for a moment."""
    way = element.evaluate("(e, at) => e.getBoundingClientRect().top - at", height)
    element.evaluate("(e, top) => scrollBy({ top, behavior: 'instant' })", way)
    if way < 0:  # one way up with a halt is two
        element.page.wait_for_timeout(2000)
    assert abs(element.evaluate(EDGE) - height) < 2


def stays_at(element: Locator, height: int) -> None:
    assert element.evaluate(EDGE) == pytest.approx(height, abs=3)


@pytest.mark.parametrize("width", [pytest.param(360, marks=pytest.mark.long), 1280])
def test_the_same_paragraph_stays_at_the_same_height(open_page: Open, width: int) -> None:
    page = open_page(PAGE, width=width)
    paragraph = page.locator("#text-9")
    bring(paragraph, 21)
    switch_to(page, "en")
    stays_at(paragraph, 21)
    assert page.title() == page.locator("h1").inner_text()
    assert page.locator("link[rel=canonical]").get_attribute("href").endswith("/en/petitions/demo")
    # And back by the browser's button; then from the very top, where it stays at the top.
    page.go_back()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.goto(PAGE)
    switch_to(page, "en")
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("width", [pytest.param(360, marks=pytest.mark.long), 1280])
def test_a_form_that_is_half_filled_stays_so(open_page: Open, width: int) -> None:
    page = open_page(PAGE, width=width)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.locator("#given_name").fill("Aïssatou")
    page.locator("#email").fill("half@example.org")
    page.locator("#comment").fill("Une phrase, et\nune autre.")
    page.locator("#country").select_option("BE")
    page.locator("[name=name_display][value=hidden]").check()
    page.locator("#consent_petition_news").check()
    if width < 1024:  # beside the text, the form stands still
        page.locator("#email").evaluate(FOCUS)
        bring(page.locator("#email"), 210)
    switch_to(page, "en")
    assert sent == []
    if width < 1024:
        stays_at(page.locator("#email"), 210)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Aïssatou")
    expect(page.locator("#email")).to_have_value("half@example.org")
    expect(page.locator("#comment")).to_have_value("Une phrase, et\nune autre.")
    expect(page.locator("#country")).to_have_value("BE")
    expect(page.locator("[name=name_display][value=hidden]")).to_be_checked()
    assert [page.locator(f"#{name}").is_checked() for name in BOXES] == [False, True, False]
    # It is a form like any other: what is wrong is told, and told in the other language after one more switch.
    page.get_by_role("button", name="Sign").click()
    expect(page.locator("#error-summary")).to_be_focused()
    switch_to(page, "fr")
    expect(page.locator("#error-summary")).to_contain_text("Veuillez")
    expect(page.locator("#email")).to_have_value("half@example.org")
    assert [page.locator(f"#{name}").is_checked() for name in BOXES] == [False, True, False]


@pytest.mark.long
def test_a_form_that_was_begun_in_another_language_is_sent(open_page: Open, demo: Site) -> None:
    email = f"switched-{time.time_ns()}@example.org"
    page = open_page("/en/petitions/demo", width=360)
    page.locator("#email").fill(email)
    page.locator("#country").select_option("FR")
    switch_to(page, "fr")
    # The stamp of when the form was first touched has come along.
    expect(page.locator("#sign [name=stamp]")).to_have_count(1)
    fill(page, email)
    page.get_by_role("button", name="Signer").click()
    expect(page.get_by_role("heading", name="Consultez votre boîte de réception")).to_be_focused()
    wait_until(lambda: mails_to(demo, email))
    assert "/fr/" in link_in(mails_to(demo, email)[0])
    # The number still moves by itself.
    with page.expect_response(re.compile("/fr/petitions/demo/live$"), timeout=40_000):
        pass


def test_what_was_loaded_below_a_list_is_there_again(open_page: Open) -> None:
    page = open_page(f"{PAGE}/signatures", width=360)
    for pages in (2, 3):
        page.get_by_role("link", name="En voir plus").click()
        expect(page.locator(".signers-page")).to_have_count(pages)
    row = page.locator("tr[data-row]").nth(60)
    name = row.get_attribute("data-row")
    bring(row, 5)
    switch_to(page, "en")
    same = page.locator(f'tr[data-row="{name}"]')
    expect(same).to_have_count(1)
    stays_at(same, 5)
    expect(page.locator(".signers-page")).to_have_count(3)


def test_comments_and_the_address_stay(open_page: Open) -> None:
    page = open_page(f"{PAGE}/comments", width=360)
    if more := page.get_by_role("link", name="En voir plus").get_attribute("href"):
        page.goto(more + "&via=mail")
    comment = page.locator(".comment").nth(2)
    words = comment.locator(".comment-text").inner_text()
    bring(comment, 30)
    query = page.url.partition("?")[2]
    switch_to(page, "en")
    assert page.url.partition("?")[2] == query
    stays_at(page.locator(".comment", has_text=words).first, 30)


def personal_page(page: Page, site: Site, email: str) -> None:
    fill(page, email)
    page.get_by_role("button", name="Signer").click()
    wait_until(lambda: mails_to(site, email))
    page.goto(link_in(mails_to(site, email)[0]))
    page.get_by_role("button", name="Confirmer ma signature").click()
    page.get_by_role("link", name="/signatures/").click()
    expect(page.locator("#correct-title")).to_be_visible()


@pytest.mark.long
def test_on_the_personal_link(open_page: Open, demo: Site) -> None:
    page = open_page(PAGE, width=360)
    personal_page(page, demo, f"personal-{time.time_ns()}@example.org")
    page.locator("#surname").fill("d’Autre-Exemple")
    page.locator("#consent_association_news").check()
    page.locator("#surname").evaluate(FOCUS)
    bring(page.locator("#surname"), 150)
    switch_to(page, "en")
    stays_at(page.locator("#surname"), 150)
    expect(page.locator("#surname")).to_have_value("d’Autre-Exemple")
    expect(page.locator("#consent_association_news")).to_be_checked()
    # What is wrong is told in the language that the page is in, and what was typed stays.
    page.locator("#given_name").fill("")
    follow(page, page.get_by_role("button", name="Save"))
    switch_to(page, "fr")
    expect(page.locator("#error-summary")).to_contain_text("Veuillez vérifier votre saisie")
    expect(page.locator("#given_name")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#surname")).to_have_value("d’Autre-Exemple")
    expect(page.locator("#consent_association_news")).to_be_checked()
    switch_to(page, "en")
    expect(page.locator("#error-summary")).to_contain_text("Please check what you entered")
    page.locator("#given_name").fill("Aïssatou")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your changes are saved")).to_be_visible()


def test_without_a_script_nothing_that_was_typed_is_lost(open_page: Open, demo: Site) -> None:
    email = f"noscript-{time.time_ns()}@example.org"
    page = open_page(f"{PAGE}#text-9", width=360, java_script_enabled=False)
    expect(page.locator("#text-9")).to_be_in_viewport()
    page.goto("/en/petitions/demo#text-9")  # the same place has the same name
    expect(page.locator("#text-9")).to_be_in_viewport()
    # Who has read to the end has the languages there, and stays there.
    page.goto(PAGE)
    follow(page, page.locator("#languages a[hreflang=en]"))
    expect(page.locator("#languages")).to_be_in_viewport()
    page.locator("#given_name").fill("Aïssatou")
    page.locator("#email").fill(email)
    page.locator("#country").select_option("FR")
    page.locator("#consent_petition_news").check()
    follow(page, page.locator("#sign button[lang=fr]"))
    expect(page).to_have_url(re.compile("/fr/petitions/demo/sign$"))
    expect(page.locator("#error-summary")).to_have_count(0)
    expect(page.locator("#given_name")).to_have_value("Aïssatou")
    assert [page.locator(f"#{name}").is_checked() for name in BOXES] == [False, True, False]
    # What is wrong is told in the language that the form is in.
    follow(page, page.get_by_role("button", name="Signer"))
    follow(page, page.locator("#sign button[lang=en]"))
    expect(page.locator("#error-summary")).to_contain_text("Please check what you entered")
    expect(page.locator("#email")).to_have_value(email)
    follow(page, page.locator("#sign button[lang=fr]"))
    personal_page(page, demo, email)
    page.locator("#surname").fill("d’Autre-Exemple")
    follow(page, page.locator("main form button[lang=en]"))
    expect(page.locator("#surname")).to_have_value("d’Autre-Exemple")
    expect(page.locator("html")).to_have_attribute("lang", "en")
