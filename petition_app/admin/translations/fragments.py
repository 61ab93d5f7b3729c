"""A part of a page that htmx asks for, put into the page where htmx would put it."""

from __future__ import annotations

from html.parser import HTMLParser

from petition_app.admin.translations.marked import VOID


def put_in(page: str, part: str, name: str) -> str:
    """The page with the part in the element of this id; in its place, where the part has an element of that id.

    Raises LookupError where the page has no such element.
    """
    found = _Finder(page, name)
    found.feed(page)
    if found.inner is None or found.outer is None:
        raise LookupError(f"the page has no #{name}")
    start, end = found.outer if f'id="{name}"' in part else found.inner
    return page[:start] + part + page[end:]


class _Finder(HTMLParser):
    """Where an element of an id begins and ends, with its tags and without."""

    def __init__(self, page: str, name: str) -> None:
        super().__init__(convert_charrefs=False)
        self._name = name
        self._lines = [0]
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._open: list[str] = []
        self._begun: tuple[int, int, int] | None = None  # how deep; where the tag begins, and where it ends
        self.outer: tuple[int, int] | None = None
        self.inner: tuple[int, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        self._open.append(tag)
        if self._begun is None and dict(attrs).get("id") == self._name:
            at = self._place()
            self._begun = len(self._open), at, at + len(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without contents."""

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open and self._open.pop() != tag:
            pass
        if self._begun is not None and self.outer is None and len(self._open) < self._begun[0]:
            _depth, start, end = self._begun
            at = self._place()
            self.outer, self.inner = (start, at + len(f"</{tag}>")), (end, at)

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
