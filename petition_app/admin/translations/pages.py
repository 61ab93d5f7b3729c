"""The pages themselves, with texts that one points at to word them. A page stands in a frame beside the form."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import abort, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from petition_app.admin.access import allowed
from petition_app.admin.translations.marked import pointable
from petition_app.admin.translations.places import BY_NAME, GROUPS, PLACES, Place
from petition_app.admin.translations.sample import SampleSite, sample_site
from petition_app.admin.translations.screen import blueprint, load_book, page
from petition_app.web.security_headers import framed, framing

# A token of a personal link: what it names, the moment, the seal. The last two are other ones each time.
_TOKEN = re.compile(r"/(signatures|answers|news)/([^/?]+)\.[\w-]+\.[\w-]+")


@blueprint.get("/<locale:code>/pages/<place>")
@allowed("translations.edit")
def place(code: str, place: str) -> ResponseReturnValue:
    """A page of the site in this language, and beside it the texts that it has."""
    whole, shown = load_book(code), _place(place)
    keys = [key for key in sample_site().index[shown.name] if key in whole.entries]
    return framing(
        page(
            "place",
            book=whole,
            place=shown,
            entries=[whole.entries[key] for key in keys],
            places=PLACES,
            groups=GROUPS,
            following=_neighbour(shown, 1),
            previous=_neighbour(shown, -1),
        )
    )


@blueprint.get("/<locale:code>/pages/<place>/frame")
@allowed("translations.edit")
def frame(code: str, place: str) -> ResponseReturnValue:
    """The page alone; `shown` is the key of a message that is to be seen in it."""
    load_book(code)
    shown, sample = _place(place), sample_site()
    leads = {_of(sample, code, other): other.name for other in PLACES if not other.is_mail}

    def lead(method: str, address: str) -> str:
        name = leads.get((method, _plain(address)))
        return url_for(".frame", code=code, place=name) if name else ""

    key = request.args.get("shown", "")
    head = render_template("admin/translations/_frame_head.html")
    html = pointable(sample.shown(shown, code), lead, head, key).html
    return framed(make_response(html))


def _place(name: str) -> Place:
    found = BY_NAME.get(name)
    if found is None:
        abort(404)
    return found


def _neighbour(shown: Place, step: int) -> Place | None:
    number = PLACES.index(shown) + step
    return PLACES[number] if 0 <= number < len(PLACES) else None


def _of(sample: SampleSite, code: str, shown: Place) -> tuple[str, str]:
    """A place by the method and the address that a page has for it."""
    return shown.method, _plain(sample.address(shown, code))


def _plain(address: str) -> str:
    """An address of the sample's pages without what is another one each time; it may name the site's host."""
    site = urlsplit(current_app.config["SITE_URL"])
    path = address.removeprefix(f"{site.scheme}://{site.netloc}").partition("#")[0]
    return _TOKEN.sub(r"/\1/\2", path)
