"""What people type, made plain: composed, without what cannot be seen, with one kind of space and of line end."""

from __future__ import annotations

import re
import unicodedata

# Bidirectional marks, fillers and other characters that are not seen and that a name or a comment has no use for;
# joiners stay, some scripts need them.
_MARKS = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0]"
)

# An address as one writes it: with its scheme, with a path, with an @, or with an ending that is no part of a name.
# Programs that show mails make a link of each. Not the countries whose letters end words: “habitant.es”, “Bürger.in”.
_ENDINGS = (
    "com|net|org|info|biz|xyz|top|io|app|dev|site|online|shop|store|link|click|live|page|website|space|tech|club|vip"
    "|eu|at|be|bg|by|ch|cy|cz|de|dk|ee|fi|fr|gr|hr|hu|ie|it|li|lt|lu|lv|mt|nl|pl|pt|ro|rs|ru|si|sk|su|tr|ua|uk|рф|укр"
    "|ar|au|br|ca|cc|cf|cl|cn|co|dz|eg|ga|gg|gq|il|ir|jp|kr|ly|ma|me|ml|mx|nz|tk|tn|tv|us|ws|za|مصر|المغرب|تونس|الجزائر"
)
_URL = re.compile(
    r"(?i)\b(?:https?:|ftp:|mailto:|www\.)|://|\w\.\w{2,}/|\w@[\w-]+\.\w"
    rf"|(?<![\w-])(?:[\w-]{{3,}}|[^\W\x00-\u024f]{{2,}})\.(?:{_ENDINGS})\b"
)
# Lines with nothing to be seen on them.
_BLANK = re.compile(r"\n[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+(?=\n)")


def clean_line(text: str | None) -> str:
    """One line as a person means it: NFC, marks that cannot be seen taken out, spaces in a row as one."""
    return " ".join(_MARKS.sub("", unicodedata.normalize("NFC", text or "")).split(" ")).strip()


def clean_name(text: str | None) -> str:
    line = re.sub(r"[ \u00a0\u202f\u3000]+", " ", clean_line(text))
    return line.strip()


def clean_text(text: str | None) -> str:
    """A few paragraphs of plain text: NFC, one kind of line end, no more than one empty line in a row."""
    lines = unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"\n{3,}", "\n\n", _BLANK.sub("\n", _MARKS.sub("", lines))).strip()


def has_controls(text: str) -> bool:
    """Whether there are characters that no keyboard means: controls, surrogates, bytes that could not be read."""
    return any(
        unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") or c == "\ufffd" for c in text if c != "\n"
    )


def names_a_page(text: str) -> bool:
    """Whether there is an address of a page in it, or what looks like one."""
    return _URL.search(unicodedata.normalize("NFKC", text)) is not None
