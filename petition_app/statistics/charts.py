"""The shapes of the charts, in the units of their SVG; what they say stands in a table beside each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

from petition_app.statistics.departements import COLUMNS, NAMES, ROWS, TILES
from petition_app.statistics.numbers import Line

WIDTH, HEIGHT = 720, 200
# For the figures at the left, below and above.
LEFT, BELOW, ABOVE = 56, 24, 8
# Of the room that a bar has, how much is left between two.
GAP = 0.22
TILE, TILE_GAP = 44, 3
SHADES = 6


@dataclass(frozen=True)
class Bar:
    """One bar; `label` is written below it where it is not empty."""

    x: float
    y: float
    width: float
    height: float
    label: str

    @property
    def anchor(self) -> str:
        """Which end of the label is below the bar: none hangs out of the chart."""
        return "end" if self.x + self.width > WIDTH - 45 else "middle"

    @property
    def label_x(self) -> float:
        return round(self.x + (self.width if self.anchor == "end" else self.width / 2), 1)


@dataclass(frozen=True)
class BarChart:
    """Bars over time, and the lines across with their figures: (y, figure)."""

    bars: list[Bar]
    lines: list[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(values: Sequence[tuple[str, int]]) -> BarChart:
    """A bar for each value, with about six labels below them however many there are."""
    top = nice_top(max((count for _label, count in values), default=0))
    room = HEIGHT - ABOVE - BELOW
    step = (WIDTH - LEFT) / max(1, len(values))
    every = max(1, ceil(len(values) / 6))
    bars = []
    for place, (label, count) in enumerate(values):
        tall = room * count / top
        if count:
            tall = max(1.0, tall)
        x = LEFT + step * (place + GAP / 2)
        is_labelled = place % every == 0
        bars.append(
            Bar(
                round(x, 1),
                round(ABOVE + room - tall, 1),
                round(step * (1 - GAP), 1),
                round(tall, 1),
                label if is_labelled else "",
            )
        )
    lines = [(round(ABOVE + room * (1 - share), 1), round(top * share)) for share in (0.0, 0.5, 1.0)]
    return BarChart(bars, lines)


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
