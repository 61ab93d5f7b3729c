"""Commands as an operator types them, and a site that runs."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, insert, select, update

from petition_app.config import Settings
from petition_app.extensions import Base
from petition_app.models import Petition
from petition_app.operations.cli import petition
from petition_app.transactions import writing
from tests.databases import copied_database
from tests.operations.moved import ODD, a_row, psql
from tests.server import Site, site_in
from tests.story import BOB, CHARLIE, confirmed, sign
from tests.visitor import Visitor

Run = Callable[..., Result]

TEXT = """Clean water for Exampletown

To: Ada Example, Mayor of Exampletown

The water of our town is brown, and it has been so for years. We have asked politely.

We ask for:

1. clean pipes
2. a public report

Author: Collectif Exemple
"""


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """`run("open", "clean-water")`: a command on the test's own site."""
    for name, value in settings.values.items():
        if settings.sources[name] != "default":
            monkeypatch.setenv(f"PETITION_{name.upper()}", value)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **options: str) -> Result:
        return CliRunner().invoke(petition, arguments, prog_name="petition", **options)

    return run


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with site_in(tmp_path) as site:
        yield site


@pytest.fixture(scope="session")
def with_a_petition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a site with an open petition, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("with-a-petition")
    path = folder / "text.txt"
    path.write_text(TEXT, "utf-8")
    with site_in(folder) as site:
        done = site.command("import", str(path), "--locale", "fr", "--open")
        assert done.returncode == 0, done.stderr
    return site.data_dir


@pytest.fixture
def online(site: Site, with_a_petition: Path) -> Site:
    """The site, running, with an open petition."""
    put_online(site, with_a_petition)
    return site


def put_online(site: Site, data: Path) -> None:
    shutil.copytree(data, site.data_dir, dirs_exist_ok=True)
    site.start()


@pytest.fixture
def postgresql(empty_postgresql: str) -> Iterator[str]:
    """The URL of an empty database."""
    with copied_database(empty_postgresql, f"moved_{uuid.uuid4().hex}") as url:
        psql(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        yield url


@pytest.fixture
def full(app: Flask, client: Visitor, petition: Petition) -> str:
    """A site with something in every table; answers with the path of a personal page."""
    personal = confirmed(app, client, comment="Oui 🌊")
    confirmed(app, client, **{**BOB, "comment": ODD[:40].replace("\x7f", "")})
    sign(client, **CHARLIE)
    with writing() as session:
        session.execute(update(Base.metadata.tables["petition_texts"]).values(body=ODD))
        for table in Base.metadata.sorted_tables:
            if session.scalar(select(func.count()).select_from(table)) == 0:
                session.execute(insert(table), a_row(session, table))
    return personal
