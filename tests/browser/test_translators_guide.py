"""The pictures of docs/translators.md, made by walking the guide: `make guide` puts them there, a test looks."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from petition_app.models.translation import key_of
from tests.browser.conftest import Open
from tests.browser.test_guide import show
from tests.browser.test_petition_desk import come_in
from tests.browser.test_team import looked_at
from tests.server import Site

DOCS = Path(__file__).parents[2] / "docs"
LOOK: dict[str, Any] = {"locale": "en-GB", "color_scheme": "light", "width": 1280, "height": 800}
HOME = "/admin/translations"
TEXT = key_of(None, "Confirm your signature: %(title)s")


@pytest.mark.long
def test_every_picture_of_the_guide_is_there(open_desk: Open, new_site: Site, tmp_path: Path) -> None:
    folder = DOCS / "img" / "translators" if os.environ.get("GUIDE_PICTURES") else tmp_path
    page = come_in(open_desk, new_site, "Tara Exemple", "translator", **LOOK)
    for name, path in (
        ("languages", f"{HOME}/"),
        ("list", f"{HOME}/fr?place=sign"),
        ("form", f"{HOME}/fr/messages/{TEXT}"),
        ("files", f"{HOME}/fr/file"),
    ):
        page.goto(path)
        expect(page.locator("h1")).to_have_count(1)
        looked_at(page)
        if name == "form":
            expect(page.frame_locator("iframe.phone").locator("[data-shown]")).to_be_visible()
        show(page, folder / f"{name}.png")
    on_the_page(page)
    show(page, folder / "on-the-page.png")
    named = set(re.findall(r"\(img/translators/([a-z-]+\.png)\)", (DOCS / "translators.md").read_text("utf-8")))
    assert named == {"languages.png", "list.png", "form.png", "files.png", "on-the-page.png"}
    assert all((DOCS / "img" / "translators" / name).is_file() for name in named), "make guide"


def on_the_page(page: Page) -> None:
    """A text of the form was pressed."""
    page.goto(f"{HOME}/fr/pages/sign")
    page.frame_locator("#place-frame").locator("label x-text").nth(2).click()
    expect(page.locator("#message textarea#text-0")).to_be_focused()
