"""The first quarter of an hour: from a server on an empty folder to a petition that somebody has signed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Windows
from tests.browser.test_pages import TOO_SMALL, TOO_WIDE, follow, violations
from tests.server import Site, site_in, wait_until
from tests.story import link_in, read_mail

PASSWORD = "seven green bicycles"  # noqa: S105  # made up
PASSPHRASE = "four green herons dance"  # noqa: S105  # made up
TEXT = """{title}
{to}: Ada Exemple, {mayor}

{salutation}

{body}

1. {first}
2. {second}

{author}: Collectif Exemple
"""
WORDS = {
    "en": {
        "title": "Clean water for Exampletown",
        "to": "To",
        "mayor": "mayor of Exampletown",
        "salutation": "Dear fellow citizens,",
        "body": "The water of the river has not been clean for two years, and nobody tells us why. We ask:",
        "first": "That it is examined each month",
        "second": "That the results are published",
        "author": "Author",
        "go_on": "Save and go on",
        "understood": "See what was understood",
        "draft": "Save as a draft",
        "online": "Put it online now",
        "see": "See the page",
        "sign": "Sign",
        "confirm": "Confirm my signature",
    },
    "fr": {
        "title": "De l’eau propre pour Exempleville",
        "to": "Destinataires ",
        "mayor": "maire d’Exempleville",
        "salutation": "Chères concitoyennes, chers concitoyens,",
        "body": "L’eau de la rivière n’est plus propre depuis deux ans, et personne ne dit pourquoi. Nous demandons :",
        "first": "Qu’elle soit analysée chaque mois",
        "second": "Que les résultats soient publiés",
        "author": "Auteur ",
        "go_on": "Enregistrer et continuer",
        "understood": "Voir ce qui a été compris",
        "draft": "Enregistrer comme brouillon",
        "online": "La mettre en ligne maintenant",
        "see": "Voir la page",
        "sign": "Signer",
        "confirm": "Confirmer ma signature",
    },
}


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    """A site on an empty folder: no demo, no team, and an association that nobody has named."""
    nobody = {f"PETITION_ASSOCIATION_{name}": "" for name in ("NAME", "ADDRESS", "CONTACT", "PUBLISHER", "HOSTING")}
    with site_in(tmp_path, **nobody) as site:
        site.start()
        yield site


@pytest.mark.parametrize(("locale", "width"), [("fr", 360), pytest.param("en", 1280, marks=pytest.mark.long)])
def test_from_nothing_to_a_signed_petition(browser: Browser, empty_site: Site, locale: str, width: int) -> None:
    windows, words = Windows(browser, empty_site), WORDS[locale]
    page = windows.open(f"/admin/set-up?lang={locale}", width=width, locale=locale)
    enter_with_the_code(page, empty_site)
    name_the_association(page)
    choose_appearance(page, words)
    keep_the_languages(page, words)
    leave_mails_here(page)
    seal_the_addresses(page)
    make_the_petition(page, words)
    page.get_by_role("link", name=words["see"], exact=True).click()
    sign(page, empty_site, words)
    windows.close()


@pytest.mark.long
def test_the_same_without_javascript(browser: Browser, empty_site: Site) -> None:
    """Everything is there: the preview of a colour and the order of the languages by buttons."""
    windows, words = Windows(browser, empty_site), WORDS["en"]
    page = windows.open("/admin/set-up?lang=en", width=768, locale="en", java_script_enabled=False)
    enter_with_the_code(page, empty_site, looks=False)
    name_the_association(page, looks=False)
    page.locator("#accent_colour").fill("#ffb300")
    follow(page, page.get_by_role("button", name="Preview the colour"))
    expect(page.locator("#preview")).to_contain_text("Made darker")
    expect(page.locator("#accent_colour")).to_have_value("#ffb300")
    follow(page, page.get_by_role("button", name=words["go_on"]))
    follow(page, page.get_by_role("button", name="Move up: English"))
    expect(page.locator(".languages-order label").first).to_have_text("English")
    follow(page, page.get_by_role("button", name=words["go_on"]))
    expect(page.locator("#host")).to_be_visible()
    follow(page, page.locator(".buttons button[value=test]"))
    expect(page.locator(".outcome")).to_contain_text("no mail server yet")
    follow(page, page.locator(".buttons a.quiet"))
    expect(page.locator("#new")).to_be_visible()
    follow(page, page.locator(".buttons a.quiet"))
    page.locator("#source").fill(TEXT.format(**words))
    follow(page, page.get_by_role("button", name=words["understood"]))
    follow(page, page.get_by_role("button", name=words["draft"]))
    follow(page, page.get_by_role("button", name=words["online"]))
    follow(page, page.get_by_role("link", name=words["see"], exact=True))
    expect(page.locator("h1")).to_have_text(words["title"])
    expect(page.locator(".languages li").first).to_have_text("English")
    windows.close()


def look_at(page: Page) -> None:
    """What holds for each page on the way."""
    assert violations(page) == []
    assert page.evaluate(TOO_WIDE) == []
    # What the Enter key presses is there for nobody's thumb.
    assert [tag for tag in page.evaluate(TOO_SMALL) if "visually-hidden" not in tag] == []


def enter_with_the_code(page: Page, site: Site, *, looks: bool = True) -> None:
    code = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}\b", site.log.read_text("utf-8"))
    assert code
    if looks:
        look_at(page)
    page.locator("#code").fill(code[0])
    page.keyboard.press("Enter")
    expect(page.locator("#name")).to_be_visible()
    if looks:
        look_at(page)
    page.locator("#name").fill("Ada Exemple")
    page.keyboard.press("Tab")
    page.keyboard.type("ada@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def name_the_association(page: Page, *, looks: bool = True) -> None:
    expect(page.locator("#association_name")).to_be_visible()
    if looks:
        look_at(page)
    page.locator("#association_name").focus()
    for answer in (
        "Les Amis de la rivière",
        "3 quai de l’Exemple, 00000 Exempleville",
        "contact@example.org",
        "Ada Exemple",
        "Hébergeur Exemple",
    ):
        page.keyboard.type(answer)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def choose_appearance(page: Page, words: dict[str, str]) -> None:
    expect(page.locator("#logo")).to_be_visible()
    page.wait_for_load_state()  # what is typed before the scripts are there is previewed by nobody
    page.locator("#accent_colour").fill("#ffb300")
    expect(page.locator("#preview")).to_contain_text("#ffb300")
    look_at(page)
    page.locator("#logo").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": a_logo()})
    page.get_by_role("button", name=words["go_on"]).click()


def a_logo() -> bytes:
    image = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((10, 10, 190, 190), fill=(255, 179, 0, 255))
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def keep_the_languages(page: Page, words: dict[str, str]) -> None:
    expect(page.locator("#timezone")).to_have_value("Europe/Paris")
    look_at(page)
    page.get_by_role("button", name=words["go_on"]).click()


def leave_mails_here(page: Page) -> None:
    """A server that does not answer is not saved; without one, mails are kept on this machine."""
    page.locator("#host").fill("127.0.0.1")
    page.locator("#port").fill("1")
    page.locator("#sender").fill("petition@example.org")
    page.locator("#sender").press("Enter")
    expect(page.locator(".outcome.bad")).to_contain_text("127.0.0.1:1")
    look_at(page)
    page.locator(".buttons a.quiet").click()


def seal_the_addresses(page: Page) -> None:
    """The recovery key is shown once, on the way; the way goes on behind it."""
    expect(page.locator("#new")).to_be_visible()
    look_at(page)
    page.locator("#new").fill(PASSPHRASE)
    page.locator("#again").fill(PASSPHRASE)
    page.locator("#again").press("Enter")
    expect(page.locator("#recovery-key li")).to_have_count(8)
    look_at(page)
    page.locator("main .buttons a").click()


def make_the_petition(page: Page, words: dict[str, str]) -> None:
    expect(page.locator("#source")).to_be_visible()
    look_at(page)
    page.locator("#source").fill(TEXT.format(**words))
    page.get_by_role("button", name=words["understood"]).click()
    expect(page.locator(".understood h2")).to_have_text(words["title"])
    expect(page.locator(".understood ol li")).to_have_count(2)
    look_at(page)
    page.get_by_role("button", name=words["draft"]).click()
    expect(page.locator("#means-title")).to_be_visible()
    look_at(page)
    page.get_by_role("button", name=words["online"]).click()
    expect(page.locator("#address")).to_be_visible()
    look_at(page)


def sign(page: Page, site: Site, words: dict[str, str]) -> None:
    """As a reader does, on the page in the association's own colour, under its logo."""
    expect(page.locator("h1")).to_have_text(words["title"])
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--accent')") != "#0d5c63"
    assert page.evaluate("document.querySelector('.logo').naturalWidth > 0")
    look_at(page)
    for name, value in (("given_name", "Alice"), ("surname", "Exemple"), ("email", "alice@example.org")):
        page.locator(f"input[name={name}]").fill(value)
    page.locator("input[name=name_display]").first.check()
    page.locator("input[name=consent_processing]").check()
    page.get_by_role("button", name=words["sign"], exact=True).click()
    mailbox = site.data_dir / "mailbox"
    wait_until(lambda: list(mailbox.glob("*.eml")), 20)
    mail = read_mail(next(mailbox.glob("*.eml")).read_bytes())
    assert "Les Amis de la rivière" in str(mail["From"])
    page.goto(link_in(mail))
    look_at(page)
    follow(page, page.get_by_role("button", name=words["confirm"]))
    look_at(page)
