"""The site's own files, read, joined, compressed and named by their content once, at start.

The style sheets and scripts of `static/` are joined in the order of their names into `site.css` and `site.js`; htmx
comes from the package that carries it. A name changes with its content, so that a copy may be kept for a year.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from petition_app.web.security_headers import security_headers

PREFIX = "/static/"
CACHE_CONTROL = "public, max-age=31536000, immutable"
COMPRESSED = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")


@dataclass(frozen=True)
class StaticFile:
    """One file, ready to be sent: its bytes and headers, plain and compressed."""

    path: str
    etag: str
    body: bytes
    headers: list[tuple[str, str]]
    gzip_body: bytes | None
    gzip_headers: list[tuple[str, str]]


class StaticFiles:
    """All static files by their addresses. `url("site.css")` gives the address of a file by its plain name."""

    def __init__(self, folder: Path, site_url: str) -> None:
        self._security = security_headers(site_url)
        self._urls: dict[str, str] = {}
        self.by_path: dict[str, StaticFile] = {}
        for name, content in _contents(folder).items():
            self._add(name, content)

    def url(self, name: str) -> str:
        """The address of a file, as `/static/site.3f2a9c6b1d04.css`. Raises KeyError for one that is not there."""
        return self._urls[name]

    def _add(self, name: str, content: bytes) -> None:
        digest = hashlib.sha256(content).hexdigest()
        stem, dot, ending = name.rpartition(".")
        path = f"{PREFIX}{stem}.{digest[:12]}{dot}{ending}"
        kind = _content_type(name)
        packed = gzip.compress(content, 9, mtime=0) if kind.startswith(COMPRESSED) else None
        if packed is not None and len(packed) >= len(content):
            packed = None
        etag = f'"{digest[:32]}"'
        self._urls[name] = path
        self.by_path[path] = StaticFile(
            path=path,
            etag=etag,
            body=content,
            headers=self._headers(kind, etag, len(content), packed is not None),
            gzip_body=packed,
            gzip_headers=[
                *self._headers(kind, f'{etag[:-1]}-gz"', len(packed or b""), True),
                ("Content-Encoding", "gzip"),
            ],
        )

    def _headers(self, kind: str, etag: str, length: int, varies: bool) -> list[tuple[str, str]]:
        return [
            ("Content-Type", kind),
            ("Content-Length", str(length)),
            ("Cache-Control", CACHE_CONTROL),
            ("ETag", etag),
            *([("Vary", "Accept-Encoding")] if varies else []),
            *self._security,
        ]


def _contents(folder: Path) -> dict[str, bytes]:
    """What there is to serve, by plain name."""
    found = {
        "site.css": _lean_css("\n".join(p.read_text("utf-8") for p in sorted((folder / "css").glob("*.css")))),
        "site.js": "\n".join(p.read_text("utf-8") for p in sorted((folder / "js").glob("*.js"))).encode(),
        "htmx.js": _htmx(),
    }
    for path in sorted((folder / "img").glob("*")):
        if path.is_file() and not path.name.startswith("."):
            found[path.name] = path.read_bytes()
    return found


def _htmx() -> bytes:
    file = importlib.resources.files("django_htmx") / "static" / "django_htmx" / "htmx-2.min.js"
    try:
        return file.read_bytes()
    except OSError as error:
        raise RuntimeError(
            "The package django-htmx does not carry htmx-2.min.js: install the version that requirements.txt names."
        ) from error


def _lean_css(text: str) -> bytes:
    """Without comments, indentation and empty lines; strings are left as they are."""
    parts = re.split(r'("(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\')', re.sub(r"/\*.*?\*/", "", text, flags=re.S))
    lean = [part if index % 2 else re.sub(r"\s*\n\s*", "\n", part) for index, part in enumerate(parts)]
    return "".join(lean).strip().encode()


def _content_type(name: str) -> str:
    if name.endswith(".webmanifest"):
        return "application/manifest+json"
    if name.endswith(".js"):
        return "text/javascript; charset=utf-8"
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
