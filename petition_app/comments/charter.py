"""What has no place in a comment: the points of the content charter, which a hidden comment is told by."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

# The names are kept in the database. The charter lists the sentences; a signer whose comment is hidden is told one.
POINTS: dict[str, Any] = {
    "insult": _l("Insults, threats, and contempt for people because of what they are."),
    "accusation": _l("Accusations against a person without proof, and private details of anybody."),
    "violence": _l("Calls to violence, and whatever else the law forbids."),
    "advertising": _l("Advertising, and the same text again and again."),
    "beside": _l("What has nothing to do with the petition."),
}
# The same in a word, for a list of choices and for what readers have flagged.
SHORT: dict[str, Any] = {
    # Translators: what is wrong with a comment, in a word or two
    "insult": _l("Insult or contempt"),
    "accusation": _l("Accusation or private details"),
    "violence": _l("Violence or against the law"),
    "advertising": _l("Advertising or repetition"),
    "beside": _l("Beside the subject"),
}
