"""A signer's name: how two of them are compared, and how the public sees one."""

from __future__ import annotations

import unicodedata
from typing import Any

# Characters: what half of the room for names takes on a phone.
LONG_WORD = 11


def name_key(given_name: str, surname: str) -> str:
    """A name in the form in which two of them are compared: case, accents' spelling and spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", f"{given_name} {surname}").casefold().split())


class PublicName:
    """What the public is shown of a signer, who has chosen how: of a signature, and of a row with these columns."""

    given_name: Any
    surname: Any
    postal_code: Any
    name_display: Any

    @property
    def shows_name(self) -> bool:
        return bool(self.name_display != "hidden")

    @property
    def shown_surname(self) -> str:
        """The surname as the public table shows it."""
        if self.name_display == "initial" and self.surname:
            return f"{first_character(self.surname)}."
        return self.surname if self.shows_name else ""

    @property
    def shown_given_name(self) -> str:
        return self.given_name if self.shows_name else ""

    @property
    def has_long_word(self) -> bool:
        """Whether a word of the name as it is shown is wider than half of the room that a phone has for names."""
        words = f"{self.shown_given_name} {self.shown_surname}".replace("-", "- ").split()
        return any(len(word) > LONG_WORD for word in words)

    @property
    def shown_postal_code(self) -> str:
        return self.postal_code if self.shows_name else ""


def first_character(word: str) -> str:
    """The first letter with the marks that belong to it, so that an initial is never half a character."""
    letters = unicodedata.normalize("NFC", word)
    end = 1
    while end < len(letters) and unicodedata.combining(letters[end]):
        end += 1
    return letters[:end]
