"""What a translator has made of a message on this site, over what the program is shipped with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now


def key_of(context: str | None, msgid: str) -> str:
    """What a message is known by, whatever its length: gettext knows it by its context and its (singular) msgid."""
    text = f"{context}\x04{msgid}" if context else msgid
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Translation(Base):
    """A message in one locale. `strings` are its plural forms, one for a message without; empty: as it is shipped.

    `shipped` is what the catalogue said when this was saved: where it says something else by now, both are shown.
    `version` grows by one with each saving: who has read an older one may not save. Each is kept as a revision.
    """

    __tablename__ = "translations"
    __table_args__ = (UniqueConstraint("key", "locale"), Index("ix_translations_locale", "locale"))

    id: Mapped[int] = mapped_column(primary_key=True)
    locale: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(32))
    context: Mapped[str] = mapped_column(Text, default="")
    msgid: Mapped[str] = mapped_column(Text)
    msgid_plural: Mapped[str] = mapped_column(Text, default="")
    strings: Mapped[list[str]] = mapped_column(JSON, default=list)
    shipped: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Kept, but shown to nobody: what gettext calls fuzzy.
    is_unsure: Mapped[bool] = mapped_column(default=False)
    # What the source said when it was translated, where that is why it is unsure.
    previous: Mapped[list[str]] = mapped_column(JSON, default=list)
    # What translators tell each other of it.
    comment: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    saved_by: Mapped[str] = mapped_column(String(120), default="")

    revisions: Mapped[list[TranslationRevision]] = relationship(
        back_populates="translation",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="TranslationRevision.version.desc()",
    )

    def word(
        self,
        strings: Sequence[str],
        *,
        shipped: Sequence[str],
        at: datetime,
        by: str,
        member_id: int | None = None,
        is_unsure: bool = False,
        comment: str = "",
        previous: Sequence[str] = (),
    ) -> None:
        """Say it so from now on. What was said before stays in the history."""
        self.strings, self.shipped, self.is_unsure, self.comment = list(strings), list(shipped), is_unsure, comment
        self.previous = list(previous)
        self.version = (self.version or 0) + 1
        self.saved_at, self.saved_by = at, by
        self.revisions.append(
            TranslationRevision(
                version=self.version,
                strings=list(strings),
                is_unsure=is_unsure,
                comment=comment,
                member_id=member_id,
                member_name=by,
                saved_at=at,
            )
        )

    @property
    def is_shown(self) -> bool:
        """Whether readers get this, and not what is shipped."""
        return bool(self.strings) and all(self.strings) and not self.is_unsure

    @property
    def audit_label(self) -> str:
        return f"{self.locale}: {self.msgid}"


class TranslationRevision(Base):
    """What a message was, once: never changed."""

    __tablename__ = "translation_revisions"
    __table_args__ = (
        UniqueConstraint("translation_id", "version"),
        Index("ix_translation_revisions_newest", "saved_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    translation_id: Mapped[int] = mapped_column(ForeignKey("translations.id", ondelete="CASCADE"))
    version: Mapped[int]
    strings: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_unsure: Mapped[bool] = mapped_column(default=False)
    comment: Mapped[str] = mapped_column(Text, default="")
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    member_name: Mapped[str] = mapped_column(String(120), default="")
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    translation: Mapped[Translation] = relationship(back_populates="revisions")


class TranslationFile(Base):
    """What a `.po` file that was taken in said beside its messages: its headers, and the obsolete ones at its end.

    It is what other programs have written there, and goes out again with the next export.
    """

    __tablename__ = "translation_files"

    locale: Mapped[str] = mapped_column(String(20), primary_key=True)
    # Pairs of a name and a value, in their order.
    headers: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    # As they stand in a file, with their marks.
    obsolete: Mapped[str] = mapped_column(Text, default="")
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
