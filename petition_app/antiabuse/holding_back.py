"""Whether a comment that was just written waits for a look: by its own text, the association's list, what was said."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from petition_app.antiabuse import comment_checks
from petition_app.extensions import db
from petition_app.models import Comment, ModerationSettings
from petition_app.models.comment import Finding, held_for

# A text that so many others have written already: an organisation may give its friends a sentence, a machine gives it
# to itself.
SAID_BY = 2


@dataclass(frozen=True)
class Checked:
    """What the checks have found in a text, and the text's fingerprint."""

    findings: list[Finding]
    fingerprint: str | None

    @property
    def held_for(self) -> str | None:
        return held_for(self.findings)


def check_comment(petition_id: int, text: str, *, signature_id: int = 0) -> Checked:
    """Run every check. Reads only; `signature_id` is the signature whose own comment this is, if there is one."""
    found = comment_checks.findings(text, ModerationSettings.current().listed_words)
    fingerprint = comment_checks.fingerprint(text)
    if fingerprint is not None:
        same = {"petition": petition_id, "fingerprint": fingerprint, "own": signature_id}
        if len(db.session.connection().execute(_SAME, same).all()) >= SAID_BY:
            found.append(("again", ""))
    return Checked(found, fingerprint)


_SAME = (
    select(Comment.id)
    .where(
        Comment.petition_id == bindparam("petition"),
        Comment.fingerprint == bindparam("fingerprint"),
        Comment.signature_id != bindparam("own"),
    )
    .limit(SAID_BY)
)
