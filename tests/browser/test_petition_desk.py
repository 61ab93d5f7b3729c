"""An editor's day: write, change, show who carries it, tell what became of it, close; a recipient answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_pages import follow
from tests.browser.test_team import EVERY_LOOK, looked_at
from tests.server import Site

PASSWORD = "seven green bicycles"  # noqa: S105  # made up
DESK = "/admin/petitions/demo"


def member_link(site: Site, email: str, name: str, role: str, locale: str) -> str:
    """A new member's way in, as the command prints it."""
    done = site.command("member", "add", email, "--role", role, "--name", name, "--locale", locale)
    found = re.search(r"https?://[^/]+(/\S+)", done.stdout)
    assert found is not None, done.stderr
    return found[1]


def come_in(open_desk: Open, site: Site, name: str, role: str = "editor", **look: Any) -> Page:
    """A member's browser, signed in."""
    email = f"{name.split()[0].lower()}@example.org"
    page = open_desk(member_link(site, email, name, role, look["locale"][:2]), **look)
    page.locator("main [name=password]").fill(PASSWORD)
    follow(page, page.locator("main form button[type=submit]"))
    return page


def press(page: Page, act: str) -> None:
    """Press the button of a form that does this."""
    follow(page, page.locator(f".buttons button[name=act][value={act}]"))


@pytest.mark.long
@pytest.mark.parametrize(("locale", "theme", "width"), EVERY_LOOK)
def test_an_editors_day(open_desk: Open, new_site: Site, tmp_path: Path, locale: str, theme: str, width: int) -> None:
    look: dict[str, Any] = {"locale": f"{locale}-{locale.upper()}", "color_scheme": theme, "width": width}
    page = come_in(open_desk, new_site, "Edith Exemple", **look)
    page.goto(DESK)
    looked_at(page)
    write(page)
    write_mails(page)
    set_up(page)
    show_pictures(page, tmp_path)
    tell_outcomes(page)
    recipient_answers(page, open_desk, look)
    close_and_reopen(page)
    reader = open_desk("/fr/petitions/demo", **look)
    looked_at(reader)
    expect(reader.locator(".board > li")).to_have_count(5)
    follow(reader, reader.locator(".byline a[href$='/changes']"))
    looked_at(reader)
    expect(reader.locator("ins").first).to_be_visible()


def write(page: Page) -> None:
    """What is typed is kept and previewed as it is typed; what people have signed is changed with a reason."""
    page.goto(f"{DESK}/text?text=fr")
    looked_at(page)
    body = page.locator("textarea[name=body]")
    body.press("Control+Home")
    body.press_sequentially("Mesdames, ")
    expect(page.locator("#preview")).to_contain_text("Mesdames, ")
    expect(page.locator("#writing-status")).to_contain_text(re.compile(r"\d"))
    page.reload()
    expect(body).to_have_value(re.compile("^Mesdames, "))
    # Bold from the toolbar, by keyboard; Ctrl+Z would take it back.
    body.evaluate("field => field.setSelectionRange(0, 8)")
    body.press("Control+b")
    expect(body).to_have_value(re.compile(r"^\*\*Mesdames\*\*, "))
    expect(page.locator("#preview strong").first).to_have_text("Mesdames")
    # What is pasted from a page comes as Markdown.
    body.press("Control+End")
    paste(page, "<h2>Annexe</h2><ul><li>un</li><li>deux</li></ul>", "Annexe un deux")
    expect(body).to_have_value(re.compile(r"## Annexe\n\n- un\n- deux$"))
    # A recipient is moved by its button, and the focus is not lost to the page's top.
    first = page.locator("input[name=recipient_name]").first
    name = first.input_value()
    page.locator(".row-acts button").nth(1).click()
    expect(first).not_to_have_value(name)
    press(page, "publish")
    looked_at(page)
    expect(page.locator("ins").first).to_be_visible()
    follow(page, page.locator("main form.fields button[type=submit]"))
    expect(page.locator("#error-summary")).to_be_focused()
    page.locator("[name=reason]").fill("Une annexe a été ajoutée.")
    follow(page, page.locator("main form.fields button[type=submit]"))
    expect(page.locator("#notices .success")).to_be_visible()
    looked_at(page)


def write_mails(page: Page) -> None:
    """The mail lies beside what is typed, as a signer of any language gets it."""
    page.goto(f"{DESK}/mails")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport()
    page.locator("#why").fill("Sans vous, la mairie ne lira rien.")
    expect(page.locator(".mail-preview .own-words")).to_contain_text("Sans vous")
    page.locator("#preview_in").select_option("en")
    expect(page.locator(".mail-preview")).to_contain_text("Confirm my signature")
    expect(page.locator(".mail-preview .own-words div[lang=fr]")).to_contain_text("Sans vous")
    looked_at(page)
    page.locator("#thanks").fill("Merci. La suite : www.example.org")
    follow(page, page.locator("#mail-words-form .buttons button"))
    looked_at(page)
    expect(page.locator("#why")).to_have_value("Sans vous, la mairie ne lira rien.")


def paste(page: Page, html: str, plain: str) -> None:
    """What a browser hands over when somebody pastes."""
    page.locator("textarea[name=body]").evaluate(
        """(field, [html, plain]) => {
          const data = new DataTransfer();
          data.setData("text/html", html);
          data.setData("text/plain", plain);
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        [html, plain],
    )


def set_up(page: Page) -> None:
    page.goto(f"{DESK}/settings")
    looked_at(page)
    page.locator("[name=carrier_name]").fill("Union Exemple des Très Longs Noms d’Organisations")
    page.locator("button[name=act][value=add]").click()
    expect(page.locator("[name=carrier_name]")).to_have_count(2)
    page.locator("[name=carrier_name]").nth(1).fill("Amis Témoins")
    page.locator("[name=goal]").fill("0")
    press(page, "save")
    expect(page.locator("#error-summary")).to_be_focused()
    looked_at(page)
    page.locator("[name=goal]").fill("5000")
    press(page, "save")
    expect(page.locator("#notices .success")).to_be_visible()


def show_pictures(page: Page, folder: Path) -> None:
    Image.new("RGB", (1200, 700), "teal").save(folder / "river.png")
    page.goto(f"{DESK}/pictures")
    looked_at(page)
    page.locator("#picture").set_input_files(folder / "river.png")
    for code in ("fr", "en"):
        page.locator(f"#alt-{code}").fill("Un carré bleu-vert")
    follow(page, page.locator("button[name=act][value=save]").first)
    expect(page.locator(".kept-picture img")).to_be_visible()
    looked_at(page)


def tell_outcomes(page: Page) -> None:
    page.goto(f"{DESK}/outcome")
    looked_at(page)
    follow(page, page.locator(".empty-state a").first)
    looked_at(page)
    expect(page.locator("[data-row]")).to_have_count(5)
    press(page, "save")
    looked_at(page)
    follow(page, page.locator(".board a").first)
    looked_at(page)
    page.locator("input[name=verdict][value=refused]").check()
    page.locator("#sentence-fr").fill("Le ministère dit non.")
    follow(page, page.locator("main form.fields button[type=submit]"))
    expect(page.locator(".board .verdict.refused")).to_have_count(1)


def recipient_answers(page: Page, open_desk: Open, look: dict[str, Any]) -> None:
    """Alice asks, the recipient answers without an account, and it is on the page once she has approved it."""
    page.goto(f"{DESK}/answers/new?recipient=0")
    looked_at(page)
    follow(page, page.locator("main form.fields button[type=submit]"))
    looked_at(page)
    link = re.sub("^https?://[^/]+", "", page.locator("#private-link").inner_text())
    recipient = open_desk(link, **look)
    looked_at(recipient)
    recipient.locator("input[type=radio][value=accepted]").first.check()
    recipient.locator("[name=statement]").fill("Nous allons y réfléchir.")
    follow(recipient, recipient.locator("main button[type=submit]"))
    looked_at(recipient)
    assert recipient.context.cookies() == []
    page.goto(f"{DESK}/outcome")
    expect(page.locator(".tabs .waiting")).to_have_text("1")
    follow(page, page.locator("main table a"))
    looked_at(page)
    press(page, "approve")
    looked_at(page)


def close_and_reopen(page: Page) -> None:
    page.goto(f"{DESK}/closing")
    looked_at(page)
    follow(page, page.locator("form.confirm button"))
    looked_at(page)
    follow(page, page.locator("#notices button"))
    expect(page.locator(".desk-state .tag.open")).to_be_visible()


@pytest.mark.long
def test_two_editors_see_each_other(open_desk: Open, new_site: Site) -> None:
    look: dict[str, Any] = {"locale": "en-GB", "color_scheme": "light", "width": 1280}
    edith = come_in(open_desk, new_site, "Edith Exemple", **look)
    otto = come_in(open_desk, new_site, "Otto Exemple", **look)
    for page in (edith, otto):
        page.goto(f"{DESK}/text?text=en")
    otto.locator("[name=title]").fill("Otto’s title")
    expect(otto.locator("#writing-status")).to_contain_text("Kept at")
    edith.locator("[name=title]").fill("Edith’s title")
    expect(edith.locator("#writing-status")).to_contain_text("Otto Exemple has saved this text")
    press(edith, "save")
    looked_at(edith)
    expect(edith.locator("ins")).to_have_text("Edith")
    follow(edith, edith.locator("button[name=act][value=save]"))
    expect(edith.locator("[name=title]")).to_have_value("Edith’s title")


@pytest.mark.long
def test_all_of_it_without_javascript(open_desk: Open, new_site: Site) -> None:
    look: dict[str, Any] = {"locale": "en-GB", "width": 768, "java_script_enabled": False}
    page = come_in(open_desk, new_site, "Edith Exemple", **look)
    page.goto(f"{DESK}/text?text=en")
    page.locator("[name=title]").fill("Another title")
    press(page, "preview")
    expect(page.locator(".preview-title")).to_have_text("Another title")
    follow(page, page.locator(".row-acts button").nth(1))
    expect(page.locator("[name=title]")).to_have_value("Another title")
    page.locator("textarea[name=body]").fill("One paragraph that is long enough to be one.\n\n• one\n• two")
    press(page, "tidy")
    expect(page.locator("textarea[name=body]")).to_have_value(re.compile("- one\n- two"))
    press(page, "publish")
    page.locator("[name=reason]").fill("It is shorter.")
    follow(page, page.locator("main form.fields button[type=submit]"))
    expect(page.locator("#notices")).to_contain_text("The text is online.")
    page.goto(f"{DESK}/demands")
    page.locator("[name=text-fr]").fill("De l’eau")
    follow(page, page.locator("button[name=act][value=add]"))
    page.locator("[name=text-fr]").nth(1).fill("Propre")
    follow(page, page.locator("button[name=act][value='up:1']"))
    press(page, "save")
    expect(page.locator(".board > li").first).to_contain_text("Propre")
