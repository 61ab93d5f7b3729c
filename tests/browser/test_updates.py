"""An update in the browser: written with its preview beside it, sent, watched while it goes out, stopped, read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_team import looked_at, set_up
from tests.server import Site

DESK = "/admin/updates/demo"
EVERY_LOOK = [
    ("fr", "light", 360),
    pytest.param("en", "dark", 1280, marks=pytest.mark.long),
    pytest.param("fr", "dark", 1280, marks=pytest.mark.long),
    pytest.param("en", "light", 360, marks=pytest.mark.long),
    pytest.param("fr", "light", 768, marks=pytest.mark.long),
]
LONG = "Une réponse qui tient en une phrase plus longue que les autres, pour voir où elle se coupe"
BODY = "La mairie **répond** :\n\n1. oui\n2. non\n\n> Une citation.\n\n[La lettre](https://example.org/lettre)"


@pytest.mark.long
@pytest.mark.parametrize(("locale", "theme", "width"), EVERY_LOOK)
def test_from_the_first_word_to_the_page(
    open_desk: Open, new_site: Site, tmp_path: Path, locale: str, theme: str, width: int
) -> None:
    look: dict[str, Any] = {"locale": f"{locale}-{locale.upper()}", "color_scheme": theme, "width": width}
    page = open_desk("/admin/", **look)
    set_up(page, new_site)

    def seen(name: str) -> None:
        looked_at(page)
        page.screenshot(path=tmp_path / f"{name}-{locale}-{theme}-{width}.png", full_page=True)

    page.goto(DESK)
    seen("empty")
    page.locator(".empty-state a").click()
    page.locator("[name=title-fr]").fill(LONG)
    page.locator("[name=body-fr]").fill(BODY)
    # The preview follows by itself.
    expect(page.locator("#preview strong")).to_have_text("répond")
    page.locator("[name=title-en]").fill("The town answers")
    page.locator("button[type=submit]:not([name])", has_text=re.compile("draft|brouillon")).click()
    expect(page.locator("#error-summary")).to_be_focused()
    seen("problem")
    page.locator("[name=body-en]").fill("It *answers*.")
    expect(page.locator("#preview em")).to_have_text("answers")
    seen("editor")
    page.locator("button[type=submit]:not([name])", has_text=re.compile("draft|brouillon")).click()
    expect(page.locator(".notice.success")).to_be_visible()
    seen("draft")
    page.locator(".screen-action a").click()
    page.locator("#when-later").check()
    page.locator(".sending-form button[type=submit]").click()
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#when-later")).to_be_checked()
    seen("sending")
    page.locator("#when").check()
    page.locator("#per_minute-30").check()
    page.locator(".sending-form button[type=submit]").click()
    expect(page.locator(".notice.success")).to_be_visible()
    seen("sent")
    page.goto(DESK)
    seen("list")
    page.goto(f"/{locale}/petitions/demo")
    expect(page.locator("#updates article")).to_have_count(1)
    page.locator("#updates").scroll_into_view_if_needed()
    seen("public")
    page.locator("#updates h3 a").click()
    expect(page.locator("h1")).to_have_text("The town answers" if locale == "en" else LONG)
    seen("update")


@pytest.mark.long
def test_watched_stopped_and_resumed(open_desk: Open, new_site: Site, tmp_path: Path) -> None:
    """The progress moves by itself while mails go out, and the page that is watched notices the end."""
    new_site.command("demo", "--signatures", "400")
    page = open_desk("/admin/", locale="en-GB")
    set_up(page, new_site)
    page.goto(f"{DESK}/new")
    page.locator("[name=title-fr]").fill("Une réponse")
    page.locator("[name=body-fr]").fill("Oui.")
    page.locator("button[type=submit]:not([name])", has_text="draft").click()
    page.locator(".screen-action a").click()
    expect(page.locator(".people strong")).not_to_have_text("0")
    page.locator("#per_minute-600").check()
    page.locator(".sending-form button[type=submit]").click()
    progress = page.locator("#mailing progress")
    expect(progress).to_be_visible()
    expect(page.locator("#mailing dd").nth(1)).to_have_text(re.compile(r"^\s*[1-9]\d"), timeout=30_000)
    page.screenshot(path=tmp_path / "progress.png", full_page=True)
    page.get_by_role("button", name="Stop the mailing").click()
    expect(page.locator("#mailing")).to_contain_text("It was stopped when")
    looked_at(page)
    page.screenshot(path=tmp_path / "stopped.png", full_page=True)
    page.get_by_role("button", name="Go on with the mailing").click()
    expect(page.locator("#mailing")).to_contain_text("The mailing ended", timeout=90_000)
    looked_at(page)
    page.screenshot(path=tmp_path / "ended.png", full_page=True)
    assert page.locator("#mailing").get_attribute("hx-get") is None


@pytest.mark.long
def test_without_javascript_and_by_keyboard(open_desk: Open, new_site: Site) -> None:
    page = open_desk("/admin/", java_script_enabled=False, locale="en-GB")
    set_up(page, new_site)
    page.goto(f"{DESK}/new")
    page.locator("[name=title-fr]").focus()
    keys = page.keyboard
    keys.type("Une réponse")
    keys.press("Tab")
    keys.type("Elle dit **oui**.")
    page.get_by_role("button", name="Preview").press("Enter")
    expect(page.locator("#preview strong")).to_have_text("oui")
    expect(page.locator("[name=title-fr]")).to_have_value("Une réponse")
    page.get_by_role("button", name="Save the draft").press("Enter")
    page.get_by_role("link", name="Publish or send it").press("Enter")
    page.locator("#by_mail-no").check()
    page.get_by_role("button", name="Publish the update as chosen").press("Enter")
    expect(page.locator(".notice.success")).to_contain_text("on the page")
    page.get_by_role("button", name="Take it off the page").press("Enter")
    expect(page.locator(".notice.success")).to_contain_text("off the page")
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator(".notice.success")).to_contain_text("on the page again")
