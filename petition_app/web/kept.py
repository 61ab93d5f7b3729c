"""Parts of pages that are made once and kept, by what they are made from: nothing has to be dropped when that changes.

What is on every page and in no key (the site's settings, the words of its languages) drops them all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from flask import Flask, current_app
from markupsafe import Markup

from petition_app.i18n.marking import is_marking

# A part takes a few kilobytes. The oldest go first: what is asked for is soon made again.
MOST_KEPT = 1_000


def kept(key: Hashable, make: Callable[[], str]) -> Markup:
    """The part of this key, made where it is not there. What is marked for a translator's eyes is not kept."""
    if is_marking():
        return Markup(make())  # noqa: S704  # our own templates, which escape
    parts: dict[Hashable, Markup] = current_app.extensions.setdefault("kept_parts", {})
    found = parts.get(key)
    if found is None:
        found = Markup(make())  # noqa: S704  # our own templates, which escape
        while len(parts) >= MOST_KEPT:
            parts.pop(next(iter(parts), None), None)
        parts[key] = found
    return found


def forget(app: Flask) -> None:
    """Make all parts anew."""
    app.extensions.pop("kept_parts", None)
