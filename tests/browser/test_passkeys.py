"""A member makes a passkey with a device, and signs in with it alone. The device is Chromium's own virtual one."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_pages import follow
from tests.browser.test_petition_desk import come_in
from tests.browser.test_team import looked_at
from tests.server import Site

LOOK: dict[str, Any] = {"locale": "fr-FR", "color_scheme": "dark", "width": 360}


def device(page: Page, *, verified: bool = True) -> tuple[CDPSession, str]:
    """A device that keeps passkeys, and whose owner unlocks it at once, or (`verified=False`) cannot."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }
    return cdp, cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def test_made_used_and_removed(open_desk: Open, new_site: Site) -> None:
    page = come_in(open_desk, new_site, "Alice Exemple", "administrator", **LOOK)
    cdp, authenticator = device(page)
    page.goto("/admin/account/passkeys/new")
    looked_at(page)
    page.locator("[name=name]").fill("Téléphone")
    follow(page, page.locator("main form.fields button[type=submit]"))
    expect(page.locator("#notices .success")).to_be_visible()
    expect(page.locator(".acts-list")).to_contain_text("Téléphone")
    looked_at(page)

    page.locator(".side-small summary").click()
    follow(page, page.locator("form[action$='/sign-in/out'] button:visible"))
    follow(page, page.locator("a[href*='/sign-in/passkey']"))
    looked_at(page)
    follow(page, page.locator("main button[type=submit]"))
    expect(page.locator(".me")).to_have_text("Alice Exemple")

    # Where the owner is not recognised, nothing is signed, and the page says so.
    page.locator(".side-small summary").click()
    follow(page, page.locator("form[action$='/sign-in/out'] button:visible"))
    page.goto("/admin/sign-in/passkey")
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.locator("main button[type=submit]").click()
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
    looked_at(page)
