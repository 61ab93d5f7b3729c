"""Why many signatures were taken out at once: what they have in common, the reason, who decided it and when.

What fits is written down when the rule is made, and then taken out batch by batch, so that it can be counted and
taken back: what comes back is what it took.
"""

from __future__ import annotations

import json
from collections.abc import Set
from datetime import datetime, tzinfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now
from petition_app.models.signature import Signature

# What of a rule's criteria tells of a person (signing/criteria.py).
OF_PERSONS = frozenset({"name", "email", "mailbox"})

_AT_WORK = text("status IN ('taking','undoing')")


class InvalidationRule(Base):
    """`taking` → `taken` → `undoing` → `undone`."""

    __tablename__ = "invalidation_rules"
    __table_args__ = (
        CheckConstraint("status IN ('taking','taken','undoing','undone')", "status"),
        Index("ix_invalidation_rules_at_work", "id", sqlite_where=_AT_WORK, postgresql_where=_AT_WORK),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # None: in all petitions.
    petition_id: Mapped[int | None] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    # JSON: what is looked for (signing/criteria.py).
    criteria: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(300))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    member_name: Mapped[str] = mapped_column(String(120), default="")
    status: Mapped[str] = mapped_column(String(10), default="taking")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # What the preview said, and what came of it. These stay, whatever becomes of the signatures.
    foreseen: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    given_back: Mapped[int] = mapped_column(default=0)
    not_given_back: Mapped[int] = mapped_column(default=0)

    @property
    def audit_label(self) -> str:
        return f"no. {self.id}"

    def forget_criteria(self, names: Set[str]) -> None:
        """No longer know by what its signatures were found; what it took is written down beside it."""
        kept = {name: said for name, said in json.loads(self.criteria).items() if name not in names}
        self.criteria = json.dumps(kept, ensure_ascii=False)

    @property
    def is_at_work(self) -> bool:
        return self.status in ("taking", "undoing")

    def taking_ended(self, at: datetime) -> None:
        self.status, self.finished_at = "taken", at

    def undo(self, at: datetime) -> None:
        """From now on, what it took is given back; what it has not taken yet stays."""
        self.status, self.undone_at = "undoing", at

    def undoing_ended(self) -> None:
        self.status = "undone"


class TakenSignature(Base):
    """A signature that a rule was made for: chosen, then taken out, and given back if the rule is undone.

    It comes back by that rule's undoing, and by nothing else.
    """

    __tablename__ = "taken_signatures"
    __table_args__ = (Index(None, "signature_id"),)

    rule_id: Mapped[int] = mapped_column(ForeignKey("invalidation_rules.id", ondelete="CASCADE"), primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), primary_key=True)
    taken_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    given_back_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # It could not be taken, for its signer has withdrawn it; or not be given back, for it was erased or signed anew.
    refused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    rule: Mapped[InvalidationRule] = relationship()
    signature: Mapped[Signature] = relationship()

    def take(self, at: datetime, zone: tzinfo) -> None:
        """Take it out, if it still counts or waits."""
        if self.signature.status not in ("pending", "confirmed"):
            self.refused_at = at
            return
        self.signature.invalidate(at, self.rule.reason, zone)
        self.taken_at = at
        self.rule.taken += 1

    def give_back(self, at: datetime, seat: int | None, zone: tzinfo) -> None:
        """Let it stand as before; `seat` as in Signature.reinstate."""
        self.signature.reinstate(at, seat, zone)
        self.given_back_at = at
        self.rule.given_back += 1

    def refuse_return(self, at: datetime) -> None:
        """There is nobody to give it back to: erased, or signed anew."""
        self.refused_at = at
        self.rule.not_given_back += 1
