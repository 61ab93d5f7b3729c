"""How far each language is, and the list of its messages."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from petition_app.admin.access import allowed
from petition_app.admin.translations import book, sieve
from petition_app.admin.translations.book import Book, NoCatalogue
from petition_app.admin.translations.desk_places import LISTED, titles
from petition_app.admin.translations.places import GROUPS
from petition_app.admin.translations.screen import blueprint, load_book, page
from petition_app.admin.translations.sieve import ON_PAGE, Sieve


@blueprint.get("/")
@allowed("translations.edit")
def index() -> ResponseReturnValue:
    """Each language with what is done and what is not."""
    return page("index", books=[(code, _book_or_none(code)) for code in book.locales()])


def _book_or_none(code: str) -> Book | None:
    try:
        return book.open_book(code)
    except NoCatalogue:
        return None


@blueprint.get("/<locale:code>")
@allowed("translations.edit")
def messages(code: str) -> ResponseReturnValue:
    """The messages that fit what is looked for, a page at a time."""
    whole, sought = load_book(code), Sieve.of_request()
    found = sought.entries(whole)
    number = _number(request.args.get("page", ""), len(found))
    return page(
        "messages",
        book=whole,
        sieve=sought,
        entries=found[(number - 1) * ON_PAGE : number * ON_PAGE],
        found=len(found),
        number=number,
        last=max(1, -(-len(found) // ON_PAGE)),
        states=sieve.STATES,
        areas=sieve.AREAS,
        places=LISTED,
        groups=GROUPS,
        titles=titles(),
    )


def _number(text: str, found: int) -> int:
    """A page's number as the address has it; the nearest one that there is."""
    wanted = int(text) if text.isdecimal() and len(text) < 6 else 1
    return min(max(1, wanted), max(1, -(-found // ON_PAGE)))
