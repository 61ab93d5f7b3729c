"""The pages themselves, with texts that one points at to word them. A page stands in a frame beside the form."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import abort, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from petition_app.admin.access import allowed
from petition_app.admin.translations.book import Entry
from petition_app.admin.translations.desk_places import BY_NAME, LISTED, PLACES, titles
from petition_app.admin.translations.marked import pointable
from petition_app.admin.translations.places import GROUPS, Place
from petition_app.admin.translations.sample import SampleSite, sample_site
from petition_app.admin.translations.screen import blueprint, load_book, page
from petition_app.i18n.checking import PLACEHOLDER, TAG
from petition_app.i18n.marking import keys_in, marked
from petition_app.web.security_headers import framed, framing

# A placeholder that no value was put into; those in tags stay.
_HOLDER = re.compile(f"(?P<tag>{TAG.pattern})|{PLACEHOLDER.pattern}")
# A token of a personal link: what it names, the moment, the seal. The last two are other ones each time.
_MAIN = re.compile(r"<main\b[^>]*>|<body\b[^>]*>(?!.*<main\b)", re.S)
_TOKEN = re.compile(r"/(signatures|answers|news)/([^/?]+)\.[\w-]+\.[\w-]+")


@blueprint.get("/<locale:code>/pages/<place>")
@allowed("translations.edit")
def place(code: str, place: str) -> ResponseReturnValue:
    """A page of the site in this language, and beside it the texts that it has."""
    whole, shown = load_book(code), _place(place)
    keys = [key for key in sample_site().keys_at(shown) if key in whole.entries]
    return framing(
        page(
            "place",
            book=whole,
            place=shown,
            entries=[whole.entries[key] for key in keys],
            places=LISTED,
            groups=GROUPS,
            titles=titles(),
            following=_neighbour(shown, 1),
            previous=_neighbour(shown, -1),
        )
    )


@blueprint.get("/<locale:code>/pages/<place>/frame")
@allowed("translations.edit")
def frame(code: str, place: str) -> ResponseReturnValue:
    """The page alone; `shown` is the key of a message that is to be seen in it."""
    whole, shown, sample = load_book(code), _place(place), sample_site()
    leads = {_of(sample, code, other): other.name for other in reversed(PLACES) if other.path and other.is_usual}

    def lead(method: str, address: str) -> str:
        name = leads.get((method, _plain(address)))
        return url_for(".frame", code=code, place=name) if name else ""

    key = request.args.get("shown", "")
    head = render_template("admin/translations/_frame_head.html")
    seen = sample.shown(shown, code)
    if key in whole.entries and key not in keys_in(seen):
        seen = _told_on(seen, whole.entries[key])
    html = pointable(seen, lead, head, key).html
    return framed(make_response(html))


def _told_on(html: str, entry: Entry) -> str:
    """The page with a text that it has in another case, told where a page tells what has happened."""
    text = marked(entry.strings[-1] or entry.sources[-1], entry.sources[0], entry.source.context)
    text = _HOLDER.sub(lambda found: found[0] if found["tag"] else f'<bdi dir="ltr">{found[0]}</bdi>', text)
    told = render_template("admin/translations/_told.html", text=Markup(text))  # noqa: S704  # checked when it is saved
    return _MAIN.sub(lambda found: found[0] + told, html, count=1)


def _place(name: str) -> Place:
    found = BY_NAME.get(name)
    if found is None:
        abort(404)
    return found


def _neighbour(shown: Place, step: int) -> Place | None:
    number = LISTED.index(shown) + step if shown in LISTED else -1
    return LISTED[number] if 0 <= number < len(LISTED) else None


def _of(sample: SampleSite, code: str, shown: Place) -> tuple[str, str]:
    """A place by the method and the address that a page has for it."""
    return shown.method, _plain(sample.address(shown, code))


def _plain(address: str) -> str:
    """An address of the sample's pages without what is another one each time; it may name the site's host."""
    site = urlsplit(current_app.config["SITE_URL"])
    path = address.removeprefix(f"{site.scheme}://{site.netloc}").partition("#")[0]
    return _TOKEN.sub(r"/\1/\2", path)
