"""A petition's page in two: what stands still, made once for all readers, and what moves, made for each answer.

The still part, the frame, has holes where the other goes. It is kept by all that it is made from: the petition as it
was seen (public/seeing.py), the reader's language and what he came by.
"""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Mapping

from flask import render_template, request
from markupsafe import Markup

from petition_app.i18n.locales import selected_locale
from petition_app.petitions import markdown
from petition_app.public.seeing import Seen
from petition_app.signing.blank_form import blank_form
from petition_app.web.kept import kept

# No text can hold it: nobody knows it.
_SECRET = secrets.token_hex(12)
# In JSON, a number's place is a string at first.
_HOLE = re.compile(f'"{_SECRET}-(confirmed);"|{_SECRET}-([a-z]+);')


def hole(name: str) -> Markup:
    """Where something goes that moves."""
    return Markup(f"{_SECRET}-{name};")  # noqa: S704  # our own letters and digits


def frame(seen: Seen, via: str) -> Markup:
    """The page as it stands still, in the reader's language; `via` is the share link that he came by."""
    petition, is_open = seen.petition, seen.petition.takes_signatures(seen.at)
    locale, place = selected_locale(), request.args.get("before", "")

    def made() -> str:
        text = petition.text_for(locale)
        return render_template(
            "public/petition.html",
            petition=petition,
            text=text,
            body=markdown.render(text.body, text.borrowed_paragraphs, text.borrowed_from, has_places=True),
            recipients=petition.recipients_for(text.locale),
            form=blank_form(petition, text, via) if is_open else None,
            hole=hole,
        )

    if place:  # of a list, and taken along by the links to other languages: there are as many as signatures
        return Markup(made())  # noqa: S704  # our own template, which escapes
    return kept(("frame", locale, via, is_open, seen.standing), made)


def filled(frame: Markup, moving: Mapping[str, str]) -> list[bytes]:
    """The whole page, in the pieces that it is made of: the page layer packs those that it knows no second time."""
    pieces = [piece if isinstance(piece, bytes) else moving[piece].encode() for piece in _pieces(frame)]
    if request.args.get("before"):
        return [b"".join(pieces)]  # its frame is for one reader: nobody will know it again
    return [piece for piece in pieces if piece]


@functools.lru_cache(maxsize=200)
def _pieces(frame: Markup) -> tuple[bytes | str, ...]:
    """What stands still, as it is sent, and between each two of it the name of a hole."""
    pieces = [piece for piece in _HOLE.split(str(frame)) if piece is not None]
    return tuple(piece if place % 2 else piece.encode() for place, piece in enumerate(pieces))
