"""A petition's Markdown as data for the typesetter: what it may contain is what the public page shows, and no more."""

from __future__ import annotations

from typing import Any

from markdown_it.token import Token

from petition_app.petitions.markdown import SCHEMES, tokens_of

Block = list[Any]
_INLINE = {"em_open": "em", "strong_open": "strong"}


def blocks_of(markdown: str) -> list[Block]:
    """Pairs of a kind and its content, as `pages.typ` reads them."""
    return _Reader(tokens_of(markdown)).blocks()


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._at = tokens, 0

    def blocks(self, until: str = "") -> list[Block]:
        found: list[Block] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.type == until:
                return found
            if (block := self._block(token)) is not None:
                found.append(block)
        return found

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
            self._at += 1  # the item's beginning
            items.append(self.blocks("list_item_close"))
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
