"""A petition's page in two: what stands still, made once for all readers, and what moves, made for each answer.

The still part, the frame, has holes where the other goes. It is kept by all that it is made from: the petition's own
row, the versions of its texts, its recipients, the reader's language and what he came by.
"""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Mapping
from datetime import datetime

from flask import render_template, request
from markupsafe import Markup
from sqlalchemy import bindparam, func, select

from petition_app.extensions import db
from petition_app.i18n.locales import selected_locale
from petition_app.models import Petition, PetitionText, Recipient
from petition_app.petitions import markdown
from petition_app.signing.blank_form import blank_form
from petition_app.web.kept import kept

# No text can hold it: nobody knows it.
_SECRET = secrets.token_hex(12)
# In JSON, a number's place is a string at first.
_HOLE = re.compile(f'"{_SECRET}-(confirmed);"|{_SECRET}-([a-z]+);')


def hole(name: str) -> Markup:
    """Where something goes that moves."""
    return Markup(f"{_SECRET}-{name};")  # noqa: S704  # our own letters and digits


def frame(petition: Petition, via: str, at: datetime) -> Markup:
    """The page as it stands still, in the reader's language; `via` is the share link that he came by."""
    is_open = petition.takes_signatures(at)
    locale, place = selected_locale(), request.args.get("before", "")

    def made() -> str:
        text = petition.text_for(locale)
        return render_template(
            "public/petition.html",
            petition=petition,
            text=text,
            body=markdown.render(text.body, text.borrowed_paragraphs, text.borrowed_from),
            recipients=petition.recipients_for(text.locale),
            form=blank_form(petition, text, via) if is_open else None,
            hole=hole,
        )

    if place:  # of a list, and taken along by the links to other languages: there are as many as signatures
        return Markup(made())  # noqa: S704  # our own template, which escapes
    return kept(("frame", locale, via, is_open, *_standing(petition)), made)


def filled(frame: Markup, moving: Mapping[str, str]) -> str:
    """The whole page."""
    pieces = list(_pieces(frame))
    pieces[1::2] = [moving[name] for name in pieces[1::2]]
    return "".join(pieces)


@functools.lru_cache(maxsize=200)
def _pieces(frame: Markup) -> tuple[str, ...]:
    """What stands still, and between each two of it the name of a hole."""
    return tuple(piece for piece in _HOLE.split(str(frame)) if piece is not None)


def _standing(petition: Petition) -> tuple[object, ...]:
    """All that a frame shows, in short. A text that anybody may have read is never changed, but followed by another."""
    connection = db.session.connection()
    texts = connection.execute(_TEXTS, {"petition": petition.id}).one()
    recipients = connection.execute(_RECIPIENTS, {"petition": petition.id}).all()
    row = tuple(str(getattr(petition, name)) for name in _COLUMNS)
    return row, tuple(texts), tuple(map(tuple, recipients))


# When the newest update came, and what the form asks, have their own places.
_COLUMNS = tuple(
    column.key for column in Petition.__table__.columns if column.key not in ("last_update_at", "created_at")
)
_TEXTS = select(func.count(), func.max(PetitionText.id)).where(PetitionText.petition_id == bindparam("petition"))
_RECIPIENTS = (
    select(Recipient.locale, Recipient.position, Recipient.name, Recipient.office)
    .where(Recipient.petition_id == bindparam("petition"))
    .order_by(Recipient.locale, Recipient.position)
)
