"""The numbers of a petition: how it grows, where its signers are, which way they came."""

from __future__ import annotations

from datetime import date, datetime

from babel import dates
from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from petition_app.admin.access import allowed
from petition_app.admin.loading import load_petition
from petition_app.admin.tabs import Tab, add_tab
from petition_app.antiabuse.providers import OTHERS
from petition_app.i18n.locales import babel_locale, selected_locale
from petition_app.models.base import now
from petition_app.models.counter import confirmed_count
from petition_app.statistics.charts import bar_chart, tile_map
from petition_app.statistics.departements import NAMES
from petition_app.statistics.numbers import numbers_of
from petition_app.web.site import settings

blueprint = Blueprint("numbers", __name__, url_prefix="/numbers")

# Translators: the screen with the charts of a petition
add_tab(Tab("admin.numbers.petition", _l("Numbers"), "statistics.read", position=50))


@blueprint.get("/<slug:slug>")
@allowed("statistics.read")
def petition(slug: str) -> ResponseReturnValue:
    """All numbers of one petition, as they were counted last."""
    petition = load_petition(slug)
    numbers = numbers_of(petition.id, now())
    days = [(_day(day), count) for day, count in numbers.days]
    hours = [(_hour(hour), count) for hour, count in numbers.hours]
    direction = babel_locale(selected_locale()).text_direction
    return render_template(
        "admin/numbers/petition.html",
        petition=petition,
        text=petition.text_for(selected_locale()),
        confirmed=confirmed_count(petition.id),
        numbers=numbers,
        days=days,
        day_chart=bar_chart(days, direction),
        hours=hours,
        hour_chart=bar_chart([(_short_hour(hour), count) for hour, count in numbers.hours], direction),
        map=tile_map(numbers.departements),
        departement_names=NAMES,
        others=OTHERS,
    )


def _day(day: date) -> str:
    return str(dates.format_skeleton("MMMd", datetime(day.year, day.month, day.day), locale=get_locale()))  # noqa: DTZ001  # a day, in no zone


def _hour(hour: datetime) -> str:
    return str(
        dates.format_skeleton(
            "EHm", hour.astimezone(settings().timezone), tzinfo=settings().timezone, locale=get_locale()
        )
    )


def _short_hour(hour: datetime) -> str:
    return str(dates.format_time(hour, "short", tzinfo=settings().timezone, locale=get_locale()))
