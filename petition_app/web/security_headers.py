"""The headers that keep a page to itself: on every answer, from the page's own to a 304."""

from __future__ import annotations

from flask import Flask, Response

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# What no page of ours asks for. Writing to the clipboard is left on, for "copy link", and passkeys, for the team: both
# are asked for by this very site alone. Only names that browsers know:
# they complain of others in their console.
_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "picture-in-picture",
        "screen-wake-lock",
        "usb",
        "xr-spatial-tracking",
    )
)
HSTS_SECONDS = 2 * 365 * 24 * 3600
_PRIVATE = (
    ("Cache-Control", "no-store"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("Referrer-Policy", "no-referrer"),
)


def security_headers(site_url: str, *, private: bool = False) -> list[tuple[str, str]]:
    """The headers of a public answer, or of one person's. HSTS only where the site itself is reached by https."""
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": _PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if site_url.startswith("https:"):
        headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}"
    if private:
        headers.update(_PRIVATE)
    return list(headers.items())


def init_app(app: Flask) -> None:
    """Set them on every answer; a view may have set a stricter one of its own."""
    defaults = [*security_headers(app.config["SITE_URL"]), ("Cache-Control", "no-store")]

    @app.after_request
    def secure(response: Response) -> Response:
        given = {name.lower() for name, _value in response.headers}
        response.headers.extend([header for header in defaults if header[0].lower() not in given])
        return response


def framed(response: Response) -> Response:
    """A page that another one of this site shows in a frame."""
    response.headers["Content-Security-Policy"] = _POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def framing(response: Response) -> Response:
    """A page that shows another one of this site in a frame."""
    response.headers["Content-Security-Policy"] = f"{_POLICY}; frame-src 'self'"
    return response


def private(response: Response) -> Response:
    """One person's page: kept by nobody, indexed by nobody, its address told to nobody."""
    response.headers.update(_PRIVATE)
    return response
