"""The text in a file's bytes: UTF-8 with or without a mark, UTF-16 with one, or Windows-1252."""

from __future__ import annotations

import re
import unicodedata

LARGEST_BYTES = 1_000_000

# How files begin that are no text, whatever their name says.
_MAGIC = (
    b"%PDF",
    b"PK\x03\x04",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x7fELF",
    b"\xd0\xcf\x11\xe0",
    b"{\\rtf",
    b"\x1f\x8b",
)


class UnreadableText(ValueError):
    """The file holds no petition: the message is a sentence for whoever gave it, `reason` names it for a page."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


def decode(data: bytes) -> tuple[str, list[str]]:
    """The text in a file's bytes, in NFC, and what there is to say of it. Raises UnreadableText."""
    if len(data) > LARGEST_BYTES:
        raise UnreadableText(
            "too_large", f"The file is larger than {LARGEST_BYTES // 1000} kB: that is no petition's text."
        )
    if data.startswith(_MAGIC):
        raise UnreadableText(
            "no_text",
            "The file is not plain text. Open it, copy the text, and save that as a text file (UTF-8).",
        )
    for mark, coding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _checked(_decode(data, coding))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        checked, notices = _checked(_decode(data, "windows-1252"))
        return checked, ["The file is not UTF-8: it was read as Windows-1252. Check the accents.", *notices]
    return _checked(text)


def _decode(data: bytes, coding: str) -> str:
    try:
        return data.decode(coding)
    except UnicodeDecodeError:
        raise UnreadableText(
            "no_text", "The file is not text in UTF-8 or Windows-1252. Save it as UTF-8 and try again."
        ) from None


def _checked(text: str) -> tuple[str, list[str]]:
    controls = sum(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n\r\x0b\x0c\x85" for c in text)
    if "\x00" in text or controls > len(text) / 100:
        raise UnreadableText(
            "no_text", "The file is not plain text. Save the text as a text file (UTF-8) and try again."
        )
    if not text.strip("\ufeff \t\r\n\x0b\x0c\u00a0\u2028\u2029\u200b"):
        raise UnreadableText("empty", "The file is empty.")
    if re.match(r"\s*<(?:!doctype html|html)\b", text, re.I):
        raise UnreadableText(
            "web_page", "The file is a web page's source. Copy the text out of the browser, and save that."
        )
    kept = "".join(c for c in text if c in "\t\n\r" or not _is_control(c))
    removed = len(text.removeprefix("\ufeff")) - len(kept)
    notices = [f"Removed control characters that cannot be seen: {removed}."] if removed else []
    return unicodedata.normalize("NFC", kept), notices


def _is_control(character: str) -> bool:
    return character == "\ufeff" or (unicodedata.category(character) == "Cc" and character not in "\x0b\x0c\x85")
