"""What moves on a petition's page: its number, its newest signers and comments, its news.

Each part is kept by what it shows, too: of a crowd that reads, most find everything as it was for the one before.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import render_template

from petition_app.comments.listing import comments_before
from petition_app.i18n.locales import selected_locale
from petition_app.models import Petition
from petition_app.public.numbers import Numbers, numbers_of
from petition_app.public.seeing import Seen
from petition_app.updates.listing import news_of
from petition_app.web.filters import lapsed
from petition_app.web.kept import kept

COMMENTS_ON_PAGE = 10


def moving(seen: Seen) -> Mapping[str, str]:
    """The parts by the names of their holes (public/frame.py), as of now and in the reader's language."""
    petition, numbers, locale = seen.petition, numbers_of(seen), selected_locale()
    comments = comments_before(petition.id, None, COMMENTS_ON_PAGE) if petition.comments != "off" else None
    context: dict[str, Any] = {"petition": petition, "numbers": numbers, "comments": comments}

    def part(template: str, *shown: Hashable) -> str:
        return kept((template, locale, petition.slug, *shown), lambda: render_template(template, **context))

    signers = numbers.signers
    return {
        "confirmed": str(numbers.confirmed),
        "count": part("public/_count.html", _counts(numbers)),
        "bar": part("public/_bar_count.html", numbers.confirmed),
        "live": part(
            "public/_live.html",
            numbers.poll,
            petition.postal_code,
            petition.signers_forgotten_at,
            signers,
            _lapses(seen.at, [row.confirmed_at for row in signers.rows]),
        ),
        "comments": ""
        if comments is None
        else part(
            "public/_comment_list.html",
            comments.next,
            comments.items,
            _lapses(seen.at, [item.published_at for item in comments.items]),
        ),
        "board": render_template("outcomes/_board.html", **context)
        if petition.has_demands or petition.has_answers
        else "",
        "updates": _updates(petition, locale),
    }


def _counts(numbers: Numbers) -> Hashable:
    return numbers.confirmed, numbers.paper, numbers.today, numbers.goal


def _lapses(at: datetime, moments: Iterable[datetime]) -> Hashable:
    """How long ago they were, as it is written."""
    return tuple([lapsed(moment, at) for moment in moments])


def _updates(petition: Petition, locale: str) -> str:
    news = news_of(petition, locale)
    return render_template("public/_updates.html", petition=petition, news=news) if news else ""
