"""What all tests stand on: a real database, made by the migrations, and a visitor who proves every page well-formed."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from petition_app import create_app
from petition_app.config import Settings, read_settings
from petition_app.extensions import db
from petition_app.i18n.catalogues import catalogues_changed
from petition_app.i18n.compiling import compile_beside
from petition_app.models import Petition, PetitionText, Recipient
from petition_app.operations.processes import spare_the_collector
from petition_app.public.pace import Pacer
from petition_app.site.effective import site_changed
from petition_app.transactions import writing
from petition_app.web.changes import petition_changed
from tests.databases import migrate, postgresql_server
from tests.shared import (
    leave_no_trace,
    share_catalogues,
    share_rules,
    share_statements,
    share_templates,
    spare_the_disk,
)
from tests.visitor import Visitor


def pytest_configure() -> None:
    share_rules()
    share_templates()
    share_statements()
    share_catalogues()


def pytest_collection_finish() -> None:
    spare_the_collector()  # as a site's processes do


@pytest.fixture(scope="session", autouse=True)
def _catalogues() -> None:
    """The catalogues compiled once, as an installation does it: a site of a test does not do it again."""
    compile_beside()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The database engine that the test runs on; `@both_engines` runs it on each."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def variables() -> dict[str, str]:
    """Settings that a test wants otherwise; override in the test's module."""
    return {}


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the newest schema and nothing in it, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("schema")
    migrate(make_settings(folder))
    return folder / "petition.sqlite3"


@pytest.fixture(scope="session")
def empty_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL database with the newest schema, which tests are given copies of."""
    with postgresql_server(in_memory=True) as server:
        server.spare_the_disk()
        server.leave_statistics_alone()
        server.psql("CREATE DATABASE template_site")
        url = server.url("template_site")
        migrate(make_settings(tmp_path_factory.mktemp("schema"), PETITION_DATABASE_URL=url))
        yield url


@pytest.fixture
def settings(
    tmp_path: Path, engine: str, variables: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Settings]:
    data_dir = tmp_path / "var"
    data_dir.mkdir()
    if engine == "sqlite":
        shutil.copy(request.getfixturevalue("empty_sqlite"), data_dir / "petition.sqlite3")
        yield make_settings(data_dir, **variables)
        return
    from tests.databases import copied_database

    with copied_database(request.getfixturevalue("empty_postgresql"), f"site_{uuid.uuid4().hex}") as url:
        yield make_settings(data_dir, PETITION_DATABASE_URL=url, **variables)


def make_settings(data_dir: Path, **variables: str) -> Settings:
    """Settings as a test site has them, with the association's identity filled in."""
    values = {
        "PETITION_DATA_DIR": str(data_dir),
        "PETITION_ABUSE_CONTROLS": "off",
        "PETITION_ASSOCIATION_NAME": "Association Exemple",
        "PETITION_ASSOCIATION_ADDRESS": "1 rue de l'Exemple, 00000 Exempleville",
        "PETITION_ASSOCIATION_CONTACT": "contact@example.org",
        "PETITION_ASSOCIATION_PUBLISHER": "Ada Exemple",
        "PETITION_ASSOCIATION_HOSTING": "Hébergeur Exemple, 2 rue de l'Exemple, 00000 Exempleville",
        **variables,
    }
    if values.get("PETITION_DATABASE_URL", "").startswith("postgresql"):
        values.setdefault("PETITION_SECRET_KEY", "for-tests-only-" + "x" * 32)
    return read_settings({k: v for k, v in values.items() if v}, data_dir / "none.env")


@pytest.fixture
def spares_the_disk() -> bool:
    """Whether what is written may be lost with the machine's power; override where a test looks after that."""
    return True


@pytest.fixture
def app(settings: Settings, spares_the_disk: bool) -> Iterator[Flask]:
    app = create_app(settings)
    app.test_client_class = Visitor
    app.extensions["pacer"] = Pacer(lambda: 0.0, time.monotonic)  # a test run is busy all along
    with app.app_context():
        if spares_the_disk:
            spare_the_disk(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()
    for signal in (petition_changed, site_changed, catalogues_changed):
        signal._clear_state()  # else every site of the run is kept, and told of what changes in the others
    leave_no_trace()


@pytest.fixture
def client(app: Flask) -> Visitor:
    return app.test_client()  # type: ignore[return-value]  # the class is set above


@pytest.fixture
def make_petition(app: Flask) -> Callable[..., Petition]:
    """Puts petitions online: `make_petition("slug", comments="before")`."""

    def make(slug: str = "clean-water", **values: Any) -> Petition:
        status = values.pop("status", "open")
        with writing() as session:
            petition = Petition(slug=slug, default_locale="fr", author="Collectif Exemple", **values)
            petition.texts = [
                PetitionText(
                    locale="fr",
                    title="De l’eau propre pour Exempleville",
                    summary="Nous demandons une eau que l’on puisse boire.",
                    body="Chères concitoyennes,\n\n## Ce que nous demandons\n\n1. De l’eau\n2. Propre\n",
                ),
                PetitionText(
                    locale="en",
                    title="Clean water for Exampletown",
                    summary="We ask for water that one can drink.",
                    body="Dear fellow citizens,\n\n## What we ask\n\n1. Water\n2. Clean\n",
                ),
            ]
            petition.recipients = [
                Recipient(locale="fr", position=0, name="Ada Exemple", office="maire d’Exempleville"),
                Recipient(locale="en", position=0, name="Ada Exemple", office="mayor of Exampletown"),
            ]
            session.add(petition)
            if status != "draft":
                petition.open(datetime.now(UTC))
            petition.status = status
        return petition

    return make


@pytest.fixture
def petition(make_petition: Callable[..., Petition]) -> Petition:
    """An open petition with a French and an English text."""
    return make_petition()
