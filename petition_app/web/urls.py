"""Absolute addresses, with or without a request: they begin with the site's own URL, whatever Host was asked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from petition_app.web.site import settings


def absolute(endpoint: str, **values: Any) -> str:
    """The address of an endpoint on this site, as it stands in a mail, a canonical link or a share link."""
    current_app.inject_url_defaults(endpoint, values)
    site = urlsplit(settings().site_url)
    return current_app.url_map.bind(site.netloc, url_scheme=site.scheme).build(endpoint, values, force_external=True)
