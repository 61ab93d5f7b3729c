"""How comments are held back on this site: the association's own words, and what readers' flags do."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base, db

ONLY = 1
FLAGS_TO_QUEUE = 3


class ModerationSettings(Base):
    """One row at most; without it, what a new one says holds."""

    __tablename__ = "moderation_settings"
    __table_args__ = (
        CheckConstraint("flags_to_queue >= 1", "flags_to_queue"),
        CheckConstraint("flags_to_hide IS NULL OR flags_to_hide >= 1", "flags_to_hide"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # One word or phrase a line: a comment that has one of them waits for a look.
    words: Mapped[str] = mapped_column(Text, default="")
    # So many different readers bring a comment into the queue.
    flags_to_queue: Mapped[int] = mapped_column(default=FLAGS_TO_QUEUE)
    # So many take it off the page until somebody has looked; None: readers alone never do. The charter says which.
    flags_to_hide: Mapped[int | None]

    @classmethod
    def current(cls) -> ModerationSettings:
        """As they are now; what nobody has decided yet is as it comes."""
        found: ModerationSettings | None = db.session.get(cls, ONLY)
        return found or cls(id=ONLY, words="", flags_to_queue=FLAGS_TO_QUEUE, flags_to_hide=None)

    @property
    def listed_words(self) -> list[str]:
        return [line for line in self.words.splitlines() if line]
