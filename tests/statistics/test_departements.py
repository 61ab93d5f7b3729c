"""Where a postal code lies, and that the map has room for everybody."""

from __future__ import annotations

import pytest

from petition_app.statistics.charts import SHADES, WIDTH, bar_chart, nice_top, tile_map
from petition_app.statistics.departements import NAMES, TILES, departement_of
from petition_app.statistics.numbers import Line


@pytest.mark.parametrize(
    ("code", "country", "departement"),
    [
        ("75011", "FR", "75"),
        ("01000", "FR", "01"),
        ("20000", "FR", "2A"),
        ("20137", "FR", "2A"),
        ("20200", "FR", "2B"),
        ("20600", "FR", "2B"),
        ("97411", "FR", "974"),
        ("97411", "RE", "974"),
        ("97133", "FR", "977"),
        ("97150", "MF", "978"),
        ("98800", "NC", "988"),
        ("98000", "MC", ""),
        ("98000", "FR", ""),
        ("00100", "FR", ""),
        ("96000", "FR", ""),
        ("97900", "FR", ""),
        ("1000", "BE", ""),
        ("75011", "DE", ""),
        ("7501", "FR", ""),
        ("７５０１１", "FR", ""),
        ("", "FR", ""),
    ],
)
def test_the_departement_of_a_postal_code(code: str, country: str, departement: str) -> None:
    assert departement_of(code, country) == departement


def test_every_departement_has_one_place_on_the_map() -> None:
    assert sorted(tile.code for tile in TILES) == sorted(NAMES)
    assert len({(tile.column, tile.row) for tile in TILES}) == len(TILES)
    assert len(NAMES) == 96 + 11


def test_the_map_is_shaded_by_rank() -> None:
    lines = [Line("75", 1000, 0.5), Line("13", 10, 0.1), Line("2A", 1, 0.01)]
    shades = {tile.code: tile.shade for tile in tile_map(lines).tiles}
    assert shades["75"] > shades["13"] > shades["2A"] > shades["29"] == 0
    assert (
        max(tile.shade for tile in tile_map([Line(code, n, 0.1) for n, code in enumerate(NAMES, 1)]).tiles)
        == SHADES - 1
    )


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (3, 4), (5, 10), (10, 10), (11, 20), (39, 40), (41, 100), (12_480, 20_000)]
)
def test_the_axis_ends_with_a_round_number(most: int, top: int) -> None:
    assert nice_top(most) == top


def test_bars_stay_within_their_chart() -> None:
    chart = bar_chart([(str(n), n * n) for n in range(90)], "ltr")
    assert all(
        bar.y >= 0 and bar.y + bar.height <= chart.height and bar.x + bar.width <= chart.width for bar in chart.bars
    )
    assert sum(1 for bar in chart.bars if bar.label) == 6
    assert [bar.height for bar in chart.bars[:2]] == [0.0, 1.0]
    assert bar_chart([], "ltr").bars == []


def test_time_goes_as_the_readers_script_does() -> None:
    values = [(str(n), n) for n in range(1, 10)]
    ltr, rtl = bar_chart(values, "ltr"), bar_chart(values, "rtl")
    for one, other in zip(ltr.bars, rtl.bars, strict=True):
        assert other.x == pytest.approx(WIDTH - one.x - one.width, abs=0.2)
        assert other.label_x == pytest.approx(WIDTH - one.label_x, abs=0.2)
        assert (other.y, other.height) == (one.y, one.height)
        assert other.anchor == {"end": "start", "middle": "middle"}[one.anchor]
    # The figures stand where a line begins, and no bar covers them.
    assert (ltr.figure_x, rtl.figure_x) == (48, WIDTH - 48)
    assert max(bar.x + bar.width for bar in rtl.bars) <= rtl.line_x[0] == WIDTH - 56
    assert rtl.bars[0].x > rtl.bars[-1].x
