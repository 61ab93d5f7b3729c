"""A petition: what is asked, of whom, until when, and how it may be signed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, String, bindparam, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base, db
from petition_app.models.base import UTCDateTime, now
from petition_app.models.former_slug import FormerSlug
from petition_app.models.mail_words import MailWords, OwnWords, Part
from petition_app.models.recipient import Recipient
from petition_app.models.text import PetitionText

ADDRESS_RULES = ("required", "optional", "hidden")

# Who signed before the closing may confirm for this long after it.
CONFIRMATION_GRACE = timedelta(hours=24)


class Term:
    """Until when it is signed and confirmed: of a petition, and of a row with these columns."""

    status: Any
    closes_at: Any
    closed_at: Any

    @property
    def ended_at(self) -> datetime | None:
        """When the signing ended or will end, if that is known."""
        ended: datetime | None = self.closed_at if self.status in ("closed", "archived") else self.closes_at
        return ended

    def takes_signatures(self, at: datetime) -> bool:
        return bool(self.status == "open" and (self.closes_at is None or at < self.closes_at))

    def takes_confirmations(self, at: datetime) -> bool:
        """A signature given in time still counts when it is confirmed up to 24 hours after the closing."""
        if self.status == "draft":
            return False
        return self.takes_signatures(at) or (self.ended_at is not None and at < self.ended_at + CONFIRMATION_GRACE)


class Petition(Term, Base):
    """Its text lies in `PetitionText` (a version for each change, in each language), its recipients in `Recipient`."""

    __tablename__ = "petitions"
    __table_args__ = (
        CheckConstraint("status IN ('draft','open','closed','archived')", "status"),
        CheckConstraint("postal_code IN ('required','optional','hidden')", "postal_code"),
        CheckConstraint("country IN ('required','optional','hidden')", "country"),
        CheckConstraint("comments IN ('off','before','after')", "comments"),
        CheckConstraint("signers_per_mailbox >= 1", "signers_per_mailbox"),
        CheckConstraint("goal IS NULL OR goal >= 1", "goal"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="draft")
    default_locale: Mapped[str] = mapped_column(String(20))
    author: Mapped[str] = mapped_column(String(200), default="")
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    postal_code: Mapped[str] = mapped_column(String(10), default="optional")
    # Asked for unless somebody says otherwise: a postal code is read by its country's rules, and the first thing that
    # recipients ask of a number is how many of them live where they answer for.
    country: Mapped[str] = mapped_column(String(10), default="required", server_default="required")
    comments: Mapped[str] = mapped_column(String(10), default="after")
    signers_per_mailbox: Mapped[int] = mapped_column(default=2)
    goal: Mapped[int | None]
    # Its picture, all that a page shows of it: `{"id": …, "files": […], "alts": {"fr": …}, "former": …}`
    # (models/stored_picture.py; `former` is the one before, which pages made a moment ago still show).
    picture: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # Who carries it together, in order: `{"name": …, "url": … or ""}`, with a `logo` as above where there is one.
    carriers: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    # Whether there is anything to ask for: most pages need not look.
    has_demands: Mapped[bool] = mapped_column(default=False, server_default=false())
    has_answers: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Whether the association adds anything to what its signers are told (models/mail_words.py).
    has_mail_words: Mapped[bool] = mapped_column(default=False, server_default=false())
    # How often the fields of its form were changed: 0 for a form that has never asked for more than an address.
    form_revision: Mapped[int] = mapped_column(default=0, server_default="0")
    is_demo: Mapped[bool] = mapped_column(default=False)
    # Grows with each change of its settings: who has seen an older one may not overwrite it.
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    # When the newest update on the page was published; None where there is none (models/update.py).
    last_update_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # Since when its signers are forgotten (privacy/forgetting.py): their numbers and what was counted of them stay.
    signers_forgotten_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    texts: Mapped[list[PetitionText]] = relationship(
        order_by=PetitionText.version, cascade="all, delete-orphan", passive_deletes=True
    )
    recipients: Mapped[list[Recipient]] = relationship(
        order_by=Recipient.position, cascade="all, delete-orphan", passive_deletes=True
    )
    mail_words: Mapped[list[MailWords]] = relationship(
        order_by=MailWords.version, cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def by_slug(cls, slug: str) -> Petition | None:
        found: Petition | None = db.session.scalar(_BY_SLUG, {"slug": slug})
        return found

    @classmethod
    def by_former_slug(cls, slug: str) -> Petition | None:
        """The petition that had this name once."""
        found: Petition | None = db.session.scalar(_BY_FORMER_SLUG, {"slug": slug})
        return found

    def open(self, at: datetime) -> None:
        """Put it online for signing. A closing date that has passed is taken away: it would close it again at once."""
        self.status = "open"
        self.opened_at = self.opened_at or at
        self.closed_at = None
        if self.closes_at is not None and self.closes_at <= at:
            self.closes_at = None

    def close(self, at: datetime) -> None:
        """End the signing; the page stays."""
        self.status = "closed"
        self.closed_at = at

    def archive(self) -> None:
        """Keep the page for the record, out of the list."""
        self.status = "archived"

    def take_out_of_archive(self) -> None:
        """List it again, among those that are closed."""
        self.status = "closed"

    def take_offline(self) -> None:
        """A draft again, as if it had never been open. Only while nobody has signed it."""
        self.status, self.opened_at, self.closed_at = "draft", None, None

    @property
    def audit_label(self) -> str:
        return self.slug

    @property
    def is_public(self) -> bool:
        return self.status != "draft"

    @property
    def locales(self) -> list[str]:
        """The locales that it has a text for, its default first."""
        found = dict.fromkeys([self.default_locale, *sorted({text.locale for text in self.texts})])
        return list(found)

    def text_for(self, locale: str) -> PetitionText:
        """The newest text in this locale, or in the default one where this has none."""
        newest = {text.locale: text for text in self.texts}
        return newest.get(locale) or newest[self.default_locale]

    def newest_text(self, locale: str) -> PetitionText | None:
        """The newest text in this very locale."""
        return next((text for text in reversed(self.texts) if text.locale == locale), None)

    def newest_mail_words(self, locale: str) -> MailWords | None:
        """What the association adds in this very locale; no question where it adds nothing at all."""
        versions = self.mail_words if self.has_mail_words else ()
        return next((words for words in reversed(versions) if words.locale == locale), None)

    def own_words(self, part: Part, locale: str) -> OwnWords | None:
        """What it adds there: in this locale, or in the default one where this has none. None for nothing.

        What the default one says no more is said in no other one either.
        """
        own, said = self.newest_mail_words(self.default_locale), self.newest_mail_words(locale)
        if own is not None and not own.words(part):
            return None
        words = said if said is not None and said.words(part) else own
        return OwnWords(words.words(part), words.locale) if words is not None else None

    def changes_of(self, locale: str) -> list[PetitionText]:
        """The versions in this locale that say something else than the one before, newest first."""
        return [text for text in reversed(self.texts) if text.locale == locale and text.kind == "change"]

    def has_changed_since(self, text: PetitionText) -> bool:
        """Whether a newer version of this very text says something else."""
        return any(newer.version > text.version for newer in self.changes_of(text.locale))

    def is_behind(self, text: PetitionText) -> bool:
        """Whether what the main language says has changed since this was translated."""
        if not text.source_text_id or text.locale == self.default_locale:
            return False
        source = next((known for known in self.texts if known.id == text.source_text_id), None)
        return source is not None and source.locale == self.default_locale and self.has_changed_since(source)

    def recipients_for(self, locale: str) -> list[Recipient]:
        """The recipients as this locale's text names them, else as the default one's does."""
        return [r for r in self.recipients if r.locale == locale] or [
            r for r in self.recipients if r.locale == self.default_locale
        ]


_BY_FORMER_SLUG = (
    select(Petition).join(FormerSlug, FormerSlug.petition_id == Petition.id).where(FormerSlug.slug == bindparam("slug"))
)
_BY_SLUG = select(Petition).where(Petition.slug == bindparam("slug"))
