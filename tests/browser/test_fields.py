"""A form that asks for everything: chosen on the desk, answered by a signer, at every width and in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from petition_app.models.petition_field import KINDS
from tests.browser.conftest import Open
from tests.browser.test_story import mails_to
from tests.browser.test_team import EVERY_LOOK, looked_at, set_up
from tests.fields import ANSWERS, CHOICES, LABELS, PURPOSES
from tests.server import Site, wait_until
from tests.story import link_in

TAB = "/admin/form/demo"


def describe(page: Page, kind: str) -> None:
    """Fill in the form of a field of this kind."""
    page.goto(f"{TAB}/fields/new?kind={kind}")
    for place, locale in enumerate(("fr", "en")):
        page.locator(f"#purpose-{locale}").fill(PURPOSES[kind][place])
        if kind in LABELS:
            page.locator(f"#label-{locale}").fill(LABELS[kind][place])
        if kind == "question_choice":
            for number, words in enumerate(CHOICES, 1):
                page.locator(f"#choice-{number}-{locale}").fill(words[place])


def save(page: Page) -> None:
    """Press the button, and the one of the page that tells what comes of it."""
    for _step in range(2):
        with page.expect_navigation():
            page.locator("button[value=save], .confirm button:not([name])").click()
    expect(page).to_have_url(re.compile(f"{TAB}$"))


def answer(page: Page) -> None:
    """Fill the whole form in, with everything that it asks for beside name and address."""
    for name, value in {"given_name": "Alice", "surname": "Exemple", "email": "alice@example.org"}.items():
        page.locator(f".sign [name={name}]").fill(value)
    page.locator(".sign [name=name_display]").first.check()
    page.locator(".sign [name=consent_processing]").check()
    for label, value in zip(page.locator(".sign [name^=field_]").all(), ANSWERS.values(), strict=False):
        if label.evaluate("e => e.type") == "select-one":
            label.select_option(value)
        elif label.evaluate("e => e.type") != "radio":
            label.fill(value)
    page.locator(".sign input[type=radio][name^=field_]").first.check()


@pytest.mark.long
@pytest.mark.parametrize(("locale", "theme", "width"), EVERY_LOOK)
def test_a_form_that_asks_for_everything(open_desk: Open, new_site: Site, locale: str, theme: str, width: int) -> None:
    look: dict[str, Any] = {"locale": f"{locale}-{locale.upper()}", "color_scheme": theme, "width": width}
    page = open_desk("/admin/", **look)
    set_up(page, new_site)
    page.goto(TAB)
    looked_at(page)
    page.goto(f"{TAB}/fields/new?kind=question_choice")
    with page.expect_navigation():
        page.locator("button[value=save]").click()
    expect(page.locator("#error-summary")).to_be_focused()
    looked_at(page)
    for kind in KINDS:
        describe(page, kind)
        looked_at(page)
        save(page)
    looked_at(page)
    page.locator(".field-acts a").last.click()
    looked_at(page)

    signer = open_desk(f"/{locale}/petitions/demo/sign", **look)
    looked_at(signer)
    signer.locator(".asked summary").click()
    looked_at(signer)
    answer(signer)
    signer.locator("[name^=field_][inputmode=numeric]").fill("70")
    signer.locator(".sign button.button").click()
    expect(signer.locator("#error-summary")).to_be_focused()
    expect(signer.locator("[name^=field_][autocomplete=tel]")).to_have_value(ANSWERS["phone"])
    looked_at(signer)
    signer.locator("[name^=field_][inputmode=numeric]").fill("1970")
    signer.locator(".sign button.button").click()
    expect(signer.locator("#sign")).to_contain_text("alice@example.org")
    wait_until(lambda: mails_to(new_site, "alice@example.org"))
    signer.goto(link_in(mails_to(new_site, "alice@example.org")[-1]))
    expect(looked_at(signer).locator(".facts")).to_contain_text(ANSWERS["profession"])
    with signer.expect_navigation():
        signer.locator("main button[type=submit]").click()
    signer.goto(signer.url.removesuffix("/receipt"))
    looked_at(signer)
    with signer.expect_navigation():
        signer.locator(".facts button").first.click()
    expect(looked_at(signer).locator(".facts")).not_to_contain_text(ANSWERS["municipality"])
    signer.goto(f"/{locale}/privacy")
    looked_at(signer)
    expect(signer.locator("main")).to_contain_text(PURPOSES["phone"][locale == "en"])


@pytest.mark.long
def test_the_preview_follows_what_is_typed(open_desk: Open, new_site: Site) -> None:
    page = open_desk("/admin/", locale="en-GB")
    set_up(page, new_site)
    page.goto(f"{TAB}/fields/new?kind=question_yes_no")
    page.locator("#label-en").press_sequentially("Can you put up posters?")
    expect(page.locator("#preview legend", has_text="Can you put up posters?")).to_be_visible()
    expect(page.locator("#label-en")).to_be_focused()
    page.locator("#preview_in").select_option("fr")
    expect(page.locator("#preview")).to_contain_text("Signer")
    expect(page.locator("#preview button:disabled").first).to_be_visible()
    expect(page.locator("#preview button:enabled")).to_have_count(0)


def test_by_keyboard_alone_and_without_javascript(open_desk: Open, new_site: Site) -> None:
    page = open_desk("/admin/", java_script_enabled=False, locale="en-GB")
    set_up(page, new_site)
    page.goto(TAB)
    page.get_by_role("link", name="Add: Phone").focus()
    page.keyboard.press("Enter")
    page.locator("#purpose-fr").focus()
    for text in (PURPOSES["phone"][0], PURPOSES["phone"][1]):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Preview").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_contain_text(PURPOSES["phone"][1])
    expect(page.locator("#purpose-fr")).to_have_value(PURPOSES["phone"][0])
    save(page)
    expect(page.locator(".field-list")).to_contain_text(PURPOSES["phone"][1])
