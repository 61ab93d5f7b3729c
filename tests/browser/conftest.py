"""A real Chromium and a real site for it to visit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.server import Site, site_in

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WITHOUT = "NO CHROMIUM HERE: the browser tests were not run. Install one (Debian: apt install chromium) and run them."

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser; without one it is skipped, or a failure where CI runs."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason="no Chromium"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None:
        terminalreporter.write_sep("!", WITHOUT, red=True, bold=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail(WITHOUT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with the demo petition, running for all tests of this folder."""
    with site_in(tmp_path_factory.mktemp("demo")) as site:
        site.start("--prepare")
        yield site


@pytest.fixture(scope="session")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a site with the demo petition and nothing else, made once and copied for each test."""
    with site_in(tmp_path_factory.mktemp("first-day")) as site:
        done = site.command("demo")
        assert done.returncode == 0, done.stderr
    return site.data_dir


@pytest.fixture
def new_site(tmp_path: Path, first_day: Path) -> Iterator[Site]:
    """A site of the test's own as it is on its first day: with the demo petition, and without a team."""
    with site_in(tmp_path) as site:
        shutil.copytree(first_day, site.data_dir, dirs_exist_ok=True)
        site.start("--prepare")
        yield site


@pytest.fixture
def open_page(browser: Browser, demo: Site) -> Iterator[Open]:
    """`open_page("/fr/petitions/demo", width=360)`: a window of its own; a console error or a foreign request fails."""
    windows = Windows(browser, demo)
    yield windows.open
    assert windows.close() == []


@pytest.fixture
def open_desk(browser: Browser, new_site: Site) -> Iterator[Open]:
    """The same for the admin of `new_site`: each window is a browser of its own. The only cookies are the admin's."""
    windows = Windows(browser, new_site)
    yield windows.open
    assert all(cookie["path"] == "/admin" and cookie["httpOnly"] for cookie in windows.close())


class Windows:
    """The windows that a test opens on a site; a console error or a request to elsewhere fails it at the end."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser, self._site = browser, site
        self._contexts: list[BrowserContext] = []
        self._problems: list[str] = []

    def open(self, path: str, *, width: int = 1280, height: int = 800, **options: Any) -> Page:
        viewport: Any = {"width": width, "height": height}
        context = self._browser.new_context(viewport=viewport, base_url=self._site.url, **options)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._note(message.text) if is_a_problem(message.text) else None)
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("request", lambda request: self._look_at(request.url))
        page.goto(path)
        return page

    def close(self) -> list[Any]:
        """Close them all; answers with the cookies that they had."""
        cookies = [cookie for context in self._contexts for cookie in context.cookies()]
        for context in self._contexts:
            context.close()
        assert not self._problems
        return cookies

    def _note(self, problem: str) -> None:
        self._problems.append(problem)

    def _look_at(self, url: str) -> None:
        if not url.startswith((self._site.url + "/", "data:", "blob:")):
            self._note(f"elsewhere: {url}")


# An answer with an error's status is told on the console too; where it is wanted, the test looks at the page. And the
# focus goes by script where the browser will not move it by itself. A page that is left takes along what it had asked
# for, and htmx says so. Signing out has the browser's copies cleared, which it tells.
NO_PROBLEM = (
    "the server responded with a status of 4",
    "Autofocus processing was blocked",
    "htmx:sendAbort",
    "htmx:afterRequest",
    "Clear-Site-Data header on",
)


def is_a_problem(text: str) -> bool:
    return not any(words in text for words in NO_PROBLEM)
