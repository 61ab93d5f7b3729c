"""A signer's comment: never public before its signature counts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, bindparam, func, text, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now

if TYPE_CHECKING:
    from petition_app.models.signature import Signature

MAX_LENGTH = 1000

_PUBLISHED = text("status = 'published'")


class Comment(Base):
    """`waiting` (for its signature, or for the association's look) → `published` ⇄ `hidden`.

    It is `withdrawn` with its signature.
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
        Index("ix_comments_status", "petition_id", "status"),
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
    hidden_reason: Mapped[str] = mapped_column(String(300), default="")

    signature: Mapped[Signature] = relationship(back_populates="comment")

    def signature_confirmed(self, at: datetime) -> None:
        if not self.needs_review:
            self._publish(at)

    def signature_left(self) -> None:
        self.status = "withdrawn"

    def show(self, at: datetime) -> None:
        """The association publishes it; it appears now if its signature counts, else once that does."""
        self.needs_review, self.hidden_reason = False, ""
        if self.signature.status == "confirmed":
            self._publish(at)
        else:
            self.status = "waiting"

    def hide(self, reason: str) -> None:
        """The association takes it off the page; the signer sees that, and why, on the personal page."""
        self.status, self.hidden_reason, self.needs_review = "hidden", reason, True

    def rewrite(self, text: str, at: datetime, *, reviewed_first: bool) -> None:
        """The signer changes it. What the association looks at first, or had hidden, waits for it again."""
        self.text = text
        self.needs_review = self.needs_review or reviewed_first
        if self.needs_review or self.signature.status != "confirmed":
            self.status = "waiting"
        else:
            self._publish(at)

    def _publish(self, at: datetime) -> None:
        self.status = "published"
        self.published_at = self.published_at or at


# A comment whose signature has just been confirmed; it keeps its place if it had one.
PUBLISH = (
    update(Comment.__table__)  # type: ignore[arg-type]  # a Table, which its type leaves open
    .where(Comment.id == bindparam("comment"))
    .values(status="published", published_at=func.coalesce(Comment.published_at, bindparam("at", type_=UTCDateTime)))
)
