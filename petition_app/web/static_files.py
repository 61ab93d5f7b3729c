"""The site's own files, read, joined, compressed and named by their content once, at start.

The style sheets and scripts of `static/` are joined in the order of their names into `site.css` and `site.js`, those of
a folder in there into one of the folder's name (`admin.css`), which readers never load; htmx comes from the package
that carries it. A name changes with its content, so that a copy may be kept for a year.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import re
from pathlib import Path

from petition_app.web.representation import Header, Representation, represent
from petition_app.web.security_headers import security_headers

PREFIX = "/static/"
CACHE_CONTROL = "public, max-age=31536000, immutable"
GZIP_LEVEL = 9
# Written down here: what the machine's own table says differs from one to the next.
CONTENT_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8",
    "webmanifest": "application/manifest+json; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
    "gif": "image/gif",
    "ico": "image/x-icon",
}


class StaticFiles:
    """All static files by their addresses, ready for the page layer to send."""

    def __init__(self, folder: Path, site_url: str) -> None:
        """Read everything. Raises RuntimeError for a folder or a package that is not there, or an unknown file type."""
        self._security = security_headers(site_url)
        self._urls: dict[str, str] = {}
        self.by_path: dict[str, Representation] = {}
        for name, content in _contents(folder).items():
            self._add(name, content)

    def url(self, name: str) -> str:
        """The address of a file, as `/static/site.3f2a9c6b1d04.css`. Raises KeyError for one that is not there."""
        return self._urls[name]

    def _add(self, name: str, content: bytes) -> None:
        stem, dot, ending = name.rpartition(".")
        kind = CONTENT_TYPES.get(ending.lower())
        if kind is None:
            raise RuntimeError(f"static/{name}: no content type is known for this kind of file")
        path = f"{PREFIX}{stem}.{hashlib.sha256(content).hexdigest()[:12]}{dot}{ending}"
        headers = (("Content-Type", kind), ("Cache-Control", CACHE_CONTROL), *self._security)
        self._urls[name] = path
        self.by_path[path] = _represented(content, headers)


# A process may make several applications (the sample site of translators is one, each test makes its own): what takes
# long is done once for the same bytes.
@functools.lru_cache(maxsize=64)
def _represented(content: bytes, headers: tuple[Header, ...]) -> Representation:
    return represent(content, list(headers), level=GZIP_LEVEL)


def _contents(folder: Path) -> dict[str, bytes]:
    """What there is to serve, by plain name."""
    if not folder.is_dir():
        raise RuntimeError(f"The folder of static files is missing: {folder}")
    found = {"site.css": _styles(folder / "css"), "site.js": _scripts(folder / "js"), "htmx.js": _htmx()}
    found |= {f"{part.name}.css": _styles(part) for part in _folders(folder / "css")}
    found |= {f"{part.name}.js": _scripts(part) for part in _folders(folder / "js")}
    for path in sorted((folder / "img").glob("*")):
        if path.is_file() and not path.name.startswith("."):
            found[path.name] = path.read_bytes()
    return found


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_dir() and not path.name.startswith("."))


def _styles(folder: Path) -> bytes:
    return _lean_css("\n".join(path.read_text("utf-8-sig") for path in sorted(folder.glob("*.css"))))


def _scripts(folder: Path) -> bytes:
    # The semicolon keeps a file that ends without one from running into the next.
    return "\n;\n".join(path.read_text("utf-8-sig") for path in sorted(folder.glob("*.js"))).encode()


def _htmx() -> bytes:
    try:
        return (importlib.resources.files("django_htmx") / "static" / "django_htmx" / "htmx-2.min.js").read_bytes()
    except (ImportError, OSError) as error:
        raise RuntimeError(
            "htmx-2.min.js of the package django-htmx is missing: install what requirements.txt names."
        ) from error


_STRING_COMMENT_OR_BREAK = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<comment>\s*/\*.*?\*/\s*)|\s*\n\s*""", re.DOTALL
)


@functools.lru_cache(maxsize=8)
def _lean_css(text: str) -> bytes:
    """Without comments, indentation and empty lines; strings are left as they are."""

    def lean(found: re.Match[str]) -> str:
        if found["string"]:
            return found["string"]
        if found["comment"]:
            return _instead_of_comment(found["comment"])
        return "\n"

    return re.sub(r"\n+", "\n", _STRING_COMMENT_OR_BREAK.sub(lean, text)).strip().encode()


def _instead_of_comment(comment: str) -> str:
    """The space around it; without any, an empty comment, which keeps apart what it kept apart."""
    if "\n" in comment[: comment.index("/*")] + comment[comment.rindex("*/") :]:
        return "\n"
    return " " if comment != comment.strip() else "/**/"
