"""A petition's Markdown as HTML that is safe to show, and as plain text."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Collection, Iterator

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from petition_app.i18n.locales import babel_locale

TAGS = {"h2", "h3", "h4", "p", "ul", "ol", "li", "em", "strong", "a", "blockquote", "hr", "br", "code", "pre"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "*": {"lang", "dir"}}
_WITH_PLACES = {**ATTRIBUTES, "*": {*ATTRIBUTES["*"], "id"}}  # Markdown without HTML has no other ids than ours
SCHEMES = {"http", "https", "mailto"}

_parser = MarkdownIt("commonmark", {"html": False, "typographer": False})


@functools.lru_cache(maxsize=256)
def render(markdown: str, borrowed: tuple[int, ...] = (), locale: str = "", *, has_places: bool = False) -> Markup:
    """The same as `to_html`, kept: for what many readers are shown."""
    return to_html(markdown, borrowed, locale, has_places=has_places)


def to_html(markdown: str, borrowed: Collection[int] = (), locale: str = "", *, has_places: bool = False) -> Markup:
    """HTML of a small set of elements, its headings from h2 on: the page's h1 is the petition's title.

    The paragraphs at the places `borrowed` are in another language than the rest: `locale`. With `has_places`, each
    paragraph can be linked to, by a name that is the same in every language: `text-9` is the ninth.
    """
    tokens = tokens_of(markdown)
    for place, token in enumerate(paragraph_tokens(tokens) if borrowed or has_places else ()):
        if has_places:
            token.attrSet("id", f"text-{place + 1}")
        if place in borrowed:
            token.attrSet("lang", locale.replace("_", "-"))
            token.attrSet("dir", babel_locale(locale).text_direction)
    raw = _parser.renderer.render(tokens, _parser.options, {})
    clean = nh3.clean(
        raw,
        tags=TAGS,
        attributes=_WITH_PLACES if has_places else ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(clean.replace("&nbsp;", "\u00a0"))  # noqa: S704  # cleaned in the line above


def tokens_of(markdown: str) -> list[Token]:
    """What the text is made of, its headings from the second level on."""
    tokens = raw_tokens_of(markdown)
    _lower_headings(tokens)
    return tokens


def raw_tokens_of(markdown: str) -> list[Token]:
    """The same with its headings as they were written."""
    return _parser.parse(markdown)


_PARAGRAPHS = ("paragraph_open", "heading_open", "blockquote_open", "fence", "code_block")


def paragraph_tokens(tokens: list[Token]) -> Iterator[Token]:
    """Where each paragraph begins: what stands on its own, and each item of a list that does."""
    for token in tokens:
        # An item of a list in a quotation, or in another item, lies deeper, and is a part of that.
        if (token.level == 0 and token.type in _PARAGRAPHS) or (token.level == 1 and token.type == "list_item_open"):
            yield token


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


def readable(markdown: str) -> str:
    """The text as a mail without HTML shows it: paragraphs and items on lines of their own, links spelled out."""
    blocks: list[str] = []
    marks: list[str] = []  # of the lists that are open: a dash, or the number of the next item
    for token in _parser.parse(markdown):
        if token.type == "inline":
            blocks.append(_marked(_spelled_out(token.children or []), marks))
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content.rstrip())
        elif token.type == "hr":
            blocks.append("* * *")
        elif token.type == "bullet_list_open":
            marks.append("-")
        elif token.type == "ordered_list_open":
            marks.append(f"{token.attrs.get('start', 1)}.")
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            marks.pop()
        elif token.type == "list_item_close" and marks[-1] != "-":
            marks[-1] = f"{int(marks[-1].removesuffix('.')) + 1}."
    return "\n\n".join(blocks)


def _marked(text: str, marks: list[str]) -> str:
    if not marks:
        return text
    indent = "  " * (len(marks) - 1) + f"{marks[-1]} "
    return indent + text.replace("\n", "\n" + " " * len(indent))


def _spelled_out(parts: list[Token]) -> str:
    said, links = "", list[str]()
    for part in parts:
        if part.type == "link_open":
            links.append(str(part.attrs.get("href", "")))
        elif part.type == "link_close":
            address = links.pop()
            said += "" if said.endswith(address) else f" ({address})"
        elif part.type in ("softbreak", "hardbreak"):
            said += " " if part.type == "softbreak" else "\n"
        else:
            said += part.content
    return said


def _lower_headings(tokens: list[Token]) -> None:
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    shift = 2 - min(levels, default=2)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(max(int(token.tag[1]) + shift, 2), 4)}"
