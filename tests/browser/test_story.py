"""Somebody signs on a phone, confirms from the mail, is seen by another, and takes it back."""

from __future__ import annotations

import time
from email.message import EmailMessage

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.server import Site, wait_until
from tests.story import link_in, read_mail

PHONE = {"width": 360, "height": 740, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
PAGE = "/fr/petitions/demo"


def mails_to(site: Site, address: str) -> list[EmailMessage]:
    mails = [read_mail(path.read_bytes()) for path in sorted(site.mailbox.glob("*.eml"))]
    return [mail for mail in mails if mail["To"] == address]


def count_in(page: Page) -> int:
    return int(page.locator("#count").get_attribute("data-count") or "-1")


def fill(page: Page, email: str, **more: str) -> None:
    form = page.locator("#sign")
    form.get_by_label("Prénom", exact=True).fill(more.get("given_name", "Aïssatou"))
    form.get_by_label("Nom", exact=True).fill(more.get("surname", "d’Exemple-Démo"))
    form.get_by_label("Adresse électronique").fill(email)
    form.get_by_label("Code postal (facultatif)").fill("29 200")
    form.get_by_label("Prénom et nom").check()
    form.get_by_label("J’accepte que").check()


def test_the_whole_story(open_page: Open, demo: Site) -> None:
    surname = "d’Exemple-Récit"  # others sign on this site, too
    email = f"story-{time.time_ns()}@example.org"
    phone, other = open_page(PAGE, **PHONE), open_page(PAGE)
    start = count_in(other)
    bar = phone.locator("#sign-bar")
    expect(bar).to_be_in_viewport()
    bar.get_by_role("link", name="Signer").click()
    expect(bar).not_to_be_in_viewport()

    # What is wrong is said where it is wrong, and what was typed stays.
    phone.locator("#sign").get_by_label("Prénom", exact=True).fill("Aïssatou")
    phone.get_by_role("button", name="Signer").click()
    summary = phone.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Adresse électronique").click()
    expect(phone.get_by_label("Adresse électronique")).to_be_focused()
    assert phone.locator("#sign").get_by_label("Prénom", exact=True).input_value() == "Aïssatou"

    fill(phone, email, surname=surname)
    phone.get_by_role("button", name="Signer").click()
    expect(phone.get_by_role("heading", name="Consultez votre boîte de réception")).to_be_focused()
    expect(phone.locator("#sign")).to_contain_text(email)
    assert PAGE in phone.url

    wait_until(lambda: mails_to(demo, email))
    phone.goto(link_in(mails_to(demo, email)[0]))
    assert count_in(other) == start
    phone.get_by_role("button", name="Confirmer ma signature").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Votre signature est la")

    # The other window was never reloaded.
    expect(other.locator("#count")).to_have_attribute("data-count", str(start + 1), timeout=15_000)
    row = other.locator("#live tbody tr").first
    expect(row).to_contain_text(surname)
    expect(row).to_contain_text("29200")
    expect(other.locator("#announcer")).not_to_be_empty(timeout=40_000)

    phone.get_by_role("link", name="/signatures/").click()
    phone.get_by_role("link", name="Retirer ma signature").click()
    phone.get_by_role("button", name="Retirer ma signature").click()
    expect(phone.get_by_text("Votre signature est retirée et ne compte plus.")).to_be_visible()
    expect(other.locator("#count")).to_have_attribute("data-count", str(start), timeout=15_000)
    expect(other.locator("#live")).not_to_contain_text(surname)


def test_the_same_by_keyboard_alone(open_page: Open, demo: Site) -> None:
    email = f"keys-{time.time_ns()}@example.org"
    page = open_page(PAGE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Aller au contenu"
    page.locator("#sign").get_by_label("Prénom", exact=True).focus()
    keys = page.keyboard
    for text in ("Ada", "d’Exemple", email, "75011"):
        keys.type(text)
        keys.press("Tab")
    keys.press("Tab")  # the country stays
    keys.press("Tab")  # no comment
    keys.press("Tab")  # over the charter's link, to the radios
    keys.press("Space")
    keys.press("Tab")
    keys.press("Space")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Consultez votre boîte de réception")).to_be_focused()
    wait_until(lambda: mails_to(demo, email))


def test_the_same_without_javascript(open_page: Open, demo: Site) -> None:
    email = f"plain-{time.time_ns()}@example.org"
    page = open_page(PAGE, java_script_enabled=False)
    page.get_by_role("button", name="Signer").click()
    assert page.url.endswith(f"{PAGE}/signatures")
    expect(page.get_by_text("Veuillez vérifier votre saisie")).to_be_visible()
    fill(page, email)
    page.get_by_role("button", name="Signer").click()
    assert page.url.endswith("/check-your-inbox")
    wait_until(lambda: mails_to(demo, email))
    page.goto(link_in(mails_to(demo, email)[0]))
    page.get_by_role("button", name="Confirmer ma signature").click()
    page.get_by_role("link", name="/signatures/").click()
    page.get_by_label("Masqué").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Vos changements sont enregistrés")).to_be_visible()
    page.get_by_role("link", name="Effacer mes données").click()
    page.get_by_role("button", name="Effacer mes données").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vos données sont effacées")


def test_older_signers_and_comments_are_loaded_below(open_page: Open) -> None:
    page = open_page(PAGE)
    before = page.locator(".signers-block tbody tr").count()
    page.locator(".signers-block").get_by_role("link", name="En voir plus").click()
    expect(page.locator(".signers-block tbody tr")).not_to_have_count(before)
    rows = page.locator(".signers-block tbody tr[data-row]").evaluate_all("rows => rows.map(r => r.dataset.row)")
    assert len(rows) == len(set(rows)) > before
    comments = page.locator(".comment").count()
    page.locator(".comments-block").get_by_role("link", name="En voir plus").click()
    expect(page.locator(".comment")).not_to_have_count(comments)


def test_a_hidden_tab_asks_nothing_and_catches_up(open_page: Open) -> None:
    page = open_page(PAGE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/live") else None)
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', { get: () => window.isAway, configurable: true });
            window.isAway = true;
            htmx.trigger('#live', 'catch-up');
        }"""
    )
    page.wait_for_timeout(500)
    assert asked == []
    page.evaluate("window.isAway = false; document.dispatchEvent(new Event('visibilitychange'))")
    wait_until(lambda: page.wait_for_timeout(50) or asked, 5)


def test_the_link_is_copied(open_page: Open) -> None:
    page = open_page(PAGE, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Copier le lien").click()
    expect(page.get_by_role("link", name="Lien copié")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith(PAGE)
