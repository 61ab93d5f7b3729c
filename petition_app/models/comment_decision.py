"""What the association decided about a comment, and how it stood before, so that the decision can be taken back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now
from petition_app.models.comment import Comment

Verdict = Literal["shown", "hidden"]


class CommentDecision(Base):
    """One comment of an act; those that were decided together have the same `act`."""

    __tablename__ = "comment_decisions"
    __table_args__ = (
        CheckConstraint("verdict IN ('shown','hidden')", "verdict"),
        Index(None, "act"),
        Index(None, "comment_id"),
        Index("ix_comment_decisions_last", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(String(32))
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    verdict: Mapped[str] = mapped_column(String(10))
    # JSON: the comment's columns as they were (Comment.standing).
    before: Mapped[str] = mapped_column(Text)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    comment: Mapped[Comment] = relationship()

    @classmethod
    def of(cls, comment: Comment, verdict: Verdict, act: str, at: datetime, member_id: int | None) -> CommentDecision:
        """To be made before the verdict is carried out: it keeps how the comment stands."""
        standing = json.dumps(comment.standing())
        return cls(act=act, comment_id=comment.id, member_id=member_id, at=at, verdict=verdict, before=standing)

    def undo(self, at: datetime) -> bool:
        """Put the comment back as it stood; False where it has changed since, or this is undone already."""
        if self.undone_at is not None or self.comment.reviewed_at != self.at:
            return False
        if self.comment.status != {"shown": "published", "hidden": "hidden"}[self.verdict]:
            return False
        self.comment.stand(json.loads(self.before))
        self.undone_at = at
        return True
