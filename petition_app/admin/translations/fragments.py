"""A part of a page that htmx asks for, put into the page where htmx would put it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from petition_app.admin.translations.marked import VOID

_OUT_OF_BAND = re.compile(r'<[^<>]*\shx-swap-oob="true"[^<>]*>')
_ID = re.compile(r'\sid="([^"]+)"')


def put_in(page: str, part: str, name: str) -> str:
    """The page with the part in the element of this id; in its place, where the part has an element of that id.

    What the part has for other places of the page goes there. Raises LookupError where the page has no such element.
    """
    for tag in _OUT_OF_BAND.findall(part):
        if other := _ID.search(tag):
            (start, end), _inner = _Finder(part, other[1]).found()
            page, part = _with(page, part[start:end], other[1], is_whole=True), part[:start] + part[end:]
    return _with(page, part, name, is_whole=f'id="{name}"' in part)


def _with(page: str, part: str, name: str, *, is_whole: bool) -> str:
    outer, inner = _Finder(page, name).found()
    start, end = outer if is_whole else inner
    return page[:start] + part + page[end:]


Span = tuple[int, int]


class _Finder(HTMLParser):
    """Where an element of an id begins and ends, with its tags and without."""

    def __init__(self, page: str, name: str) -> None:
        super().__init__(convert_charrefs=False)
        self._page, self._name = page, name
        self._lines = [0]
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._open: list[str] = []
        self._begun: tuple[int, int, int] | None = None  # how deep; where the tag begins, and where it ends
        self._found: tuple[Span, Span] | None = None

    def found(self) -> tuple[Span, Span]:
        """Raises LookupError where there is none."""
        self.feed(self._page)
        if self._found is None:
            raise LookupError(f"there is no #{self._name}")
        return self._found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        is_alone = tag in VOID
        if not is_alone:
            self._open.append(tag)
        if self._begun is None and dict(attrs).get("id") == self._name:
            at = self._place()
            end = at + len(self.get_starttag_text() or "")
            self._begun = len(self._open), at, end
            self._found = ((at, end), (end, end)) if is_alone else None

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of a drawing: nothing is put into it."""

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open and self._open.pop() != tag:
            pass
        if self._begun is not None and self._found is None and len(self._open) < self._begun[0]:
            _depth, start, end = self._begun
            at = self._place()
            self._found = (start, at + len(f"</{tag}>")), (end, at)

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
