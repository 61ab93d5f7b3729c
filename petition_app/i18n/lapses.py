"""How long ago something was, in words: CLDR's, or the catalogue's where CLDR has none for a language (Occitan)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from babel import Locale, dates
from flask_babel import ngettext

MINUTE, HOUR, DAY, WEEK, MONTH, YEAR = 60, 3_600, 86_400, 604_800, 2_629_800, 31_557_600

_by_catalogue_alone: ContextVar[bool] = ContextVar("lapses_by_catalogue_alone", default=False)


@contextmanager
def by_catalogue() -> Iterator[None]:
    """In the block, the catalogue's words are used in every language: whoever translates them sees them so."""
    token = _by_catalogue_alone.set(True)
    try:
        yield
    finally:
        _by_catalogue_alone.reset(token)


def ago(seconds: int, locale: Locale) -> str:
    """“5 minutes ago”, in the largest unit that it fills. `seconds` is a minute at least."""
    unit = next(size for size in (YEAR, MONTH, WEEK, DAY, HOUR, MINUTE) if seconds >= size)
    count = seconds // unit
    if _has_words(str(locale)) and not _by_catalogue_alone.get():
        return _by_cldr(count * unit, str(locale))
    return _by_catalogue(count, unit)


@functools.lru_cache(maxsize=5000)
def _by_cldr(seconds: int, locale: str) -> str:
    return dates.format_timedelta(-seconds, add_direction=True, threshold=1.0, locale=locale)


@functools.cache
def _has_words(locale: str) -> bool:
    """Whether CLDR tells the past in this language. Where it does not, for one unit even, it writes “-5 min”."""
    units = (MINUTE, HOUR, DAY, WEEK, MONTH, YEAR)
    return not any(_by_cldr(count * unit, locale).startswith("-") for unit in units for count in (1, 3))


def _by_catalogue(count: int, unit: int) -> str:
    # Translators: how long ago something was. Most languages take these words from elsewhere (CLDR); they are used
    # where it has none.
    words: dict[int, Callable[[], str]] = {
        MINUTE: lambda: ngettext("%(num)s minute ago", "%(num)s minutes ago", count),
        HOUR: lambda: ngettext("%(num)s hour ago", "%(num)s hours ago", count),
        DAY: lambda: ngettext("%(num)s day ago", "%(num)s days ago", count),
        WEEK: lambda: ngettext("%(num)s week ago", "%(num)s weeks ago", count),
        MONTH: lambda: ngettext("%(num)s month ago", "%(num)s months ago", count),
        YEAR: lambda: ngettext("%(num)s year ago", "%(num)s years ago", count),
    }
    return words[unit]()
