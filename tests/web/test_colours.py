"""Any colour that somebody picks can be read in both themes, and under letters."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from petition_app.paths import resource_folder
from petition_app.web.colours import DARK_GROUNDS, LIGHT_GROUNDS, contrast, dark_theme, light_theme

EVERY_KIND = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in itertools.product((0, 51, 128, 204, 255), repeat=3)]


def test_the_contrast_is_that_of_the_rule() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WCAG's own well-known borderline
    assert contrast("#ffffff", "#ffffff") == 1


@pytest.mark.parametrize("colour", EVERY_KIND)
def test_every_colour_can_be_read(colour: str) -> None:
    for theme, grounds in ((light_theme(colour), LIGHT_GROUNDS), (dark_theme(colour), DARK_GROUNDS)):
        for ground in (*grounds, theme.accent_soft):
            assert contrast(theme.accent, ground) >= 4.5, (colour, theme, ground)
        for under in (theme.accent, theme.accent_hover):
            assert contrast(theme.accent_ink, under) >= 4.5, (colour, theme, under)


def test_a_colour_that_is_fit_stays_as_it_was_picked() -> None:
    assert light_theme("#0d5c63").accent == "#0d5c63"
    assert not light_theme("#0d5c63").is_corrected
    assert light_theme("#ffcc00").is_corrected
    assert dark_theme("#ffcc00").accent == "#ffcc00"
    assert dark_theme("#0d5c63").is_corrected


def test_a_corrected_colour_keeps_its_hue() -> None:
    """A yellow becomes an olive, not a grey: red and green stay above blue."""
    red, green, blue = (int(light_theme("#ffdd00").accent[place : place + 2], 16) for place in (1, 3, 5))
    assert min(red, green) > blue + 60


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    css = Path(resource_folder("static") / "css" / "10-tokens.css").read_text("utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    for text, grounds in ((light, LIGHT_GROUNDS), (dark, DARK_GROUNDS)):
        found = [re.search(rf"--{name}: (#[0-9a-f]{{6}})", text) for name in ("paper", "surface", "notice-soft")]
        assert tuple(match[1] for match in found if match) == grounds
