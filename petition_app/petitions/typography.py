"""The spaces that a language sets between words and signs."""

from __future__ import annotations

import re

NARROW = "\u202f"
WIDE = "\u00a0"
SPACES = "[ \u00a0\u202f\u2009]"

# What is not prose: code, addresses, link targets, times and ratios. It is left as it is.
# While the spaces are set, a letter for private use stands in its place.
_PLACE = "\ue000"
_KEPT = re.compile(
    _PLACE + r"|^[ \t>]*(?:[-+*]|\d{1,9}[.)]|#{1,6})[ \t]+"  # what begins an item or a heading
    r"|^~~~[\s\S]*?(?:^~~~|\Z)"
    r"|^ {0,3}\[[^\[\]\n]+\]:[^\n]*"  # where a reference leads
    r"|`[^`]*`"
    r"|<(?:https?|mailto):[^>]*>"
    r"|\]\([^)\n]{0,2000}\)"
    r"|\b(?:https?|ftp|mailto):\S+"
    r"|\bwww\.\S+"
    r"|(?<!\S)[^\s@]+@\S+\.\w+"
    r"|\d:\d"
    r"|\b[A-Za-z]:\\\S*"
    r"|<%.{0,500}?%>"
    r"|&#?\w+;"
    r"|(?<!\w):[a-z0-9_+-]{2,}:(?!\w)"  # an emoji by its name
    r"|[:;]-?[()DPp](?!\w)",
    re.MULTILINE,
)


def set_spaces(text: str, locale: str) -> str:
    """French spacing, whatever the source had: a narrow no-break space before `; ! ?`, a no-break space before `:`
    and inside « » (Lexique des règles typographiques en usage à l'Imprimerie nationale). Other languages stay.
    """
    if not re.match(r"fr(?![a-z])", locale.lower()):
        return text
    kept = iter(_KEPT.findall(text))
    return re.sub(_PLACE, lambda _: next(kept), _set_french(_KEPT.sub(_PLACE, text)))


def _set_french(prose: str) -> str:
    prose = re.sub(rf"«{SPACES}*(?=\S)", f"«{WIDE}", prose)
    prose = re.sub(rf"(?<=\S){SPACES}*»", f"{WIDE}»", prose)
    # A sign keeps to the word in front of it; signs in a row (“?!”) keep together.
    prose = re.sub(rf"(?<=[^\s\u00a0\u202f!?;:«(\[\\]){SPACES}*([;!?])", rf"{NARROW}\1", prose)
    prose = re.sub(rf"(?<=[!?;]){SPACES}+([!?])", r"\1", prose)
    return re.sub(rf"(?<=[^\s\u00a0\u202f!?;:«(\[\\|]){SPACES}*:(?=[\s\u00a0*_]|$)", f"{WIDE}:", prose)
