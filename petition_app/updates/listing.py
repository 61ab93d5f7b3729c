"""The updates that readers see, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from petition_app.extensions import db
from petition_app.models import Petition, Update
from petition_app.petitions import markdown

EXCERPT = 320


@dataclass(frozen=True)
class News:
    """An update in a reader's language, or in the petition's own where it has no text in that."""

    number: int
    published_at: datetime
    locale: str
    title: str
    body: str

    @classmethod
    def of(cls, update: Update, locale: str, default: str) -> News:
        text = update.text_for(locale, default)
        if update.number is None or update.published_at is None:
            raise ValueError("only what was published is news")
        return cls(update.number, update.published_at, text.locale, text.title, text.body)

    @property
    def html(self) -> Markup:
        return markdown.render(self.body)

    @property
    def excerpt(self) -> str:
        """How it begins, cut at a word."""
        text = markdown.plain(self.body)
        return text if len(text) <= EXCERPT else text[:EXCERPT].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def news_of(petition: Petition, locale: str) -> Sequence[News]:
    """All that is on the page. A petition without any is not asked about in the database."""
    if petition.last_update_at is None:
        return ()
    found = (
        select(Update)
        .where(Update.petition_id == petition.id, Update.published_at.is_not(None), Update.taken_off_at.is_(None))
        .order_by(Update.published_at.desc(), Update.number.desc())
        .options(joinedload(Update.texts))
    )
    updates = db.session.scalars(found).unique()
    return [News.of(update, locale, petition.default_locale) for update in updates]


def news_numbered(petition: Petition, number: int, locale: str) -> News | None:
    """One of them by its number; None where there is none, or where it was taken off the page."""
    found = select(Update).where(Update.petition_id == petition.id, Update.number == number)
    update = db.session.scalar(found) if number < 2**31 else None
    if update is None or not update.is_on_page:
        return None
    return News.of(update, locale, petition.default_locale)
