"""How the outcomes are called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

VERDICT_WORDS = {
    # Translators: what became of a demand, and agrees with “demand”
    "unanswered": _l("Unanswered"),
    # Translators: what became of a demand, and agrees with “demand”
    "accepted": _l("Accepted"),
    # Translators: what became of a demand, and agrees with “demand”: a part of it was accepted
    "partly": _l("Accepted in part"),
    # Translators: what became of a demand, and agrees with “demand”
    "refused": _l("Refused"),
}
