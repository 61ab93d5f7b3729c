"""Commands as an operator types them, and a site that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from petition_app.config import Settings
from petition_app.operations.cli import petition
from tests.server import Site, site_in

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
