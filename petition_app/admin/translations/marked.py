"""A page whose texts are marked, made one in which each text can be pointed at.

Every mark (i18n/marking.py) becomes an element around its text; one in an attribute, or where no element may stand,
becomes an attribute of the element it stands in. The page's own scripts go, its links lead to where the same page is
seen here, and its forms to what they answer with.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser

from petition_app.i18n.marking import CLOSE, MARK, key_in, keys_in, unmarked

# An element of no meaning, which no style sheet of the pages knows.
ELEMENT = "x-text"
ATTRIBUTE = "data-texts"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# In these stands text alone.
TEXT_ONLY = {"title", "textarea", "option", "style", "script"}

Lead = Callable[[str, str], str]  # a method and an address of the page, to where it leads here; "" for nowhere


@dataclass
class MarkedPage:
    """The page, and the keys of its messages in the order that they are met."""

    html: str
    keys: list[str] = field(default_factory=list)


def pointable(html: str, lead: Lead, head: str = "", shown: str = "") -> MarkedPage:
    """`head` is put at the end of the page's own head; the first text of the message `shown` is marked as that."""
    writer = _Writer(lead, head, shown)
    writer.feed(html)
    writer.close()
    return MarkedPage(writer.written(), list(dict.fromkeys(keys_in(html))))


class _Writer(HTMLParser):
    """Writes what it reads as it was, but for the marks, the scripts and the links."""

    def __init__(self, lead: Lead, head: str, shown: str) -> None:
        super().__init__(convert_charrefs=False)
        self._lead, self._head, self._shown = lead, head, shown
        self._chunks: list[str] = []
        # Open elements: the name, and where their tag stands among the chunks.
        self._elements: list[tuple[str, int]] = []
        # Open marks: the key, the chunk that is kept free for its element, and how deep it was opened.
        self._marks: list[tuple[str, int, int]] = []
        self._texts_of: dict[int, list[str]] = {}

    def written(self) -> str:
        self._give_up_marks(0)
        for place, keys in self._texts_of.items():
            self._chunks[place] = self._with_texts(self._chunks[place], keys)
        return "".join(self._chunks)

    def handle_decl(self, decl: str) -> None:
        self._chunks.append(f"<!{decl}>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or ""
        self._chunks.append(self._led(tag, unmarked(raw), attrs))
        place = len(self._chunks) - 1
        if keys := keys_in(raw):
            self._texts_of.setdefault(place, []).extend(keys)
        if tag not in VOID and not raw.endswith("/>"):
            self._elements.append((tag, place))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            self._chunks.append(self._head)
        if any(name == tag for name, _place in self._elements):
            while self._elements[-1][0] != tag:
                self._elements.pop()
            self._give_up_marks(len(self._elements))
            _name, place = self._elements.pop()
            if tag == "script":
                self._chunks[place:] = [""] * (len(self._chunks) - place)
                self._texts_of.pop(place, None)
                return
        self._chunks.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._takes_elements():
            self._texts_of.setdefault(self._elements[-1][1], []).extend(keys_in(data))
            self._chunks.append(unmarked(data))
            return
        end = 0
        for found in MARK.finditer(data):
            self._chunks.append(data[end : found.start()])
            end = found.end()
            if found[0] == CLOSE:
                self._close_mark()
            else:
                self._chunks.append("")
                self._marks.append((key_in(found[1]), len(self._chunks) - 1, len(self._elements)))
        self._chunks.append(unmarked(data[end:]))

    def handle_entityref(self, name: str) -> None:
        self._chunks.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._chunks.append(f"&#{name};")

    def _takes_elements(self) -> bool:
        names = [name for name, _place in self._elements]
        return not names or (names[-1] not in TEXT_ONLY and "svg" not in names)

    def _close_mark(self) -> None:
        if not self._marks:
            return
        key, place, depth = self._marks.pop()
        if depth != len(self._elements):
            self._mark_parent(key, depth)
            return
        is_shown = key == self._shown
        if is_shown:
            self._shown = ""
        self._chunks[place] = f'<{ELEMENT} {ATTRIBUTE}="{key}"{_SHOWN if is_shown else ""}>'
        self._chunks.append(f"</{ELEMENT}>")

    def _give_up_marks(self, depth: int) -> None:
        """Those that were opened in the element that ends here will not be closed in it any more."""
        while self._marks and self._marks[-1][2] >= depth:
            key, _place, opened = self._marks.pop()
            self._mark_parent(key, opened)

    def _mark_parent(self, key: str, depth: int) -> None:
        if self._elements:
            self._texts_of.setdefault(self._elements[max(0, depth - 1)][1], []).append(key)

    def _with_texts(self, tag: str, keys: list[str]) -> str:
        known = " ".join(dict.fromkeys(keys))
        more = f' {ATTRIBUTE}="{known}"'
        if self._shown and self._shown in keys:
            more, self._shown = more + _SHOWN, ""
        return re.sub(r"\s*(/?)>$", lambda end: f"{more}{end[1]}>", tag) if tag and keys else tag

    def _led(self, tag: str, raw: str, attrs: list[tuple[str, str | None]]) -> str:
        """The tag with its address as it is here. What the browser would fetch by itself stays as it is."""
        if tag not in ("a", "form"):
            return raw
        name = "href" if tag == "a" else "action"
        values = dict(attrs)
        address = unescape(values.get(name) or "")
        if not address or address.startswith("#"):
            return raw
        method = "GET" if tag == "a" else (values.get("method") or "GET").upper()
        led = self._lead(method, address)
        raw = re.sub(r'\smethod="[^"]*"', "", raw) if tag == "form" else raw
        new = f' {name}="{escape(led)}"' if led else ""
        return re.sub(rf'\s{name}="[^"]*"', lambda _found: new, raw, count=1)


_SHOWN = " data-shown"
