"""How the outcomes are called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

VERDICT_WORDS = {
    # Translators: what became of a demand
    "unanswered": _l("Unanswered"),
    # Translators: what became of a demand
    "accepted": _l("Accepted"),
    # Translators: what became of a demand: a part of it was accepted
    "partly": _l("Accepted in part"),
    # Translators: what became of a demand
    "refused": _l("Refused"),
}
