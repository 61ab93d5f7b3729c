"""A copy of the catalogues to spoil, and what the code says, read once: that takes a second."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import pytest

from petition_app.i18n import consistency, extraction, shipped
from petition_app.i18n.po import PoCatalogue
from petition_app.paths import resource_folder


@pytest.fixture
def left_out() -> tuple[str, ...]:
    """Languages that are not in the copy; override where some stand for all."""
    return ()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_out: tuple[str, ...]) -> Path:
    spoilt = tmp_path / "translations"
    shutil.copytree(resource_folder("translations"), spoilt, ignore=shutil.ignore_patterns("*.mo", *left_out))
    monkeypatch.setattr(shipped, "folder", lambda: spoilt)
    return spoilt


@pytest.fixture(scope="session")
def extracted() -> PoCatalogue:
    return extraction.extract()


@pytest.fixture
def template(extracted: PoCatalogue, monkeypatch: pytest.MonkeyPatch) -> PoCatalogue:
    """What the code says, to add to: for everything that asks for it."""
    found = copy.deepcopy(extracted)
    for module in (consistency, extraction):
        monkeypatch.setattr(module, "extract", lambda: copy.deepcopy(found))
    return found
