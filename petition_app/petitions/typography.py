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
    _PLACE + r"|`[^`]*`"
    r"|<(?:https?|mailto):[^>]*>"
    r"|\]\([^)]*\)"
    r"|\b(?:https?|ftp|mailto):\S+"
    r"|\bwww\.\S+"
    r"|\S+@\S+\.\w+"
    r"|\d:\d"
    r"|\b[A-Za-z]:\\\S*"
    r"|<%.*?%>"
    r"|&#?\w+;"
    r"|[:;]-?[()DPp](?!\w)"
)


def set_spaces(text: str, locale: str) -> str:
    """French spacing, whatever the source had: a narrow no-break space before `; ! ?`, a no-break space before `:`
    and inside « » (Lexique des règles typographiques en usage à l'Imprimerie nationale). Other languages stay.
    """
    if not locale.lower().startswith("fr"):
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
