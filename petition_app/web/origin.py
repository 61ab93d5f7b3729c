"""Whether a form was sent from our own pages: what a cookie-less site checks in place of a CSRF token.

The browser tells it: by `Sec-Fetch-Site` (Fetch Metadata), and where it is too old for that, by `Origin`. A client
that sends neither is no browser that somebody's page could misuse.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Request, current_app, request
from werkzeug.exceptions import Forbidden

from petition_app.web import refusals

P = ParamSpec("P")
R = TypeVar("R")

DEFAULT_PORTS = {"http": 80, "https": 443}


class ForeignOrigin(Forbidden):
    """The form came from another site's page."""

    description = "This form was not sent from a page of this site, so nothing was taken."


def require_same_origin(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse a view to forms from other sites (ForeignOrigin, 403). On a route with a token, that is the credential."""

    @functools.wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        token_route = "token" in (request.view_args or {})
        if not is_same_origin(request, current_app.config["SITE_URL"], token_route=token_route):
            refusals.note("origin")
            raise ForeignOrigin
        return view(*args, **kwargs)

    return checked


def is_same_origin(sent: Request, site_url: str, *, token_route: bool) -> bool:
    """`Sec-Fetch-Site` decides where present; else `Origin` must be the site's or the request's Host; neither passes.

    `Origin: null` is what a browser sends from a page with `Referrer-Policy: no-referrer`, as those with a token are.
    """
    fetch_site = sent.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site.strip().lower() in ("same-origin", "none")
    origin = sent.headers.get("Origin")
    if origin is None:
        return True
    if origin.strip().lower() == "null":
        return token_route
    place = _place(origin)
    # The schemes are not compared: behind a proxy that ends TLS, this process may take itself to be on http.
    return place is not None and place in (_place(site_url), _place(f"//{sent.headers.get('Host', '')}"))


def _place(url: str) -> tuple[str, int | None] | None:
    """Host and port (None for the scheme's own); None for what is not the address of a web site."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", "") or not host or "@" in parts.netloc or parts.path.strip("/"):
        return None
    own_ports = (DEFAULT_PORTS[parts.scheme],) if parts.scheme else tuple(DEFAULT_PORTS.values())
    return host.rstrip("."), None if port in own_ports else port
