"""The first day of a team: set the site up, protect the account, invite somebody, who comes in."""

from __future__ import annotations

import re
import time
from email.message import EmailMessage
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_pages import TOO_SMALL, TOO_WIDE, violations
from tests.server import Site, wait_until
from tests.story import link_in, read_mail

PASSWORD = "seven green bicycles"  # noqa: S105  # made up
EVERY_LOOK = [
    ("fr", "light", 360),
    pytest.param("en", "dark", 1280, marks=pytest.mark.long),
    pytest.param("fr", "dark", 1280, marks=pytest.mark.long),
    pytest.param("en", "light", 360, marks=pytest.mark.long),
]


def code_of(site: Site) -> str:
    """The code that the server printed when it started."""
    found = re.findall(r"\b([A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4})\b", site.log.read_text("utf-8"))
    assert found, site.log.read_text("utf-8")
    return str(found[-1])


def mails_to(site: Site, address: str) -> list[EmailMessage]:
    found = [read_mail(path.read_bytes()) for path in sorted(site.mailbox.glob("*.eml"))]
    return [mail for mail in found if address in str(mail["To"])]


def press(page: Page, fill: dict[str, str]) -> None:
    """Fill the page's form in, by the names of its fields, and press its button."""
    for name, value in fill.items():
        page.locator(f"main [name={name}]").fill(value)
    with page.expect_navigation():
        page.locator("main form").first.locator("button[type=submit]").click()


def looked_at(page: Page) -> Page:
    """The page is accessible, within its width, and its controls can be met by a thumb."""
    assert violations(page) == [], page.url
    assert page.evaluate(TOO_WIDE) == [], page.url
    assert page.evaluate(TOO_SMALL) == [], page.url
    return page


def set_up(page: Page, site: Site) -> None:
    press(page, {"code": code_of(site)})
    press(page, {"name": "Alice Exemple", "email": "alice@example.org", "password": PASSWORD})
    pass_the_other_steps(page)


def pass_the_other_steps(page: Page) -> None:
    """Who runs the site, the first petition: test_set_up.py takes them."""
    expect(page.locator(".steps")).to_be_visible()
    page.goto("/admin/")
    expect(page).to_have_url(re.compile(r"/admin/$"))


@pytest.mark.long
@pytest.mark.parametrize(("locale", "theme", "width"), EVERY_LOOK)
def test_the_first_day(open_desk: Open, new_site: Site, locale: str, theme: str, width: int) -> None:
    look: dict[str, Any] = {"locale": f"{locale}-{locale.upper()}", "color_scheme": theme, "width": width}
    page = looked_at(open_desk("/admin/", **look))
    expect(page).to_have_url(re.compile("/admin/set-up$"))
    expect(page.locator("html")).to_have_attribute("lang", locale)
    press(page, {"code": "AAAA-AAAA-AAAA"})
    expect(page.locator("#error-summary")).to_be_focused()
    looked_at(page)
    press(page, {"code": code_of(new_site)})
    press(looked_at(page), {"name": "Alice Exemple", "email": "alice@example.org", "password": PASSWORD})
    pass_the_other_steps(page)

    # The first page says what to do first: the second factor.
    with page.expect_navigation():
        looked_at(page).locator(".tasks a").click()
    looked_at(page).locator("summary", has_text=re.compile("camera|appareil photo")).click()
    totp = pyotp.TOTP(page.locator(".key").inner_text().replace(" ", ""))
    press(page, {"code": totp.now()})
    expect(looked_at(page).locator(".recovery-codes li")).to_have_count(10)
    recovery = page.locator(".recovery-codes li").first.inner_text()

    # Out, and in again by both factors.
    if width < 960:
        page.locator(".side-small summary").click()
    with page.expect_navigation():
        page.locator("form[action$='/sign-in/out'] button:visible").click()
    press(looked_at(page), {"email": "alice@example.org", "password": "not the password"})
    press(looked_at(page), {"email": "alice@example.org", "password": PASSWORD})
    press(looked_at(page), {"code": totp.at(int(time.time()) + 30)})

    # Somebody is invited, and comes in on another machine.
    page.goto("/admin/team")
    looked_at(page)
    page.goto("/admin/team/invitation")
    page.locator("[name=locale]").select_option(locale)
    press(looked_at(page), {"name": "Bob Témoin", "email": "bob@example.org"})
    expect(page.locator(".notice.success")).to_contain_text("bob@example.org")
    looked_at(page)
    wait_until(lambda: mails_to(new_site, "bob@example.org"))
    bob = open_desk(link_in(mails_to(new_site, "bob@example.org")[0]), **look)
    press(looked_at(bob), {"name": "Bob Témoin", "password": "four blue teapots"})
    expect(looked_at(bob).locator(".me")).to_have_text("Bob Témoin")
    assert bob.goto("/admin/team").status == 403  # type: ignore[union-attr]  # a page that answers
    looked_at(bob)

    # What Alice sees of it, and every other page of hers.
    for path in ("/admin/team", "/admin/team/2", "/admin/account", "/admin/account/password", "/admin/log"):
        page.goto(path)
        looked_at(page)
    expect(page.locator("tbody tr")).to_have_count(6)
    expect(page.locator("tbody")).to_contain_text("Bob Témoin")

    # The phone is lost: a printed code opens as well.
    other = open_desk("/admin/sign-in", **look)
    press(other, {"email": "alice@example.org", "password": PASSWORD})
    press(other, {"code": recovery})
    expect(other.locator(".me")).to_have_text("Alice Exemple")


@pytest.mark.long
def test_shut_out_undo_and_the_password_again(open_desk: Open, new_site: Site) -> None:
    page = open_desk("/admin/", locale="en-GB")
    set_up(page, new_site)
    added = new_site.command("member", "add", "bob@example.org", "--role", "editor", "--name", "Bob", "--locale", "en")
    bob = open_desk(re.findall(r"https?://\S+", added.stdout)[0], locale="en-GB")
    press(bob, {"password": "four blue teapots"})
    page.goto("/admin/team/2")
    page.get_by_role("button", name="Shut out").click()
    expect(page.locator(".notice")).to_contain_text("Bob is shut out")
    bob.reload()
    expect(bob).to_have_url(re.compile("/admin/sign-in"))
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notice")).to_contain_text("Bob may sign in again.")
    press(bob, {"email": "bob@example.org", "password": "four blue teapots"})
    expect(bob.locator(".me")).to_have_text("Bob")


def test_by_keyboard_alone_and_without_javascript(open_desk: Open, new_site: Site) -> None:
    page = open_desk("/admin/set-up", java_script_enabled=False, locale="en-GB")
    keys = page.keyboard
    keys.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    keys.press("Enter")
    keys.press("Tab")
    keys.type(code_of(new_site).lower())
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/admin/set-up/account$"))
    page.locator("#name").focus()
    for text in ("Alice Exemple", "alice@example.org", PASSWORD):
        keys.type(text)
        keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".me")).to_have_text("Alice Exemple")
    page.get_by_role("link", name="Team").click()
    page.get_by_role("link", name="Invite somebody").first.click()
    page.locator("#name").focus()
    keys.type("Bob")
    keys.press("Tab")
    keys.type("no address")
    keys.press("Enter")
    expect(page.get_by_text("Please check what you entered")).to_be_visible()
    expect(page.locator("#name")).to_have_value("Bob")
    page.get_by_role("link", name="My account").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/admin/sign-in$"))
