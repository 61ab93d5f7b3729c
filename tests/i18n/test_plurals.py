"""The forms that each language needs, beside what CLDR says of it."""

from __future__ import annotations

import pytest
from babel import Locale

from petition_app.i18n import plurals

EUROPEAN = [
    "bg",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "fi",
    "fr",
    "ga",
    "hr",
    "hu",
    "it",
    "lt",
    "lv",
    "mt",
    "nl",
    "pl",
    "ro",
    "sk",
    "sl",
    "sv",
]


@pytest.mark.parametrize(
    "locale", [*EUROPEAN, "pt-PT", "ar", "ca", "eu", "gl", "uk", "tr", "is", "nb", "sq", "sr", "mk"]
)
def test_numbers_that_cldr_counts_alike_have_the_same_form(locale: str) -> None:
    count, expression = plurals.rule_for(locale)
    form, category = plurals.function_of(expression), Locale.parse(locale, sep="-").plural_form
    # Millions are left out: written in digits they are counted like any number (CLDR's “many” of French and Spanish).
    pairs = {(form(n), category(n)) for n in range(1_000)}
    assert len(pairs) == len({form for form, _ in pairs}) == len({category for _, category in pairs})
    assert max(form for form, _ in pairs) < count


def test_polish_has_four_forms_and_arabic_six() -> None:
    assert plurals.examples(*plurals.rule_for("pl")) == ((1,), (2, 3, 4), (0, 5, 6), (1.5,))
    assert plurals.examples(*plurals.rule_for("ar")) == ((0,), (1,), (2,), (3, 4, 5), (11, 12, 13), (100, 101, 102))
