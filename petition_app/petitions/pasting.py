"""What was pasted from a page or a word processor, as the Markdown that a petition is written in.

Its formatting is taken over where it says something (headings, lists, bold, links); fonts, colours, tables' lines,
pictures and trackers in links are not. Then the importer's own rules hold: bullets, spaces, Markdown kept as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import nh3

from petition_app.petitions.blocks import find_blocks
from petition_app.petitions.importer import MARKDOWN
from petition_app.petitions.markdown import ATTRIBUTES, SCHEMES, TAGS
from petition_app.petitions.typography import set_spaces

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

LARGEST_PASTE = 500_000  # characters of HTML: a long text with a word processor's formatting
DEEPEST = 100  # elements inside one another; a text has a dozen

_WORDS_BULLET = re.compile(r"^(\s*)(?:\\?[•·‣◦▪●■§]|o(?=[ \u00a0]{2}))[ \u00a0]+", re.M)
_ITEM = re.compile(r"^(?:- |\d{1,3}\. )")
# What campaigns add to links, to know who has followed them.
_TRACKERS = re.compile(r"^(?:utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|igshid|_hsenc|_hsmi)$")
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.I)
_NOT_BOLD = re.compile(r"font-weight\s*:\s*(?:normal|[1-5]00)", re.I)
_ITALIC = re.compile(r"font-style\s*:\s*italic", re.I)


def markdown_of_html(html: str, locale: str) -> str:
    """The Markdown of a piece of HTML from a clipboard, whatever it is; "" where no text is in it."""
    from bs4 import BeautifulSoup
    from markdownify import markdownify

    html = html[:LARGEST_PASTE].encode("utf-8", "replace").decode("utf-8")
    soup = BeautifulSoup(html, "html.parser")
    if _depth(soup) > DEEPEST:
        return tidy(soup.get_text("\n"), locale)
    _say_by_elements(soup)
    clean = nh3.clean(
        str(soup),
        tags=TAGS | {"h1", "h5", "h6", "b", "i"},
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel=None,
        clean_content_tags={"script", "style", "title", "head", "template", "svg", "math"},
    )
    text = markdownify(clean, heading_style="atx", bullets="-", strong_em_symbol="*", wrap=False, autolinks=False)
    return set_spaces(_in_order(text), locale)


def tidy(text: str, locale: str) -> str:
    """Plain text as it was pasted: wrapped lines joined, bullets and numbers made lists. Markdown stays Markdown."""
    lines = [(number, line.rstrip()) for number, line in enumerate(text.splitlines(), 1)]
    if MARKDOWN.search(text):
        return set_spaces(_in_order(text), locale)
    return set_spaces("\n\n".join(block.markdown() for block in find_blocks(lines)), locale)


def _depth(soup: BeautifulSoup) -> int:
    deepest, level = 0, [child for child in soup.children if getattr(child, "children", None) is not None]
    while level and deepest <= DEEPEST:
        deepest += 1
        level = [
            child
            for element in level
            for child in getattr(element, "children", ())
            if getattr(child, "children", None) is not None
        ]
    return deepest


def _say_by_elements(soup: BeautifulSoup) -> None:
    """What a word processor says by style is said by elements; what it says by mistake is not said."""
    for element in soup.find_all(True):
        style = str(element.get("style") or "")
        if element.name in ("b", "strong") and _NOT_BOLD.search(style):
            element.unwrap()
        elif element.name == "span" and _BOLD.search(style):
            element.name = "strong"
        elif element.name == "span" and _ITALIC.search(style):
            element.name = "em"
        elif element.name == "a" and element.get("href"):
            element["href"] = _untracked(str(element["href"]))


def _untracked(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKERS.match(pair[0])]
    return url if not parts.query else urlunsplit(parts._replace(query=urlencode(kept)))


def _in_order(text: str) -> str:
    """Word's bullets as Markdown's, the items of a list in a row, one empty line between all else."""
    text = _WORDS_BULLET.sub(r"\1- ", text.replace("\r\n", "\n"))
    text = re.sub(r"^(\s*\d{1,3})[.)]\u00a0[ \u00a0]*", r"\1. ", text, flags=re.M)
    lines = [line.rstrip() for line in text.split("\n")]
    kept: list[str] = []
    for place, line in enumerate(lines):
        if line or not kept or (kept[-1] and not _is_between_items(kept[-1], lines[place + 1 :])):
            kept.append(line)
    return "\n".join(kept).strip()


def _is_between_items(before: str, rest: list[str]) -> bool:
    after = next((line for line in rest if line), "")
    return bool(_ITEM.match(before) and _ITEM.match(after)) and _ITEM.match(before)[0][0].isdigit() == (  # type: ignore[index]  # matched
        after[0].isdigit()
    )
