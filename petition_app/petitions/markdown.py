"""A petition's Markdown as HTML that is safe to show, and as plain text."""

from __future__ import annotations

import functools
import html
import re

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

TAGS = {"h2", "h3", "h4", "p", "ul", "ol", "li", "em", "strong", "a", "blockquote", "hr", "br", "code", "pre"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}

_parser = MarkdownIt("commonmark", {"html": False, "typographer": False})


@functools.lru_cache(maxsize=256)
def render(markdown: str) -> Markup:
    """The same as `to_html`, kept: for what many readers are shown."""
    return to_html(markdown)


def to_html(markdown: str) -> Markup:
    """HTML of a small set of elements, its headings from h2 on: the page's h1 is the petition's title."""
    tokens = tokens_of(markdown)
    raw = _parser.renderer.render(tokens, _parser.options, {})
    clean = nh3.clean(
        raw, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow"
    )
    return Markup(clean.replace("&nbsp;", "\u00a0"))  # noqa: S704  # cleaned in the line above


def tokens_of(markdown: str) -> list[Token]:
    """What the text is made of, its headings from the second level on."""
    tokens = _parser.parse(markdown)
    _lower_headings(tokens)
    return tokens


def numbered_items(markdown: str) -> list[str]:
    """What the text numbers, as plain lines: the items of its numbered lists that stand in no other list."""
    found, depth = [], 0
    for token in tokens_of(markdown):
        if token.type in ("ordered_list_open", "bullet_list_open"):
            depth += 1
            numbered = token.type == "ordered_list_open" if depth == 1 else False
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            depth -= 1
        elif token.type == "list_item_open" and depth == 1 and numbered:
            found.append("")
        elif token.type == "inline" and depth == 1 and numbered and found and not found[-1]:
            found[-1] = plain(token.content)
    return [item for item in found if item]


def plain(markdown: str) -> str:
    """The text alone, on one line, for descriptions and mails."""
    text = html.unescape(re.sub(r"<[^>]*>", "", str(render(markdown))))
    return re.sub(r"[ \n]+", " ", text).strip()


def _lower_headings(tokens: list[Token]) -> None:
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    shift = 2 - min(levels, default=2)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(max(int(token.tag[1]) + shift, 2), 4)}"
