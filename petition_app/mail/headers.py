"""The headers of mails. Reading one and folding it takes the package longer than sending a mail does, so what comes
again in many mails is read once and folded once."""

from __future__ import annotations

import functools
import re
from email import policy
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.policy import Policy
from typing import Any


class _Folded(BaseHeader):
    """A header that is folded the first time it is written, for each way to write it."""

    def fold(self, *, policy: Policy[Any]) -> str:
        way = (policy.linesep, policy.max_line_length, policy.cte_type, getattr(policy, "utf8", False))
        known: dict[object, str] = self.__dict__.setdefault("_folded", {})
        if way not in known:
            known[way] = self._fold(policy)
        return known[way]

    def _fold(self, policy: Policy[Any]) -> str:
        """What needs neither folding nor encoding is not parsed to find that out."""
        line = f"{self.name}: {self}"
        if len(line) <= (policy.max_line_length or 78) and _PLAIN.fullmatch(line):
            return line + policy.linesep
        if not getattr(policy, "utf8", False) and (words := _encoded(self, policy)):
            return words + policy.linesep
        return super().fold(policy=policy)


def _encoded(header: BaseHeader, policy: Policy[Any]) -> str:
    """A header of words beyond ASCII as one run of encoded words (RFC 2047), "" where it is none.

    The package encodes some words and leaves others, and loses spaces in between (Python 3.11): of long titles in
    Arabic, every fourth was read with two words in one.
    """
    if str(header).isascii():
        return ""
    longest = policy.max_line_length or 78
    if isinstance(header, UnstructuredHeader):
        return f"{header.name}: {_encoded_words(str(header), header.name, longest, policy.linesep)}"
    addresses: tuple[Address, ...] = getattr(header, "addresses", ())
    if len(addresses) != 1 or not addresses[0].addr_spec.isascii():
        return ""
    phrase = f"{header.name}: {_encoded_words(addresses[0].display_name, header.name, longest, policy.linesep)}"
    address = f" <{addresses[0].addr_spec}>"
    fits = len(phrase.rpartition(policy.linesep)[2]) + len(address) <= longest
    return phrase + address if fits else phrase + policy.linesep + address


def _encoded_words(text: str, name: str, longest: int, linesep: str) -> str:
    return Header(text, "utf-8", maxlinelen=longest, header_name=name).encode(linesep=linesep)


# Words that the package writes as they are: no quotes, comments or encoded words, and single spaces.
_PLAIN = re.compile(r"[A-Za-z-]+:(?: [A-Za-z0-9._+,@<>:/-]+)+")


class _InOnePiece(UnstructuredHeader, BaseHeader):
    """A header whose value holds an address, or is a name. The package would encode a word that is longer than a line,
    and no mail program undoes that in these; a line may be as long as 998 characters (RFC 5322, 2.1.1)."""

    def fold(self, *, policy: Policy[Any]) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Registry(HeaderRegistry):
    """Makes the class of each header once: the package makes it whenever it is asked."""

    def __init__(self) -> None:
        super().__init__(base_class=_Folded)
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        key = name.lower()
        if key not in self._made:
            self._made[key] = super().__getitem__(name)
        return self._made[key]


_headers = _Registry()
for _name in ("List-Unsubscribe", "List-ID", "Message-ID"):
    _headers.map_to_type(_name, _InOnePiece)
# Long lines are folded for transport by the encoding, never by hand: a link stays in one piece.
POLICY = policy.EmailPolicy(max_line_length=78, cte_type="8bit", utf8=False, header_factory=_headers)


@functools.lru_cache(maxsize=500)
def kept(name: str, value: str) -> Any:
    """A header that comes again in many mails."""
    return POLICY.header_factory(name, value)
