"""How many forms a language has for a counted thing, and for which numbers each of them stands."""

from __future__ import annotations

import functools
import gettext
from collections.abc import Callable

from babel.messages.plurals import get_plural

# What Babel's table of gettext rules has otherwise than CLDR, or where its rule is older. The order of the forms is
# CLDR's: zero, one, two, few, many, other. Polish has a fourth form, for fractions, which whole numbers never reach.
RULES: dict[str, tuple[int, str]] = {
    "ar": (6, "(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5)"),
    "hu": (2, "(n != 1)"),
    "lv": (3, "(n%10==0 || n%100>=11 && n%100<=19 ? 0 : n%10==1 && n%100!=11 ? 1 : 2)"),
    "mk": (2, "(n%10==1 && n%100!=11 ? 0 : 1)"),
    "mt": (
        5,
        "(n==1 ? 0 : n==2 ? 1 : n==0 || n%100>=3 && n%100<=10 ? 2 : n%100>=11 && n%100<=19 ? 3 : 4)",
    ),
    "oc": (2, "(n > 1)"),
    "pl": (
        4,
        "(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : n!=1 && n%10>=0 && n%10<=1 || n%10>=5 && "
        "n%10<=9 || n%100>=12 && n%100<=14 ? 2 : 3)",
    ),
    "tr": (2, "(n != 1)"),
}
# Numbers to try a rule on: every remainder of a hundred that any language looks at, and what is beyond.
_TRIED = (*range(1_001), 1_000_000)
_FRACTION = 1.5


def rule_for(locale: str) -> tuple[int, str]:
    """How many forms there are, and the expression that a catalogue's header gives for them."""
    language = locale.replace("-", "_").partition("_")[0]
    if language in RULES:
        return RULES[language]
    found = get_plural(locale.replace("-", "_"))
    return found.num_plurals, found.plural_expr


@functools.lru_cache(maxsize=64)
def function_of(expression: str) -> Callable[[int], int]:
    """The rule itself. Raises ValueError for an expression that is none."""
    return gettext.c2py(expression)  # what gettext itself reads it by


@functools.lru_cache(maxsize=64)
def examples(num_plurals: int, expression: str) -> tuple[tuple[float, ...], ...]:
    """For each form the first numbers that it stands for, three at most; a fraction where no whole number takes it."""
    rule = function_of(expression)
    found: list[list[float]] = [[] for _ in range(num_plurals)]
    for number in _TRIED:
        form = rule(number)
        if form < num_plurals and len(found[form]) < 3:
            found[form].append(number)
    return tuple(tuple(numbers) or (_FRACTION,) for numbers in found)


@functools.lru_cache(maxsize=64)
def are_alike(one: str, other: str) -> bool:
    """Whether two expressions give each number the same form."""
    first, second = function_of(one), function_of(other)
    return all(first(number) == second(number) for number in _TRIED)
