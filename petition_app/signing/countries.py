"""The countries of the form, and how their postal codes look."""

from __future__ import annotations

import functools
import re
import unicodedata

from petition_app.i18n.locales import babel_locale

# Groupings and private-use codes that CLDR lists among the territories; nobody lives there by post.
NOT_COUNTRIES = frozenset(
    {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA", "BV", "HM"}
)

# The national formats, of the code without spaces and dashes (Universal Postal Union, addressing systems by country),
# and how it is written: digits stand for how many characters come before each space or dash.
POSTAL_CODES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "MC", "NC", "PF", "WF", "BL", "MF"), (r"\d{5}", "")),
    **dict.fromkeys(
        ("DE", "IT", "ES", "FI", "EE", "HR", "SM", "VA", "TR", "UA", "RS", "ME", "MX", "DZ", "MA", "TH"), (r"\d{5}", "")
    ),
    **dict.fromkeys(
        ("AT", "BE", "BG", "CH", "CY", "DK", "HU", "LI", "LU", "NO", "SI", "AU", "NZ", "TN", "ZA"), (r"\d{4}", "")
    ),
    **dict.fromkeys(("CZ", "SK", "GR", "SE"), (r"\d{5}", "3 ")),
    **dict.fromkeys(("RO", "SG", "CN", "IN", "RU", "BY", "KZ"), (r"\d{6}", "")),
    "AD": (r"AD\d{3}", ""),
    "BR": (r"\d{8}", "5-"),
    "CA": (r"[ABCEGHJ-NPRSTVXY]\d[A-Z]\d[A-Z]\d", "3 "),
    "GB": (r"(?:GIR0AA|[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2})", "-3 "),
    **dict.fromkeys(("GG", "IM", "JE"), (r"(?:GY|IM|JE)\d{1,2}\d[A-Z]{2}", "-3 ")),
    "GE": (r"\d{4}", ""),
    "IE": (r"(?:D6W|[AC-FHKNPRTV-Y]\d{2})[\dAC-FHKNPRTV-Y]{4}", "3 "),
    "IL": (r"\d{5}(?:\d{2})?", ""),
    "IS": (r"\d{3}", ""),
    "JP": (r"\d{7}", "3-"),
    "KR": (r"\d{5}", ""),
    "LT": (r"(?:LT)?\d{5}", ""),
    "LV": (r"(?:LV)?\d{4}", "LV-"),
    "MT": (r"[A-Z]{3}\d{4}", "3 "),
    "NL": (r"[1-9]\d{3}[A-Z]{2}", "4 "),
    "PL": (r"\d{5}", "2-"),
    "PT": (r"\d{4}(?:\d{3})?", "4-"),
    "US": (r"\d{5}(?:\d{4})?", "5-"),
}
# Where post comes without a code.
# fmt: off
WITHOUT_CODES = frozenset((
    "AE", "AG", "AO", "AW", "BF", "BI", "BJ", "BO", "BS", "BW", "BZ", "CD", "CF", "CG", "CI", "CK", "CM", "CW",
    "DJ", "DM", "ER", "FJ", "GA", "GD", "GH", "GM", "GQ", "GY", "HK", "JM", "KI", "KM", "KN", "KP", "LY", "ML",
    "MO", "MR", "MW", "NR", "NU", "PA", "QA", "RW", "SB", "SC", "SL", "SR", "ST", "SX", "SY", "TD", "TG", "TK",
    "TL", "TO", "TT", "TV", "UG", "VU", "YE", "ZW",
))
# fmt: on


@functools.cache
def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """Code and name of every country, in the order of the locale's alphabet as far as plain sorting knows it."""
    names = babel_locale(locale).territories
    found = [
        (code, name) for code, name in names.items() if re.fullmatch("[A-Z]{2}", code) and code not in NOT_COUNTRIES
    ]
    return tuple(sorted(found, key=lambda country: _sort_key(country[1])))


def _sort_key(name: str) -> str:
    """Without accents, so that “Égypte” stands among the E."""
    return "".join(c for c in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(c))


def normal_postal_code(text: str, country: str) -> str | None:
    """The code as the country writes it, or None where it cannot be one. Spaces, case and dashes do not matter.

    Where the country's format is not known, up to 12 letters, digits, spaces and dashes are taken as they are.
    """
    typed = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    compact = re.sub(r"[\s.\-‐-―]", "", typed)
    if not compact:
        return ""
    # Written with the country's letter in front (F-75011, D-10115, B-1000), as on an envelope from abroad.
    if country in POSTAL_CODES:
        pattern, spelling = POSTAL_CODES[country]
        bare = re.sub(rf"^(?:{country}|[A-Z](?=\d{{4,5}}$))", "", compact) if pattern.startswith(r"\d") else compact
        for code in (compact, bare):
            if re.fullmatch(pattern, code, re.ASCII):
                return _spelt(code, spelling)
        return None
    return typed if re.fullmatch(r"[A-Z0-9][A-Z0-9 \-]{1,11}", typed, re.ASCII) else None


def _spelt(code: str, spelling: str) -> str:
    if spelling == "LV-":
        return f"LV-{code[-4:]}"
    if not spelling:
        return code
    at, mark = int(spelling[:-1]), spelling[-1]
    return code if at >= len(code) else f"{code[:at]}{mark}{code[at:]}"
