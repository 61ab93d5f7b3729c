"""What the views of the workshop share: where they stand, what is loaded, how acts are called."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from petition_app.admin import audit, current
from petition_app.admin.screens import ASSOCIATION, Screen, add_screen
from petition_app.admin.translations import book, reading
from petition_app.admin.translations.book import Book, Entry, NoCatalogue
from petition_app.i18n.site_words import By
from petition_app.models.base import now
from petition_app.web.errors import error_page

blueprint = Blueprint("translations", __name__, url_prefix="/translations")

add_screen(Screen("admin.translations.index", _l("Translations"), "translations.edit", ASSOCIATION, position=15))
audit.name_acts(
    {
        "translation.saved": _l("worded a text of the site"),
        "translation.restored": _l("took back how a text of the site was worded"),
        "translation.imported": _l("took in a file of translations"),
    }
)


@blueprint.errorhandler(NoCatalogue)
def no_catalogue(_error: NoCatalogue) -> Response:
    return error_page(
        503,
        _("This catalogue cannot be read"),
        _("The file of this language is damaged. “petition translations check” says what is wrong with it."),
    )


def load_book(code: str) -> Book:
    """The messages of a locale; 404 for one without a catalogue."""
    if code not in book.locales():
        abort(404)
    return book.open_book(code)


def load_entry(code: str, key: str) -> tuple[Book, Entry]:
    """A message with the book that it is in; 404 for one that is not there."""
    whole = load_book(code)
    entry = whole.entries.get(key)
    if entry is None:
        abort(404)
    return whole, entry


def by_member() -> By:
    member = current.member()
    return By(member.name, member.id, now())


def page(name: str, status: int = 200, **values: object) -> Response:
    words = render_template(f"admin/translations/{name}.html", whole_in=reading.whole_in, **values)
    return make_response(words, status)
