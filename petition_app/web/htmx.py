"""Whether htmx asks: then a part of the page is enough."""

from __future__ import annotations

from flask import request


def wants_fragment() -> bool:
    """Only answers that are never cached may differ by this; cached ones are the same for everybody."""
    return request.headers.get("HX-Request") == "true"
