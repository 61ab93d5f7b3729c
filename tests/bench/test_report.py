"""docs/performance.md says what was measured, and nothing else."""

from __future__ import annotations

import json

from bench.report import PICTURES, SOURCE, TARGET, found, report


def test_the_page_and_its_pictures_are_made_from_the_figures() -> None:
    page, pictures = report(*found())
    assert TARGET.read_text("utf-8") == page, "run python -m bench.report"
    for name, picture in pictures.items():
        assert (PICTURES / name).read_text("utf-8") == picture
        assert f"img/{name}" in page


def test_every_target_is_told_whether_met_or_not() -> None:
    result = json.loads(SOURCE.read_text("utf-8"))
    page, _pictures = report(result)
    for figure in result["figures"]:
        row = next(line for line in page.splitlines() if line.startswith(f"| **{figure['name']}**"))
        assert ("not met" not in row) == figure["met"]
    assert result["conditions"]["processor"] in page
    assert result["conditions"]["commit"] in page
