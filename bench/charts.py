"""Small charts as SVG, readable on light and on dark ground."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 260, 56, 16, 34, 40
STYLE = (
    "<style>text{font:13px system-ui,sans-serif;fill:#333}.axis{stroke:#8888;stroke-width:1;fill:none}"
    ".line{stroke:#1f6f5c;stroke-width:2;fill:none}.dot{fill:#1f6f5c}.title{font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.line{stroke:#6fd3b8}.dot{fill:#6fd3b8}}</style>"
)

Points = Sequence[tuple[float, float]]


def growth(title: str, points: Points) -> str:
    """Milliseconds (from 0) over the number of signatures (each step ten times the one before)."""
    return _chart(title, points, [log10(x) for x, _ in points], [_count(x) for x, _ in points], "ms")


def over_time(title: str, points: Points, unit: str) -> str:
    """A value over seconds."""
    marks = [f"{x:.0f} s" if number % max(1, len(points) // 6) == 0 else "" for number, (x, _) in enumerate(points)]
    return _chart(title, points, [x for x, _ in points], marks, unit)


def _chart(title: str, points: Points, places: Sequence[float], marks: Sequence[str], unit: str) -> str:
    top = _round_up(max((y for _, y in points), default=1))
    first, last = min(places), max(places)

    def x(place: float) -> float:
        return LEFT + (place - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)

    dots = [(round(x(place), 1), round(y(value), 1)) for place, (_, value) in zip(places, points, strict=True)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        f' aria-label="{escape(title)}">',
        STYLE,
        f'<text class="title" x="{LEFT}" y="20">{escape(title)}</text>',
        f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>',
        f'<text x="{LEFT - 8}" y="{TOP + 5}" text-anchor="end">{top:g} {unit}</text>',
        f'<text x="{LEFT - 8}" y="{HEIGHT - BOTTOM + 5}" text-anchor="end">0</text>',
        '<path class="line" d="M' + "L".join(f"{a} {b}" for a, b in dots) + '"/>',
    ]
    for (a, b), mark in zip(dots, marks, strict=True):
        parts.append(f'<circle class="dot" cx="{a}" cy="{b}" r="3"/>')
        if mark:
            anchor = "end" if a > WIDTH - 60 else "middle"
            parts.append(f'<text x="{a}" y="{HEIGHT - BOTTOM + 22}" text-anchor="{anchor}">{mark}</text>')
    return "".join([*parts, "</svg>\n"])


def _round_up(value: float) -> float:
    """A round number that is not below."""
    step = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    return next(step * factor for factor in (1, 2, 3, 4, 5, 6, 8, 10) if step * factor >= value)


def _count(number: float) -> str:
    if number >= 1_000_000:
        return f"{number / 1_000_000:g} million"
    return f"{number:,.0f}".replace(",", " ")
