"""The pictures of docs/association, made by walking the guide: `make guide` puts them there, a test looks at them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_pages import follow
from tests.browser.test_petition_desk import come_in
from tests.browser.test_team import looked_at
from tests.server import Site

GUIDE = Path(__file__).parents[2] / "docs" / "association"
LOOK: dict[str, Any] = {"locale": "en-GB", "color_scheme": "light", "width": 1280, "height": 800}
# Where each picture is taken, in the order of the guide: its name, the page's address, and a sign that it is there.
PLACES = (
    ("overview", "/admin/", "Overview"),
    ("settings", "/admin/settings", "Settings"),
    ("team", "/admin/team", "Team"),
    ("new-petition", "/admin/petitions/new", "New petition"),
    ("at-a-glance", "/admin/petitions/demo", "At a glance"),
    ("text", "/admin/petitions/demo/text?text=en", "Text"),
    ("petition-settings", "/admin/petitions/demo/settings", "Settings"),
    ("updates", "/admin/updates/demo/new", "update"),
    ("closing", "/admin/petitions/demo/closing", "Close it"),
    ("comments", "/admin/comments/published", "Comments"),
    ("signatures", "/admin/signatures", "Signatures"),
    ("numbers", "/admin/numbers/demo", "Numbers"),
    ("exports", "/admin/exports/demo", "Files of signatures"),
    ("paper", "/admin/paper/demo", "On paper"),
    ("delivery", "/admin/delivery/demo", "Delivery"),
    ("log", "/admin/log", "Log"),
)


@pytest.mark.long
def test_every_page_of_the_guide_is_there(open_desk: Open, new_site: Site, tmp_path: Path) -> None:
    folder = GUIDE / "img" if os.environ.get("GUIDE_PICTURES") else tmp_path
    page = open_desk("/admin/set-up?lang=en", **LOOK)
    expect(page.locator("h1")).to_be_visible()
    show(page, folder / "set-up.png")
    page = come_in(open_desk, new_site, "Alice Exemple", "administrator", **LOOK)
    for name, path, heading in PLACES:
        page.goto(path)
        expect(page.locator("h1")).to_contain_text(heading)
        looked_at(page)
        show(page, folder / f"{name}.png")
    show_outcome(page, folder)
    named = set(re.findall(r"\(img/([a-z-]+\.png)\)", (GUIDE / "README.md").read_text("utf-8")))
    made = {"set-up.png", "outcome.png", *(f"{name}.png" for name, _path, _heading in PLACES)}
    assert named == made, "the guide shows other pictures than the ones that are made"
    assert all((GUIDE / "img" / name).is_file() for name in named), "make guide"


def show_outcome(page: Page, folder: Path) -> None:
    """The board, once there is something on it."""
    page.goto("/admin/petitions/demo/demands?found=")
    follow(page, page.locator(".buttons button[value=save]"))
    for place, verdict, sentence in ((0, "partly", "For six months."), (1, "refused", "It would cost too much.")):
        follow(page, page.locator(".board a").nth(place))
        page.locator(f"input[name=verdict][value={verdict}]").check()
        page.locator("#sentence-en").fill(sentence)
        follow(page, page.locator("main form.fields button[type=submit]"))
    page.goto("/admin/petitions/demo/outcome")
    show(page, folder / "outcome.png")


def show(page: Page, path: Path) -> None:
    """A picture of the window, small enough to be kept beside the text."""
    page.screenshot(path=path)
    Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(path, optimize=True)
