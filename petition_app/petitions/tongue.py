"""Which of the site’s languages a text is written in, as its little words tell."""

from __future__ import annotations

import re

_SMALL_WORDS = {
    "fr": {"le", "la", "les", "des", "une", "est", "nous", "pour", "dans", "que", "et", "vous", "sur"},
    "en": {"the", "and", "of", "to", "is", "we", "for", "that", "our", "in", "are", "you", "on"},
    "de": {"der", "die", "das", "und", "wir", "ist", "für", "nicht", "den", "ein", "eine", "mit"},
    "es": {"el", "los", "las", "que", "y", "una", "para", "por", "con", "del", "es", "nos"},
    "it": {"il", "gli", "che", "una", "per", "con", "del", "della", "sono", "è", "noi", "di"},
    "pl": {"i", "w", "na", "się", "nie", "jest", "że", "do", "dla", "oraz", "są", "nas"},
    "ar": {"في", "من", "إلى", "على", "أن", "هذا", "هذه", "التي", "الذي", "عن", "مع", "نحن"},
    "nl": {"de", "het", "een", "van", "en", "wij", "voor", "niet", "dat", "zijn", "op", "met"},
}


def guess_language(text: str) -> str:
    """The one whose words it has most of; "" where it has none of any."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = {locale: sum(word in small for word in words) for locale, small in _SMALL_WORDS.items()}
    best = max(counts, key=lambda locale: counts[locale])
    return best if counts[best] else ""
