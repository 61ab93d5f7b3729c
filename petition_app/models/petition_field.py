"""What a petition's form asks for beside name and address, and what a signer answers: each for a purpose of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now

# What has a name of its own, and of which a form asks once; then the questions that an association words itself.
KNOWN_KINDS = ("municipality", "phone", "birth_year", "profession")
QUESTION_KINDS = ("question_text", "question_choice", "question_yes_no")
KINDS = (*KNOWN_KINDS, *QUESTION_KINDS)

# The longest answer, in characters.
LONGEST_ANSWER = 200


class PetitionField(Base):
    """A field of a petition's form; `position` orders them from 0. Its words are versions of their own.

    One that is asked no longer stays as a row, so that the answers that are kept go on saying what they answer.
    """

    __tablename__ = "petition_fields"
    __table_args__ = (
        CheckConstraint(f"kind IN ({','.join(repr(kind) for kind in KINDS)})", "kind"),
        Index("ix_petition_fields_position", "petition_id", "position", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    is_required: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    # The version of its words that holds now.
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Whether its answers go, too: those that are there, and one that comes in at the very moment of the removal.
    forgets_answers: Mapped[bool] = mapped_column(default=False)

    wordings: Mapped[list[FieldWording]] = relationship(
        back_populates="field",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="FieldWording.version, FieldWording.id",
    )

    @property
    def current_wordings(self) -> dict[str, FieldWording]:
        """The words that hold now, by language."""
        return {wording.locale: wording for wording in self.wordings if wording.version == self.version}

    def word(self, words: Mapping[str, FieldWording], revision: int, at: datetime) -> bool:
        """Let it be called so from now on, as of this revision of the form; nothing happens where it is so already.

        Words are never changed: what an answer was given to stays readable. Answers whether there is a new version.
        """
        before = {locale: wording.content for locale, wording in self.current_wordings.items()}
        if before == {locale: wording.content for locale, wording in words.items()}:
            return False
        self.version += 1
        for locale, wording in words.items():
            wording.locale, wording.version, wording.revision, wording.created_at = locale, self.version, revision, at
            self.wordings.append(wording)
        return True

    def remove(self, at: datetime, *, forgets_answers: bool) -> None:
        """Ask for it no longer. The answers stay with their signatures, unless they are to go."""
        self.removed_at = at
        self.forgets_answers = forgets_answers

    @property
    def is_asked(self) -> bool:
        return self.removed_at is None

    @property
    def audit_label(self) -> str:
        return f"{self.kind} (no. {self.id})"


class FieldWording(Base):
    """A version of a field's words in one language: what it is asked for, and a question's text and choices.

    `revision` is the one of the petition's form that it came with. A field with a name of its own has no label.
    """

    __tablename__ = "field_wordings"
    __table_args__ = (UniqueConstraint("field_id", "version", "locale"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("petition_fields.id", ondelete="CASCADE"))
    version: Mapped[int]
    locale: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(200), default="")
    purpose: Mapped[str] = mapped_column(String(300))
    # Pairs of a key, which is the same in every language and is never used again, and the words for it.
    choices: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    # Whether the signer is told that the recipients get the answer, too.
    for_recipients: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    field: Mapped[PetitionField] = relationship(back_populates="wordings")

    @property
    def content(self) -> tuple[str, str, list[list[str]], bool]:
        """All that it says."""
        return self.label, self.purpose, [list(pair) for pair in self.choices], self.for_recipients


class SignatureAnswer(Base):
    """What one signer answered, and to which words. There is a row only where something was answered."""

    __tablename__ = "signature_answers"
    __table_args__ = (Index("ix_signature_answers_field", "field_id", "signature_id"),)

    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"), primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("petition_fields.id", ondelete="CASCADE"), primary_key=True)
    wording_id: Mapped[int] = mapped_column(ForeignKey("field_wordings.id", ondelete="CASCADE"))
    # As it was typed; the key of a choice; `yes` or `no`.
    value: Mapped[str] = mapped_column(String(LONGEST_ANSWER))
    given_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    field: Mapped[PetitionField] = relationship(lazy="joined", innerjoin=True)
    wording: Mapped[FieldWording] = relationship(lazy="joined", innerjoin=True)
