"""A signer's comment: never public before its signature counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, bindparam, func, text, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now

if TYPE_CHECKING:
    from petition_app.models.signature import Signature

MAX_LENGTH = 1000

# Why a comment is held back: the check that found it, and what it found there.
Finding = tuple[str, str]

_PUBLISHED, _QUEUED = text("status = 'published'"), text("queued_at IS NOT NULL")


class Comment(Base):
    """`waiting` (for its signature, or for the association's look) → `published` ⇄ `hidden`.

    It is `withdrawn` with its signature. `queued_at` is since when it waits for somebody to look at it.
    """

    __tablename__ = "comments"
    __table_args__ = (
        CheckConstraint("status IN ('waiting','published','hidden','withdrawn')", "status"),
        Index(
            "ix_comments_newest",
            "petition_id",
            "published_at",
            "id",
            sqlite_where=_PUBLISHED,
            postgresql_where=_PUBLISHED,
        ),
        Index("ix_comments_status", "petition_id", "status", "id"),
        Index("ix_comments_queue", "queued_at", "id", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_comments_same", "petition_id", "fingerprint"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    # Set where the association looks at comments first, or has hidden this one: then only it can publish it.
    needs_review: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The charter's point that it breaks, as the association says, and the association's own words.
    hidden_point: Mapped[str | None] = mapped_column(String(20))
    hidden_reason: Mapped[str] = mapped_column(String(300), default="")
    queued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # What held it back when it was written, as JSON; None where nothing did.
    held_for: Mapped[str | None] = mapped_column(Text)
    # The same for texts that say the same; None for what is too short to tell.
    fingerprint: Mapped[str | None] = mapped_column(String(32))

    signature: Mapped[Signature] = relationship(back_populates="comment")

    def signature_confirmed(self, at: datetime) -> None:
        if self.needs_review:
            self.queue(at)
        else:
            self._publish(at)

    def signature_left(self) -> None:
        self.status, self.queued_at = "withdrawn", None

    def signature_returned(self, at: datetime) -> None:
        """Its signature was taken out by mistake: it stands again as it did."""
        if not self.needs_review and self.signature.status == "confirmed":
            self._publish(at)
            return
        is_hidden = self.needs_review and (self.hidden_reason or self.hidden_point)
        self.status = "hidden" if is_hidden else "waiting"
        if self.status == "waiting" and self.signature.status == "confirmed":
            self.queue(at)

    def queue(self, at: datetime) -> None:
        """Somebody should look at it; where it waits already, it keeps its place."""
        if self.text:
            self.queued_at = self.queued_at or at

    def flagged(self, at: datetime, *, is_hidden: bool) -> None:
        """So many readers find fault with it that somebody should look; `is_hidden`: until then it leaves the page."""
        self.queue(at)
        if is_hidden:
            self.status, self.needs_review = "waiting", True

    def show(self, at: datetime) -> None:
        """The association publishes it; it appears now if its signature counts, else once that does."""
        self.needs_review, self.hidden_reason, self.hidden_point = False, "", None
        self.queued_at, self.reviewed_at = None, at
        if self.signature.status == "confirmed":
            self._publish(at)
        else:
            self.status = "waiting"

    def hide(self, at: datetime, *, point: str = "", reason: str = "") -> None:
        """The association takes it off the page; the signer sees that, and why, on the personal page."""
        self.status, self.needs_review = "hidden", True
        self.hidden_point, self.hidden_reason = point or None, reason
        self.queued_at, self.reviewed_at = None, at

    def rewrite(self, text: str, at: datetime, *, reviewed_first: bool) -> None:
        """The signer changes it. What the association looks at first, or had hidden, waits for it again."""
        self.text = text
        self.needs_review = self.needs_review or reviewed_first
        if self.needs_review or self.signature.status != "confirmed":
            self.status = "waiting"
            if self.signature.status == "confirmed":
                self.queue(at)
        else:
            self._publish(at)

    def empty(self) -> None:
        """The signer takes the words back; the mark stays: what was hidden is not published by writing it anew."""
        self.text, self.queued_at, self.held_for, self.fingerprint = "", None, None, None

    @property
    def findings(self) -> list[Finding]:
        """What held it back."""
        return [(check, found) for check, found in json.loads(self.held_for or "[]")]

    @property
    def audit_label(self) -> str:
        return f"no. {self.id}"

    def standing(self) -> dict[str, Any]:
        """How it stands with the association, as plain values."""
        moments = {name: value.isoformat() if (value := getattr(self, name)) else None for name in _MOMENTS}
        return {name: getattr(self, name) for name in _STANDING} | moments

    def stand(self, standing: dict[str, Any]) -> None:
        """Put it back as it stood."""
        for name in _STANDING:
            setattr(self, name, standing[name])
        for name in _MOMENTS:
            setattr(self, name, datetime.fromisoformat(standing[name]) if standing[name] else None)

    def _publish(self, at: datetime) -> None:
        self.status = "published"
        self.published_at = self.published_at or at


_STANDING = ("status", "needs_review", "hidden_point", "hidden_reason")
_MOMENTS = ("queued_at", "reviewed_at", "published_at")


def held_for(findings: Sequence[Finding]) -> str | None:
    """Findings as they are kept."""
    return json.dumps(findings, ensure_ascii=False) if findings else None


# A comment whose signature has just been confirmed; it keeps its place if it had one.
PUBLISH = (
    update(Comment.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(Comment.id == bindparam("comment"))
    .values(status="published", published_at=func.coalesce(Comment.published_at, bindparam("at", type_=UTCDateTime)))
)
# A comment whose signature has just been confirmed, and that somebody looks at first.
QUEUE = (
    update(Comment.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(Comment.id == bindparam("comment"), Comment.text != "")
    .values(queued_at=func.coalesce(Comment.queued_at, bindparam("at", type_=UTCDateTime)))
)
