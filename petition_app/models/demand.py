"""Something that a petition asks for, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime

Verdict = Literal["unanswered", "accepted", "partly", "refused"]
VERDICTS = ("unanswered", "accepted", "partly", "refused")


class Demand(Base):
    """One demand, whatever language it is read in. `texts` has its words by locale.

    `outcomes` is what became of it, the newest last; each stays, so that nobody can say that it was never said:
    `{"verdict": …, "on": "2026-11-24", "sentences": {"fr": …}, "link": …, "file": {"id": …, "name": …} or None}`.
    """

    __tablename__ = "demands"
    __table_args__ = (Index(None, "petition_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    position: Mapped[int]
    texts: Mapped[dict[str, str]] = mapped_column(JSON)
    outcomes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    revision: Mapped[int] = mapped_column(default=0)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def audit_label(self) -> str:
        return next(iter(self.texts.values()), "")[:200]

    @property
    def verdict(self) -> str:
        return str(self.outcomes[-1]["verdict"]) if self.outcomes else "unanswered"

    @property
    def former(self) -> list[dict[str, Any]]:
        """What was said before the newest outcome, newest first."""
        return self.outcomes[-2::-1]

    def text_in(self, locale: str, fallback: str) -> tuple[str, str]:
        """Its words in this language, or in the petition's own one; and the language that they are in."""
        return words_in(self.texts, locale, fallback)

    def decide(self, verdict: str, on: date, sentences: dict[str, str], link: str, file: dict[str, Any] | None) -> None:
        """What became of it. A new list: the column's change is seen by that."""
        entry = {"verdict": verdict, "on": on.isoformat(), "sentences": sentences, "link": link, "file": file}
        self.outcomes = [*self.outcomes, entry]
        self.revision += 1

    def take_back(self) -> None:
        """What was decided last is as if it had not been said: a slip of the hand."""
        self.outcomes = self.outcomes[:-1]
        self.revision += 1


def words_in(texts: dict[str, str], locale: str, fallback: str) -> tuple[str, str]:
    """The words in a language, or in another one where they are not there, and which one that is."""
    for code in (locale, fallback, *texts):
        if texts.get(code):
            return texts[code], code
    return "", fallback
