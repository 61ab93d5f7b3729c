"""Numbers and moments as the reader's locale writes them."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from datetime import date as date_type

from babel import dates, numbers, units
from flask import Flask
from flask_babel import get_locale, get_timezone
from flask_babel import gettext as _
from markupsafe import Markup, escape

from petition_app.i18n import lapses
from petition_app.i18n.locales import babel_locale
from petition_app.models.base import now


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        number=number,
        ordinal=ordinal,
        date=date,
        datetime=moment,
        lapse=lapse,
        clock=clock,
        iso=iso,
        day=day,
        percent=percent,
        filesize=filesize,
        country_name=country_name,
        language_name=language_name,
        borrowing_words=borrowing_words,
        breakable=breakable,
    )


# A shorter one has room on a phone.
SHORT_ADDRESS = 24


def breakable(address: str) -> Markup:
    """An e-mail address that, where it is too long for a line, is broken in front of its @ or a dot first."""
    shown = escape(address)
    if len(address) <= SHORT_ADDRESS:
        return shown
    return Markup(re.sub(r"(?=[@.])", "<wbr>", str(shown)))  # noqa: S704  # escaped above


def number(value: int) -> str:
    """A count with the locale's digits and separators."""
    return numbers.format_decimal(value, locale=get_locale())


@functools.cache
def _ordinal_rule(language: str) -> str:
    return {"fr": "fr", "en": "en"}.get(language, "plain")


def ordinal(value: int) -> str:
    """A number as a rank: 1st, 2nd. In French it is the rank of a signature, and so feminine: 1re, 2e."""
    figure = number(value)
    rule = _ordinal_rule(get_locale().language)
    if rule == "fr":
        return f"{figure}{'re' if value == 1 else 'e'}"
    if rule == "en":
        last = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
        return f"{figure}{last}"
    # Translators: the rank of a signature (and of nothing else), written in digits, such as “12.”
    return str(_("%(number)s.", number=figure))


def date(value: datetime) -> str:
    """The day, in the site's time zone, written out."""
    return dates.format_date(value.astimezone(get_timezone()), "long", locale=get_locale())


def day(value: date_type | str) -> str:
    """A day that has no hour, or one as ISO 8601 writes it, written out."""
    found = date_type.fromisoformat(value) if isinstance(value, str) else value
    return dates.format_date(found, "long", locale=get_locale())


def percent(share: float) -> str:
    """A share from 0 to 1 as the locale writes it, with a decimal where it is small."""
    pattern = "#,##0.0 %" if 0 < share < 0.1 else "#,##0 %"
    locale = get_locale()
    sample = locale.percent_formats[None].pattern
    return numbers.format_percent(share, sample.replace("#,##0", pattern.split(" ")[0]), locale=locale)


def filesize(size: int) -> str:
    """How long a file is, in the unit that suits it."""
    for unit, factor in (("gigabyte", 10**9), ("megabyte", 10**6), ("kilobyte", 10**3)):
        if size >= factor:
            value = numbers.format_decimal(round(size / factor, 1), locale=get_locale())
            return units.format_unit(value, f"digital-{unit}", "short", locale=get_locale())
    return units.format_unit(size, "digital-byte", "short", locale=get_locale())


def moment(value: datetime) -> str:
    """Day and time to the minute, in the site's time zone."""
    return _minute(value.astimezone(get_timezone()).replace(second=0, microsecond=0, tzinfo=None), str(get_locale()))


@functools.lru_cache(maxsize=5000)
def _minute(local: datetime, locale: str) -> str:
    """The same rows are shown again and again; to write a date costs as much as to read it from the database."""
    day = dates.format_date(local, "long", locale=locale)
    time = dates.format_time(local, "short", locale=locale)
    return str(dates.get_datetime_format("long", locale=locale)).replace("'", "").format(time, day)


def clock(value: datetime) -> str:
    """The time of day alone, in the site's time zone, for what happens on the page that is read."""
    return dates.format_time(value.astimezone(get_timezone()), "medium", tzinfo=get_timezone(), locale=get_locale())


def lapse(value: datetime) -> str:
    """How long ago it was: “5 minutes ago”. Rounded down, so that it stands still while a page is kept."""
    seconds = lapsed(value)
    return lapses.ago(seconds, get_locale()) if seconds else str(_("just now"))


def lapsed(value: datetime, at: datetime | None = None) -> int:
    """How many seconds ago it was, in whole minutes: as long as that stays the same, so does what is written of it."""
    return max(0, int(((at or now()) - value).total_seconds())) // 60 * 60


def iso(value: datetime) -> str:
    """The moment for machines, in UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def country_name(code: str) -> str:
    """A country's name in the reader's language; what was given where it has none."""
    return str(get_locale().territories.get(code, code)) or "–"


def language_name(locale: str) -> str:
    """A language's name in the reader's own."""
    return babel_locale(locale).get_display_name(get_locale()) or locale


def borrowing_words(locale: str) -> str:
    """What is said above a text of which some paragraphs stand in another language, each with a line beside it."""
    return str(
        _(
            "Some paragraphs are not translated yet. They are shown in this language, with a line beside them: "
            "%(language)s.",
            language=language_name(locale),
        )
    )
