"""Whether a form was sent from our own pages: what a cookie-less site checks in place of a CSRF token.

The browser tells it: by `Sec-Fetch-Site` (Fetch Metadata), and where it is too old for that, by `Origin`. A client
that sends neither is no browser that somebody's page could misuse.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Request, request
from werkzeug.exceptions import Forbidden

from petition_app.web.site import settings

P = ParamSpec("P")
R = TypeVar("R")


class ForeignOrigin(Forbidden):
    """The form came from another site's page."""


def require_same_origin(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse a view to forms from other sites. On a route with a token, the token is the credential."""

    @functools.wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        token_route = "token" in (request.view_args or {})
        if not is_same_origin(request, settings().site_url, token_route=token_route):
            raise ForeignOrigin
        return view(*args, **kwargs)

    return checked


def is_same_origin(sent: Request, site_url: str, *, token_route: bool) -> bool:
    """`Sec-Fetch-Site` decides where present; else `Origin` must be the site's or the request's own; neither passes."""
    fetch_site = sent.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site.strip().lower() in ("same-origin", "none")
    origin = sent.headers.get("Origin")
    if origin is None:
        return True
    if origin.strip().lower() == "null":
        return token_route
    place = _place(origin)
    return place is not None and place in (_place(site_url), _place(f"{sent.scheme}://{sent.host}"))


def _place(url: str) -> tuple[str, int] | None:
    """Host and port, the scheme's own where none is named; None for what is no web origin."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return parts.hostname.rstrip("."), port or (443 if parts.scheme == "https" else 80)
