"""A petition's Markdown as data for the typesetter: what it may contain is what the public page shows, and no more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from markdown_it.token import Token

from petition_app.i18n.locales import babel_locale
from petition_app.petitions.markdown import SCHEMES, paragraph_tokens, tokens_of

Block = list[Any]
_INLINE = {"em_open": "em", "strong_open": "strong"}


def blocks_of(markdown: str, borrowed: Collection[int] = (), locale: str = "") -> list[Block]:
    """Pairs of a kind and its content, as `pages.typ` reads them.

    The paragraphs at the places `borrowed` are in another language than the rest: `locale`.
    """
    tokens = tokens_of(markdown)
    foreign = [token for place, token in enumerate(paragraph_tokens(tokens)) if place in borrowed]
    return _Reader(tokens, foreign, locale).blocks()


class _Reader:
    def __init__(self, tokens: list[Token], foreign: list[Token], locale: str) -> None:
        self._tokens, self._at = tokens, 0
        self._foreign, self._locale = {id(token) for token in foreign}, locale

    def blocks(self, until: str = "") -> list[Block]:
        found: list[Block] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.type == until:
                return found
            if (block := self._block(token)) is not None:
                found.append(self._in_language(token, [block])[0])
        return found

    def _in_language(self, token: Token, some: list[Block]) -> list[Block]:
        """What begins with this token, marked as being in the other language where it is."""
        if id(token) not in self._foreign:
            return some
        locale = babel_locale(self._locale)
        return [["in", [locale.language, locale.text_direction, some]]]

    def _block(self, token: Token) -> Block | None:
        if token.type == "heading_open":
            return [token.tag, self._content("heading_close")]
        if token.type == "paragraph_open":
            return ["p", self._content("paragraph_close")]
        if token.type == "bullet_list_open":
            return ["ul", self._items("bullet_list_close")]
        if token.type == "ordered_list_open":
            return ["ol", [int(token.attrGet("start") or 1), self._items("ordered_list_close")]]
        if token.type == "blockquote_open":
            return ["quote", self.blocks("blockquote_close")]
        if token.type in ("fence", "code_block"):
            return ["pre", token.content]
        return ["hr", ""] if token.type == "hr" else None

    def _items(self, until: str) -> list[list[Block]]:
        items = []
        while self._at < len(self._tokens) and self._tokens[self._at].type != until:
            item = self._tokens[self._at]
            self._at += 1  # the item's beginning
            items.append(self._in_language(item, self.blocks("list_item_close")))
        self._at += 1
        return items

    def _content(self, until: str) -> list[Block]:
        found: list[Block] = []
        while self._at < len(self._tokens) and self._tokens[self._at].type != until:
            found += inline_of(self._tokens[self._at].children or [])
            self._at += 1
        self._at += 1
        return found


def inline_of(tokens: list[Token]) -> list[Block]:
    """Words, with their emphasis and links."""
    root: list[Block] = []
    open_ones: list[list[Block]] = [root]
    for token in tokens:
        here = open_ones[-1]
        if token.type in _INLINE:
            here.append([_INLINE[token.type], []])
            open_ones.append(here[-1][1])
        elif token.type == "link_open":
            address = str(token.attrGet("href") or "")
            is_good = address.partition(":")[0] in SCHEMES
            here.append(["link", [address, []]] if is_good else ["em", []])
            open_ones.append(here[-1][1][1] if is_good else here[-1][1])
        elif token.type in ("em_close", "strong_close", "link_close"):
            open_ones.pop()
        elif token.type == "code_inline":
            here.append(["code", token.content])
        elif token.type in ("softbreak", "hardbreak"):
            here.append(["text", " "] if token.type == "softbreak" else ["break", ""])
        elif token.type == "image" or token.content:
            here.append(["text", token.content])
    return root
