"""docs/performance.md and the table of docs/scaling.md say what was measured, and nothing else."""

from __future__ import annotations

import json

import pytest

from bench.report import CARRIED, PICTURES, SCALING, SOURCE, TARGET, found, report, scaling


def test_the_page_and_its_pictures_are_made_from_the_figures() -> None:
    page, pictures = report(*found())
    assert TARGET.read_text("utf-8") == page, "run python -m bench.report"
    for name, picture in pictures.items():
        assert (PICTURES / name).read_text("utf-8") == picture
        assert f"img/{name}" in page


def test_what_one_machine_carries_is_what_was_measured() -> None:
    page, figures = SCALING.read_text("utf-8"), found()[0]["figures"]
    assert scaling(page, figures) == page, "run python -m bench.report"
    other = [figure | {"value": 12_345.0} for figure in figures]
    assert scaling(page, other).count("| 12\u202f300 |") == len(CARRIED)
    assert scaling(page, figures[:3]) == page, "a part tells nothing of the rest"
    with pytest.raises(ValueError, match="no table"):
        scaling("# A page", figures)


def test_every_target_is_told_whether_met_or_not() -> None:
    result = json.loads(SOURCE.read_text("utf-8"))
    page, _pictures = report(result)
    for figure in result["figures"]:
        row = next(line for line in page.splitlines() if line.startswith(f"| **{figure['name']}**"))
        assert ("not met" not in row) == figure["met"]
    assert result["conditions"]["processor"] in page
    assert result["conditions"]["commit"] in page
