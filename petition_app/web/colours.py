"""A colour that the association picks, made fit to be read in both themes (WCAG 2.2, 1.4.3: a contrast of 4.5 to 1).

It is made darker or lighter at the same hue, in OKLCH, where equal steps look equal (CSS Color 4, 9.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

# A little more than the 4.5 that is asked for (WCAG 1.4.3): what is rounded to 8 bits must not fall below it.
WANTED_CONTRAST = 4.55
STEP = 0.005

# What the accent is read on, as static/css/10-tokens.css has it: paper, surface, notices.
LIGHT_GROUNDS = ("#faf8f4", "#ffffff", "#f4edda")
DARK_GROUNDS = ("#171614", "#201e1b", "#2f2918")

Lch = tuple[float, float, float]


@dataclass(frozen=True)
class Theme:
    """The tokens of one theme; whether the accent had to be made darker or lighter than it was picked."""

    accent: str
    accent_ink: str
    accent_hover: str
    accent_soft: str
    is_corrected: bool

    def tokens(self) -> str:
        """The custom properties, as CSS declares them."""
        named = {
            "accent": self.accent,
            "accent-ink": self.accent_ink,
            "accent-hover": self.accent_hover,
            "accent-soft": self.accent_soft,
        }
        return "".join(f"--{name}:{value};" for name, value in named.items())


@lru_cache(maxsize=64)
def light_theme(colour: str) -> Theme:
    """Dark enough on paper; white stands on it."""
    lightness, chroma, hue = _lch(colour)
    soft = _hex((0.94, min(chroma, 0.025), hue))
    accent = _moved(colour, -STEP, lambda tried: _is_read_on(tried, (*LIGHT_GROUNDS, soft)))
    lightness = _lch(accent)[0]
    hover = _hex((max(0.0, lightness - 0.08), chroma, hue))
    return Theme(accent, "#ffffff", hover, soft, accent != colour)


@lru_cache(maxsize=64)
def dark_theme(colour: str) -> Theme:
    """Light enough on the dark page; a very dark shade of it stands on it."""
    _lightness, chroma, hue = _lch(colour)
    soft = _hex((0.28, min(chroma, 0.035), hue))
    accent = _moved(colour, STEP, lambda tried: _is_read_on(tried, (*DARK_GROUNDS, soft)))
    ink = _moved(_hex((0.24, min(chroma, 0.04), hue)), -STEP, lambda tried: _is_read_on(tried, (accent,)))
    hover = _hex((min(0.97, _lch(accent)[0] + 0.07), chroma, hue))
    return Theme(accent, ink, hover, soft, accent != colour)


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminances, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _is_read_on(colour: str, grounds: Iterable[str]) -> bool:
    return all(contrast(colour, ground) >= WANTED_CONTRAST for ground in grounds)


def _moved(colour: str, step: float, is_fit: Callable[[str], bool]) -> str:
    """The colour, or the nearest one at its hue, darker or lighter, that is fit. White and black end the search."""
    lightness, chroma, hue = _lch(colour)
    tried = colour
    while not is_fit(tried) and 0 < lightness + step < 1:
        lightness += step
        tried = _hex((lightness, chroma, hue))
    return tried


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _lch(colour: str) -> Lch:
    red, green, blue = (_linear(part) for part in _parts(colour))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _hex(lch: Lch) -> str:
    """As a screen shows it: with as much of its chroma as sRGB has at this lightness."""
    lightness, chroma, hue = lch
    found = _rgb(lightness, chroma, hue)
    while not all(-0.0001 <= part <= 1.0001 for part in found) and chroma > 0.001:
        chroma *= 0.97
        found = _rgb(lightness, chroma, hue)
    return "#" + "".join(f"{round(255 * _coded(min(1.0, max(0.0, part)))):02x}" for part in found)


def _rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Linear red, green and blue; outside 0 to 1 where sRGB has no such colour."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _coded(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
