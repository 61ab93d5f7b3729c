"""An update of a petition: news on its page, and by mail to the signers who asked for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now
from petition_app.models.petition import Petition


class Update(Base):
    """`draft` → (`scheduled` →) `sending` ⇄ `stopped` → `sent`; one that is for the page alone is `sent` at once.

    Who is mailed is walked through in the order of confirmation, up to `mailed_until`: that moment says who is meant,
    and `walked_to` how far it is. Both change in the transaction that puts the mails into the outbox.
    """

    __tablename__ = "updates"
    __table_args__ = (
        CheckConstraint("state IN ('draft','scheduled','sending','stopped','sent')", "state"),
        CheckConstraint("per_minute >= 1", "per_minute"),
        UniqueConstraint("petition_id", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    # Its place among the petition's updates, and in its address: given when it is first published, and kept.
    number: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10), default="draft")
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    member_name: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # Two who write at once: each saves the version that it has read, or is told of the other.
    version: Mapped[int] = mapped_column(default=1)
    edited_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    edited_by: Mapped[str] = mapped_column(String(120), default="")
    scheduled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    taken_off_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    by_mail: Mapped[bool] = mapped_column(default=True)
    per_minute: Mapped[int] = mapped_column(default=120)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Whoever had confirmed by then is meant.
    mailed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The last signature that was looked at: when it was confirmed, and which one of that moment.
    walked_to: Mapped[datetime | None] = mapped_column(UTCDateTime)
    walked_to_id: Mapped[int] = mapped_column(default=0)
    is_walked: Mapped[bool] = mapped_column(default=False)
    # When the last mail of those in the outbox is due.
    paced_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The mailboxes that were counted when it began, and what has come of them. These stay when the records are gone.
    foreseen: Mapped[int] = mapped_column(default=0)
    queued: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    bounced: Mapped[int] = mapped_column(default=0)
    unsubscribed: Mapped[int] = mapped_column(default=0)

    petition: Mapped[Petition] = relationship()
    texts: Mapped[list[UpdateText]] = relationship(
        order_by="UpdateText.locale", cascade="all, delete-orphan", passive_deletes=True
    )

    def publish(self, session: Session, at: datetime) -> None:
        """Show it on the petition's page, under a number of its own."""
        if self.number is None:
            last = session.scalar(select(func.max(Update.number)).where(Update.petition_id == self.petition_id))
            self.number = (last or 0) + 1
        self.published_at = self.published_at or at
        self.taken_off_at = self.scheduled_at = None
        self._tell_petition(session)

    def take_off(self, session: Session, at: datetime) -> None:
        """Off the page. What has gone by mail is gone."""
        self.taken_off_at = at
        self._tell_petition(session)

    def put_back(self, session: Session) -> None:
        self.taken_off_at = None
        self._tell_petition(session)

    def schedule(self, at: datetime) -> None:
        self.state, self.scheduled_at = "scheduled", at

    def call_off(self) -> None:
        """Back to a draft, before its time has come."""
        self.state, self.scheduled_at, self.foreseen = "draft", None, 0
        self.mailed_until = self.walked_to = None
        self.walked_to_id = 0

    def count_on(self, until: datetime, counted: int, rest: tuple[datetime, int] | None) -> None:
        """Before it begins by itself: so many more were counted, up to the place `rest`; None where that was all."""
        self.mailed_until = until
        self.foreseen += counted
        self.walked_to, self.walked_to_id = rest or (None, 0)

    def start(self, at: datetime, until: datetime, foreseen: int) -> None:
        """Begin to mail it to those who had confirmed by `until`; `foreseen` mailboxes, as they were counted."""
        self.state, self.started_at, self.mailed_until, self.foreseen = "sending", at, until, foreseen

    def stop(self) -> None:
        self.state = "stopped"

    def resume(self, at: datetime) -> None:
        self.state, self.paced_until = "sending", at

    def finish(self, at: datetime) -> None:
        self.state, self.finished_at = "sent", at

    def edited(self, by: str, at: datetime) -> None:
        self.version += 1
        self.edited_by, self.edited_at = by, at

    @property
    def audit_label(self) -> str:
        return f"no. {self.id}"

    @property
    def is_on_page(self) -> bool:
        return self.published_at is not None and self.taken_off_at is None

    @property
    def may_be_edited(self) -> bool:
        """Whether its words may change: not while they go out, or are about to."""
        return self.state in ("draft", "sent")

    @property
    def locales(self) -> list[str]:
        return [text.locale for text in self.texts]

    def text_for(self, locale: str, default: str) -> UpdateText:
        """The text in this language, else in the petition's own; `default` names that. Raises LookupError for none."""
        found = {text.locale: text for text in self.texts}
        text = found.get(locale) or found.get(default) or next(iter(self.texts), None)
        if text is None:
            raise LookupError("an update without a text is shown to nobody")
        return text

    def _tell_petition(self, session: Session) -> None:
        """The petition knows whether it has any, so that a page without updates asks for none."""
        session.flush()
        newest = select(func.max(Update.published_at)).where(
            Update.petition_id == self.petition_id, Update.taken_off_at.is_(None)
        )
        session.get_one(Petition, self.petition_id).last_update_at = session.scalar(newest)


class UpdateText(Base):
    """Its title and body (Markdown) in one language."""

    __tablename__ = "update_texts"
    __table_args__ = (UniqueConstraint("update_id", "locale"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    update_id: Mapped[int] = mapped_column(ForeignKey("updates.id", ondelete="CASCADE"))
    locale: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
