"""A test client that proves every page that it visits well-formed, private where it must be, and free of cookies."""

from __future__ import annotations

import re
from hashlib import blake2b
from html.parser import HTMLParser
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petition_app.extensions import db

# What a form's token is, in a page that is right otherwise.
_TOKEN = re.compile(r'(?<=name="csrf_token" value=")[\w.-]+(?=")')
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# SVG's own empty elements are closed by “/>”, which the parser reports as start and end.
_right: set[tuple[bool, bytes]] = set()


class Visitor(FlaskClient):
    """Reads each HTML answer as a strict reader would; the test fails at the first page that is not right."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # A context of its own, as on a server: nothing that one request keeps is there for the next.
        with self.application.app_context():
            # Read to its end and closed, as a server does: a file that is sent keeps one of few places until then.
            response = super().open(*args, **{"buffered": True, **kwargs})
        if has_app_context():  # what the test has loaded is read anew
            db.session.rollback()
            db.session.expire_all()
        assert "Set-Cookie" not in response.headers, "a public page set a cookie"
        check_answer(response)
        return response


def check_answer(response: TestResponse) -> None:
    """What holds for every answer of the site, whoever asks."""
    assert response.headers.get("X-Content-Type-Options") == "nosniff"
    policy = response.headers.get("Content-Security-Policy", "")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    # What leads elsewhere has a page by Werkzeug, which no browser shows.
    if response.mimetype == "text/html" and not response.location and response.data:
        _check_once(response.get_data(as_text=True), whole=not is_fragment(response))


def is_fragment(response: TestResponse) -> bool:
    return not response.get_data(as_text=True).lstrip().lower().startswith("<!doctype")


def _check_once(html: str, *, whole: bool) -> None:
    """A page that differs in its token alone from one that was right is as right."""
    known = whole, blake2b(_TOKEN.sub("", html).encode("utf-8", "surrogatepass"), digest_size=16).digest()
    if known not in _right:
        check_page(html, whole=whole)
        _right.add(known)


def check_page(html: str, *, whole: bool = True) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    page.check(whole)
    return page


class Page(HTMLParser):
    """What a page is made of, as far as its rules go."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.open_tags: list[str] = []
        self.problems: list[str] = []
        self.fields: list[dict[str, str]] = []
        self.labels: set[str] = set()
        self.lang = self.title = ""
        self.headings: list[str] = []

    def updatepos(self, i: int, j: int) -> int:
        """Nobody asks for lines and columns: they are not counted."""
        return j

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, dict(attrs))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, dict(attrs))
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open_tags or self.open_tags[-1] != tag:
            self.problems.append(f"</{tag}> closes {self.open_tags[-3:]}")
        else:
            self.open_tags.pop()

    def handle_data(self, data: str) -> None:
        if self.open_tags[-1:] == ["title"] and "svg" not in self.open_tags:
            self.title += data

    def _element(self, tag: str, found: dict[str, str | None]) -> None:
        attrs = {name: value or "" for name, value in found.items()}
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "html":
            self.lang = attrs.get("lang", "")
        if tag == "label":
            self.labels.add(attrs.get("for", ""))
        if tag in ("input", "select", "textarea") and attrs.get("type") != "hidden":
            self.fields.append(attrs)
        if tag == "script" and not attrs.get("src") and attrs.get("type") != "application/ld+json":
            self.problems.append("an inline script")
        if tag == "style" or "style" in attrs:
            self.problems.append(f"an inline style on <{tag}>")
        self.problems += [f"<{tag} {name}>" for name in attrs if name.startswith(("on", "hx-on"))]
        if tag == "img" and "alt" not in attrs:
            self.problems.append("an image without alternative text")
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(tag)

    def check(self, whole: bool) -> None:
        doubles = {i for i in self.ids if self.ids.count(i) > 1}
        assert not doubles, f"ids twice: {doubles}"
        assert not self.problems, self.problems
        assert not self.open_tags, f"left open: {self.open_tags}"
        for field in self.fields:
            named = field.get("id") in self.labels or field.get("aria-label") or field.get("aria-labelledby")
            assert named, f"a field without a label: {field}"
        if whole:
            assert self.lang, "a page without lang"
            assert self.title.strip(), "a page without a title"
            assert self.headings.count("h1") == 1 or "h1" not in self.headings, "more than one h1"
