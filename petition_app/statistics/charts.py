"""The shapes of the charts, in the units of their SVG; what they say stands in a table beside each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

from petition_app.statistics.departements import COLUMNS, NAMES, ROWS, TILES
from petition_app.statistics.numbers import Line

WIDTH, HEIGHT = 720, 200
# For the figures at the side where a line begins, below and above.
SIDE, BELOW, ABOVE = 56, 24, 8
# Of the room that a bar has, how much is left between two.
GAP = 0.22
TILE, TILE_GAP = 44, 3
SHADES = 6


@dataclass(frozen=True)
class Bar:
    """One bar; `label` is written below it where it is not empty, with its middle or its end at `label_x`."""

    x: float
    y: float
    width: float
    height: float
    label: str
    label_x: float
    anchor: str


@dataclass(frozen=True)
class BarChart:
    """Bars over time, and the lines across with their figures: (y, figure).

    Time goes as the reader's script does. The anchors are those of texts from left to right, as the style has them
    all: browsers do not agree on the others.
    """

    bars: list[Bar]
    lines: list[tuple[float, int]]
    line_x: tuple[float, float]
    figure_x: float
    figure_anchor: str
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(values: Sequence[tuple[str, int]], direction: str) -> BarChart:
    """A bar for each value, with about six labels below them however many there are; from right to left for "rtl"."""

    def side(x: float, width: float = 0) -> float:
        return round(WIDTH - x - width if direction == "rtl" else x, 1)

    end = "start" if direction == "rtl" else "end"
    top = nice_top(max((count for _label, count in values), default=0))
    room = HEIGHT - ABOVE - BELOW
    step = (WIDTH - SIDE) / max(1, len(values))
    every = max(1, ceil(len(values) / 6))
    bars = []
    for place, (label, count) in enumerate(values):
        tall = room * count / top
        if count:
            tall = max(1.0, tall)
        x = SIDE + step * (place + GAP / 2)
        wide = step * (1 - GAP)
        # No label hangs out of the chart.
        is_last = x + wide > WIDTH - 45
        bars.append(
            Bar(
                side(x, wide),
                round(ABOVE + room - tall, 1),
                round(wide, 1),
                round(tall, 1),
                label if place % every == 0 else "",
                side(x + (wide if is_last else wide / 2)),
                end if is_last else "middle",
            )
        )
    lines = [(round(ABOVE + room * (1 - share), 1), round(top * share)) for share in (0.0, 0.5, 1.0)]
    return BarChart(bars, lines, (side(SIDE), side(WIDTH)), side(SIDE - 8), end)


def nice_top(most: int) -> int:
    """The least of 2, 4, 10, 20, 40, 100 … that is not below the largest value: its half is a round number, too."""
    if most <= 2:
        return 2
    power = 10 ** int(log10(most))
    return int(next(power * factor for factor in (1, 2, 4, 10, 20) if power * factor >= most))


@dataclass(frozen=True)
class MapTile:
    """A département on the tile map; `shade` from 0 (nobody) to SHADES - 1."""

    code: str
    name: str
    count: int
    shade: int
    x: int
    y: int


@dataclass(frozen=True)
class TileMap:
    """All tiles, and the size of the whole."""

    tiles: list[MapTile]
    width: int
    height: int
    size: int = TILE - TILE_GAP


def tile_map(lines: Sequence[Line]) -> TileMap:
    """The départements shaded by how many signed there: each shade is for as many of them as the others."""
    counts = {line.key: line.count for line in lines}
    ranks = sorted(counts.values())
    tiles = [
        MapTile(
            tile.code,
            NAMES[tile.code],
            counts.get(tile.code, 0),
            _shade(counts.get(tile.code, 0), ranks),
            tile.column * TILE,
            tile.row * TILE,
        )
        for tile in TILES
    ]
    return TileMap(tiles, COLUMNS * TILE, ROWS * TILE)


def _shade(count: int, ranks: list[int]) -> int:
    if not count:
        return 0
    below = sum(1 for other in ranks if other < count)
    return 1 + min(SHADES - 2, (SHADES - 1) * below // len(ranks))
