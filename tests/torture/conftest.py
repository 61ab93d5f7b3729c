"""What all scenarios stand on: their size, their dice, a site with an open petition, and a mail server."""

from __future__ import annotations

import os
import random
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.databases import copied_database
from tests.operations.conftest import TEXT
from tests.server import Site, site_in
from tests.torture.scale import FULL, SMALL, Scale
from tests.torture.sink import Sink

SECRET = "for-tests-only-" + "x" * 32


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="torture at full size, as make torture does")
    parser.addoption("--seed", default="", help="repeat the torture that printed this seed")


@pytest.fixture
def scale(pytestconfig: pytest.Config) -> Scale:
    return FULL if pytestconfig.getoption("--full", False) else SMALL


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Chance that can be repeated: the seed is printed, and shown where the test fails."""
    seed = request.config.getoption("--seed", "") or uuid.uuid4().hex[:12]
    print(f"repeat it with --seed {seed}")
    return random.Random(f"{seed} {request.node.name}")  # noqa: S311  # it need not be secret


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture(scope="session")
def sqlite_with_petition(tmp_path_factory: pytest.TempPathFactory, empty_sqlite: Path) -> Path:
    """A database file with the petition that everybody signs, made once and copied for each site."""
    folder = tmp_path_factory.mktemp("petition")
    with site_in(folder) as site:
        shutil.copy(empty_sqlite, site.data_dir / "petition.sqlite3")
        open_petition(site, folder)
    return site.data_dir / "petition.sqlite3"


Make = Callable[..., Site]


@pytest.fixture
def make_site(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> Iterator[Make]:
    """`make_site("a", PETITION_WORKERS="1")`: a site with an open petition, not started yet; ended with the test."""
    with ExitStack() as stack:

        def make(name: str = "site", *, petition: bool = True, **variables: str) -> Site:
            if engine == "postgresql" and "PETITION_DATABASE_URL" not in variables:
                template = request.getfixturevalue("empty_postgresql")
                url = stack.enter_context(copied_database(template, f"site_{uuid.uuid4().hex}"))
                variables |= {"PETITION_DATABASE_URL": url, "PETITION_SECRET_KEY": SECRET}
            if "PETITION_MAIL_URL" in variables:
                variables.setdefault("PETITION_MAIL_FROM", "petition@example.org")
            site = stack.enter_context(site_in(tmp_path / name, **variables))
            if engine == "sqlite":
                shutil.copy(request.getfixturevalue("sqlite_with_petition"), site.data_dir / "petition.sqlite3")
            elif petition:
                open_petition(site, tmp_path)
            return site

        yield make


def open_petition(site: Site, folder: Path) -> None:
    """Put the petition online that everybody signs."""
    text = folder / "text.txt"
    text.write_text(TEXT, "utf-8")
    done = site.command("import", str(text), "--locale", "fr", "--open")
    assert done.returncode == 0, done.stderr


def lacking(what: str) -> None:
    """This machine cannot do it: skip, loudly. Where the checks run, everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}. The checks must not run without it.")
    pytest.skip(f"NOT TESTED: {what}")
