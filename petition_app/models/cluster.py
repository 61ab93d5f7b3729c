"""Signatures that have something in common which honest ones seldom have: what was found, and what was decided on it.

A cluster is found by a job (fraud/watching.py), which writes down what belongs to it. It decides nothing about what
counts already; while it stands, what comes later and belongs to it is held when it is confirmed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now
from petition_app.models.invalidation_rule import InvalidationRule
from petition_app.models.petition import Petition

# By what its signatures belong together.
KINDS = ("network", "domain", "names", "moment", "sign")
_RELEASING = text("status = 'releasing'")


class Cluster(Base):
    """`found` → `quarantined` | `releasing` → `released`, and on from one decision to the other."""

    __tablename__ = "clusters"
    __table_args__ = (
        CheckConstraint("kind IN ('network','domain','names','moment','sign')", "kind"),
        CheckConstraint("status IN ('found','quarantined','releasing','released')", "status"),
        UniqueConstraint("petition_id", "kind", "mark"),
        Index("ix_clusters_listed", "petition_id", "status", "last_at", "id"),
        Index("ix_clusters_releasing", "id", sqlite_where=_RELEASING, postgresql_where=_RELEASING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    # What its signatures have in common: a keyed hash of a network, a domain or a name, a moment, a sign's letter.
    # None once it is forgotten, 30 days after the last of them came.
    mark: Mapped[str | None] = mapped_column(String(32))
    # What a person reads: a domain's name, a moment. "" where there is nothing to read.
    label: Mapped[str] = mapped_column(String(255), default="")
    # How much it weighs when a signature that belongs to it is confirmed (antiabuse/suspicion.py).
    level: Mapped[int] = mapped_column(default=0)
    # Why it was found: the names of reasons, each with a number.
    reasons: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    status: Mapped[str] = mapped_column(String(12), default="found")
    found_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # How its signatures stand, as of the last look: those that count, are held, wait for their signers, are out.
    counting: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    unconfirmed: Mapped[int] = mapped_column(default=0)
    out: Mapped[int] = mapped_column(default=0)
    # The rule that took out what counted, by the last quarantine.
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("invalidation_rules.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str] = mapped_column(String(120), default="")

    petition: Mapped[Petition] = relationship()
    rule: Mapped[InvalidationRule | None] = relationship()

    @property
    def audit_label(self) -> str:
        return f"no. {self.id}"

    @property
    def members(self) -> int:
        return self.counting + self.held + self.unconfirmed + self.out

    def quarantine(self, rule: InvalidationRule | None, at: datetime, by: str) -> None:
        self.status, self.decided_at, self.decided_by = "quarantined", at, by
        if rule is not None:
            self.rule_id = rule.id

    def release(self, at: datetime, by: str) -> None:
        """From now on what is held counts, batch by batch."""
        self.status, self.decided_at, self.decided_by = "releasing", at, by

    def releasing_ended(self) -> None:
        self.status = "released"


class ClusterSignature(Base):
    """A signature that belongs to a cluster: what the cluster is counted by, and what is decided on with it."""

    __tablename__ = "cluster_signatures"
    __table_args__ = (Index(None, "signature_id"),)

    cluster_id: Mapped[int] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"), primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), primary_key=True)


class FraudWatch(Base):
    """What the servers know of a petition's traffic: whether work is asked for, and when the clusters changed."""

    __tablename__ = "fraud_watches"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"), primary_key=True)
    asks_work_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(default=0)


class UsedChallenge(Base):
    """A piece of work that was handed in: it is good once. Forgotten when it would be too old anyway."""

    __tablename__ = "used_challenges"

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
