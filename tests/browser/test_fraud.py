"""A page asks for work while its traffic looks wrong; what is held is told to its signer, and lies at the desk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from petition_app import create_app
from petition_app.extensions import db
from petition_app.fraud import watching
from petition_app.models import Petition, Signature
from petition_app.models.base import now
from petition_app.web.tokens import confirmation_token
from tests.browser.conftest import Open, Windows
from tests.browser.test_petition_desk import come_in
from tests.browser.test_team import EVERY_LOOK, looked_at
from tests.server import Site, site_in
from tests.story import ALICE

pytestmark = pytest.mark.long
PICTURES = os.environ.get("FRAUD_PICTURES", "")


@pytest.fixture
def attacked(tmp_path: Path) -> Iterator[Site]:
    """A site with the demo petition, where machines have just signed."""
    with site_in(tmp_path, PETITION_ABUSE_CONTROLS="on") as site:
        site.start("--prepare")
        attack(site)
        yield site


def attack(site: Site) -> None:
    app = create_app(site.settings())
    with app.app_context():
        client = app.test_client()
        for number in range(12):
            entries = {**ALICE, "surname": f"Robot{number}x", "email": f"robot{number}@yopmail.com"}
            host = f"192.0.2.{number % 3}"
            client.post("/fr/petitions/demo/signatures", data=entries, environ_overrides={"REMOTE_ADDR": host})
            key = db.session.query(Signature.key).order_by(Signature.id.desc()).first()
            client.post(f"/fr/signatures/{confirmation_token(key[0])}/confirmation")  # type: ignore[index]
        watching.watch_all(now())
        watching.count_clusters(now())
        db.session.remove()
        db.engine.dispose()


def signs_of(site: Site, email: str) -> str:
    app = create_app(site.settings())
    with app.app_context():
        found = db.session.query(Signature).filter_by(email=email).one().signs
        db.session.remove()
        db.engine.dispose()
    return found


@pytest.fixture
def open_attacked(browser: Browser, attacked: Site) -> Iterator[Open]:
    windows = Windows(browser, attacked)
    yield windows.open
    windows.close()


def fill_in(page: Page, email: str) -> None:
    page.locator("#given_name").fill("Ada")
    page.locator("#surname").fill("Exemple")
    page.locator("#email").fill(email)
    if page.locator("#postal_code").count():
        page.locator("#postal_code").fill("75011")
    page.locator("[name=name_display][value=full]").check()
    page.locator("[name=consent_processing]").check()


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def test_the_work_is_done_while_one_types_and_nobody_sees_it(open_attacked: Open, attacked: Site) -> None:
    page = open_attacked("/fr/petitions/demo/sign", width=360)
    assert page.locator("input[name=stamp], input[name=work]").count() == 0
    fill_in(page, "ada@gmail.com")
    expect(page.locator("input[name=work]")).to_have_count(1, timeout=20_000)
    page.wait_for_timeout(3_000)
    page.locator("#sign button.button").click()
    expect(page.locator("#sign .address")).to_have_text("ada@gmail.com")
    assert signs_of(attacked, "ada@gmail.com") == "asw"

    hasty = open_attacked("/fr/petitions/demo/sign")
    fill_in(hasty, "hasty@gmail.com")
    hasty.locator("#sign button.button").click()  # it waits for the work by itself
    expect(hasty.locator("#sign .address")).to_have_text("hasty@gmail.com", timeout=20_000)
    assert "w" in signs_of(attacked, "hasty@gmail.com")

    bare = open_attacked("/fr/petitions/demo/sign", java_script_enabled=False)
    fill_in(bare, "bare@gmail.com")
    bare.locator("#sign button.button").click()
    expect(bare.locator("h1, h2").first).to_be_visible()
    assert signs_of(attacked, "bare@gmail.com") == "a"


@pytest.mark.parametrize(("locale", "theme", "width"), EVERY_LOOK)
def test_what_is_held_is_told_and_decided_on(
    open_attacked: Open, attacked: Site, locale: str, theme: str, width: int
) -> None:
    look: dict[str, Any] = {"locale": f"{locale}-{locale.upper()}", "color_scheme": theme, "width": width}
    app = create_app(attacked.settings())
    with app.app_context():
        held = db.session.query(Signature).filter(Signature.held_at.is_not(None)).first()
        assert held is not None
        link = f"/{locale}/signatures/{confirmation_token(held.key or '')}/confirmation"
        slug = db.session.get_one(Petition, held.petition_id).slug
        db.session.remove()
        db.engine.dispose()
    receipt = open_attacked(link, **look)
    looked_at(receipt)
    picture(receipt, f"receipt-{locale}-{theme}-{width}")
    page = come_in(open_attacked, attacked, "Mona Exemple", role="moderator", **look)
    for path, name in (("/admin/fraud", "overview"), (f"/admin/fraud/{slug}", "desk")):
        page.goto(path)
        looked_at(page)
        picture(page, f"{name}-{locale}-{theme}-{width}")
    page.locator("main table a").first.click()
    looked_at(page)
    picture(page, f"cluster-{locale}-{theme}-{width}")
    page.locator("main form[action$='/release'] button").click()
    expect(page.locator("main .tag.active, main [role=status], .notices").first).to_be_visible()
    picture(page, f"released-{locale}-{theme}-{width}")
