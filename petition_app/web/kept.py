"""Parts of pages that are made once and kept, by what they are made from: nothing has to be dropped when that changes.

What is on every page and in no key (the site's settings, the words of its languages) drops them all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

from flask import Flask, current_app, g, has_request_context, request_started
from markupsafe import Markup

from petition_app.i18n.marking import is_marking

# Most parts take a few kilobytes, a whole page's frame fifty, and there is one for each language and share link. The
# oldest go first: what is asked for is soon made again.
MOST_KEPT = 1_000
MOST_CHARACTERS = 8_000_000  # two bytes each


class Parts(dict[Hashable, Markup]):
    """What is kept, the oldest first, and how many characters that is."""

    size = 0


_making_room = threading.Lock()


def init_app(app: Flask) -> None:
    request_started.connect(_begin, app)


def kept(key: Hashable, make: Callable[[], str]) -> Markup:
    """The part of this key, made where it is not there. What is marked for a translator's eyes is not kept."""
    if is_marking():
        return Markup(make())  # noqa: S704  # our own templates, which escape
    parts = _parts()
    found = parts.get(key)
    if found is None:
        found = Markup(make())  # noqa: S704  # our own templates, which escape
        with _making_room:
            parts.size += len(found) - len(parts.get(key, ""))  # another may have made it meanwhile
            parts[key] = found
            while len(parts) > MOST_KEPT or parts.size > MOST_CHARACTERS:
                parts.size -= len(parts.pop(next(iter(parts))))
    return found


def forget(app: Flask) -> None:
    """Make all parts anew. The request that has just seen the change, too, is answered with new ones."""
    app.extensions.pop("kept_parts", None)
    if has_request_context() and current_app._get_current_object() is app:  # type: ignore[attr-defined]  # Flask's proxy
        g.kept_parts = _parts_now()


def _begin(_app: Flask) -> None:
    """A request keeps what it makes where it was begun: it may have seen settings that have changed meanwhile, and
    what it makes of those is for nobody who comes after.
    """
    g.kept_parts = _parts_now()


def _parts() -> Parts:
    found: Parts | None = g.get("kept_parts") if has_request_context() else None
    return _parts_now() if found is None else found


def _parts_now() -> Parts:
    found: Parts = current_app.extensions.setdefault("kept_parts", Parts())
    return found
