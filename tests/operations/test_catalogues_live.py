"""A running site takes in an edited catalogue, in all its processes, without a restart."""

from __future__ import annotations

import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from petition_app.paths import PACKAGE
from tests.server import Site, site_in, wait_until

pytestmark = pytest.mark.long

OLD, NEW = "Politique de confidentialité", "Charte de confidentialité"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A copy of the program, whose catalogues may be spoiled."""
    root = PACKAGE.parent
    copy = tmp_path / "program"
    copy.mkdir()
    for name in ("petition_app", "templates", "static", "translations"):
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    shutil.copy(root / "pyproject.toml", copy)
    return copy


@pytest.fixture
def site(tmp_path: Path, program: Path) -> Iterator[Callable[..., Site]]:
    with site_in(tmp_path, PYTHONPATH=str(program), PETITION_WORKERS="2") as made:

        def start(**variables: str) -> Site:
            made.variables.update(variables)
            made.start("--prepare")
            return made

        yield start


def edit(program: Path, old: str, new: str) -> None:
    """Save the catalogue, as an editor does: a new file in the place of the old one."""
    po = program / "translations" / "fr" / "LC_MESSAGES" / "messages.po"
    text = po.read_text("utf-8")
    assert old in text
    draft = po.with_suffix(".tmp")
    draft.write_text(text.replace(old, new), "utf-8")
    draft.replace(po)


def shown(site: Site) -> str:
    """The legal page, over a connection of its own: any of the workers may answer."""
    with urllib.request.urlopen(f"{site.url}/fr/legal", timeout=10) as answer:  # noqa: S310  # our own address
        return str(answer.read().decode())


def everywhere(site: Site, words: str) -> bool:
    return all(words in shown(site) for _ in range(12))


def test_in_development_it_is_seen_when_it_is_saved(site: Callable[..., Site], program: Path) -> None:
    running = site()
    assert everywhere(running, OLD)
    began = time.monotonic()
    edit(program, OLD, NEW)
    wait_until(lambda: NEW in shown(running), 5)
    print(f"from save to seen: {time.monotonic() - began:.2f} s")
    wait_until(lambda: everywhere(running, NEW), 5)
    edit(program, f'msgstr "{NEW}"', f"msgstr {NEW}")
    # A process looks when it is asked for a page.
    wait_until(lambda: shown(running) and "fr/messages.po cannot be read" in running.log.read_text("utf-8"), 10)
    assert everywhere(running, NEW)


def test_in_production_it_is_seen_when_the_operator_says_so(site: Callable[..., Site], program: Path) -> None:
    running = site(PETITION_DEVELOPMENT="off")
    assert everywhere(running, OLD)
    edit(program, OLD, NEW)
    time.sleep(2)
    assert everywhere(running, OLD)
    began = time.monotonic()
    done = running.command("translations", "reload")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: everywhere(running, NEW), 5)
    print(f"from the command to seen everywhere: {time.monotonic() - began:.2f} s")
    edit(program, f'msgstr "{NEW}"', f"msgstr {NEW}")
    broken = running.command("translations", "reload")
    assert broken.returncode == 1
    assert "fr/messages.po cannot be read" in broken.stderr
    assert everywhere(running, NEW)
    edit(program, f"msgstr {NEW}", f'msgstr "<b>{NEW}"')
    for _again in range(2):
        harmful = running.command("translations", "reload")
        assert harmful.returncode == 1
        assert "is left out: the tags must be the source's" in harmful.stderr
    assert everywhere(running, NEW)
