"""`petition translations …`, as an operator and a translator call it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from petition_app.i18n import glossary, shipped
from petition_app.operations.cli.translations import translations


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(translations, arguments)
    return result.exit_code, result.output


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize(
    ("asked", "locale", "count", "told"),
    [("sv", "sv", 2, "Swedish"), ("pl-PL", "pl-PL", 4, "1 / 2, 3, 4 / 0, 5, 6 / 1.5"), ("pt_br", "pt-BR", 2, "Brazil")],
)
def test_a_language_is_begun(folder: Path, asked: str, locale: str, count: int, told: str) -> None:
    code, said = run("add", asked)
    assert code == 0, said
    assert told in said
    catalogue = shipped.read(shipped.po_of(locale))
    assert catalogue.num_plurals == count
    counted = next(message for message in catalogue if isinstance(message.id, tuple))
    assert counted.string == ("",) * count
    terms = glossary.read(shipped.glossary_of(locale))
    assert [term.english for term in terms][:2] == ["petition", "signature"]
    assert not any(term.term for term in terms)
    assert run("check")[0] == 0  # it does not call itself complete
    assert f"{locale:8}   0 %" in run("status")[1]
    assert run("add", asked)[0] == 1


@pytest.mark.parametrize("name", ["xx-nothing", "en-XA", "../../etc", "", "en"])
def test_what_is_no_language_is_not_begun(folder: Path, name: str) -> None:
    before = sorted(folder.rglob("*"))
    assert run("add", name)[0] == 1
    assert sorted(folder.rglob("*")) == before


def test_the_state_of_each_catalogue_is_told(folder: Path) -> None:
    code, said = run("status")
    assert code == 0
    assert any(line.startswith("fr ") and "machine-drafted, not reviewed yet" in line for line in said.splitlines())
    assert any(line.startswith("en ") and "100 %" in line and "machine" not in line for line in said.splitlines())


@pytest.mark.usefixtures("template")
def test_the_template_alone_is_written(folder: Path) -> None:
    shipped.template_file().unlink()
    french = shipped.po_of("fr").read_bytes()
    code, said = run("extract")
    assert code == 0
    assert "messages.pot" in said
    assert shipped.template_file().exists()
    assert shipped.po_of("fr").read_bytes() == french


def test_what_is_complete_says_so() -> None:
    """The marks stand in the files' headers: a tool that loses them would let the check pass over what is missing."""
    assert [shipped.progress(locale).is_complete for locale in ("en", "fr")] == [True, True]
