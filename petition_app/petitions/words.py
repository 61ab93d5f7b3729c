"""A petition's text in one language, as it is written and compared."""

from __future__ import annotations

from dataclasses import dataclass

from petition_app.petitions.recipients import NamedRecipient

# In characters.
LONGEST_SUMMARY, LONGEST_BODY, LONGEST_CALL = 600, 60_000, 80
LONGEST_NAME, LONGEST_OFFICE = 200, 300


@dataclass(frozen=True)
class Words:
    """A petition's text in one language: what its readers are shown."""

    title: str = ""
    summary: str = ""
    body: str = ""
    call_to_action: str = ""
    recipients: tuple[NamedRecipient, ...] = ()

    @property
    def as_lines(self) -> str:
        """All of it as one text, to be compared."""
        named = [f"{r.name}, {r.office}" if r.office else r.name for r in self.recipients]
        return "\n".join([self.title, *named, self.summary, self.body, self.call_to_action])
