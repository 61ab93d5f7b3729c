"""The words with which people write in front of a petition’s recipients and its author, in the site’s languages."""

from __future__ import annotations

import re

_EMPHASIS = r"[*_]{0,3}"
_TO = (
    r"destinataire(?:s|\(s\))?|à l['’]attention de|adressée? à|recipients?|recipient\(s\)|addressed to"
    r"|empfänger(?:in|innen)?|adressat(?:en)?|destinatari[oa]?s?|geadresseerden?"
    r"|adresat(?:ka|ki|ów|\(ka\))?|adresaci|adresatów|skierowan[aey] do"
    r"|الجه(?:ة|ات) المخاط[\u064e]?بة|المخاط[\u064e]?بون|المرس[\u064e]?ل إليه(?:ا|م)?|موج[\u0651\u064e]*هة إلى"
)
_BY = (
    r"auteur(?:e|rice|·e|\(e\))?s?|authors?|author\(s\)|written by"
    r"|autor(?:in|innen|en|a|es)?|autore|autori|auteurs"
    r"|autor(?:ka|ki|zy|ów|\(ka\))|autorstwo|napisał[ai]?|napisane przez"
    r"|الكاتبة?|الكت[\u0651\u064e]*اب|المؤل[\u0651\u0650]*فة?|المؤل[\u0651\u0650]*فون|بقلم"
)
# Words that begin sentences too: labels only where nothing of the text stands before them, or in front of a name.
_SHORT_TO, _SHORT_BY = "à|to|an|para|a|aan|do|إلى", "by|par"


def _label(long: str, short: str) -> re.Pattern[str]:
    """“To: …”, “**To:** …”, “## Recipients”; a label without a colon is a heading, or set in bold."""
    colon = rf"{_EMPHASIS}\s*(?:{long}|(?P<short>{short}))\s*{_EMPHASIS}\s*:\s*{_EMPHASIS}\s*(?P<value>.*)$"
    return re.compile(rf"^\s*(?:#{{1,6}}\s+)?{colon}|^\s*(?:#{{1,6}}\s+|\*\*|__)(?:{long})\s*[*_#]*\s*$", re.I)


RECIPIENTS = _label(_TO, _SHORT_TO)
AUTHOR = _label(_BY, _SHORT_BY)
