"""A signature: a row that moves `pending → confirmed → withdrawn | invalidated`, by named verbs only.

Verbs are called inside a write transaction on a row loaded with `for_update`; each keeps the count in step.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from petition_app.extensions import Base
from petition_app.models.base import UTCDateTime, now, text_by_bytes
from petition_app.models.comment import Comment
from petition_app.models.consent import Consent
from petition_app.models.counter import add_to_count
from petition_app.models.names import PublicName, name_key
from petition_app.models.petition import Petition
from petition_app.models.petition_field import SignatureAnswer
from petition_app.models.text import PetitionText

# What is left of the person in a row whose signer is forgotten: nothing. Its number, its country, the day stay, unless
# the signer has asked for it: then the country goes, too.
NOBODY: dict[str, Any] = {
    "given_name": "",
    "surname": "",
    "postal_code": "",
    "name_display": "hidden",
    "invalidated_reason": "",
    "name_key": None,
    "email": None,
    "mailbox": None,
    "key": None,
    "network": None,
    "domain_mark": None,
    "signs": "",
    "held_at": None,
    "held_for": "",
    "sealed_email": None,
    "mail_domain": None,
}

# What the name of a mailbox begins with where it is a keyed hash (sealing/names.py): no canonical mailbox does.
HASHED = "~"

_CONFIRMED, _PENDING = text("status = 'confirmed'"), text("status = 'pending'")
_HELD = text("status = 'pending' AND held_at IS NOT NULL")
_LEFT = text("status IN ('withdrawn', 'invalidated')")
_NETWORK_KEPT = text("network IS NOT NULL")


def new_key() -> str:
    """128 random bits, URL-safe: what a link's token names a signature by."""
    return secrets.token_urlsafe(16)


def digest_of(entry: Any, comment: str, agreed: Iterable[Any], told: Iterable[Any]) -> str:
    """The digest of a signature, or of a row with its columns, by its comment, its consents and its answers."""
    entered = [
        entry.given_name,
        entry.surname,
        entry.email,
        entry.postal_code,
        entry.country,
        entry.name_display,
        comment,
    ]
    consents = sorted([consent.purpose, consent.value, consent.wording_id] for consent in agreed)
    answers = sorted([answer.field_id, answer.wording_id, answer.value] for answer in told)
    return hashlib.sha256(json.dumps([entry.text_id, entered, consents, answers]).encode()).hexdigest()


class Signature(PublicName, Base):
    """A person's signature under one version of a petition's text."""

    __tablename__ = "signatures"
    __table_args__ = (
        CheckConstraint("status IN ('pending','confirmed','withdrawn','invalidated')", "status"),
        CheckConstraint("name_display IN ('full','initial','hidden')", "name_display"),
        # A mailbox has so many seats in a petition, and a confirmed signature takes one: two confirmations at once
        # cannot take the same. NULLs are distinct on both engines.
        UniqueConstraint("petition_id", "mailbox", "seat"),
        # The same person counts once.
        Index(
            "uq_signatures_confirmed_name",
            "petition_id",
            "mailbox",
            "name_key",
            unique=True,
            sqlite_where=_CONFIRMED,
            postgresql_where=_CONFIRMED,
        ),
        Index("ix_signatures_pending", "created_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
        # Confirmed by their signers, and looked at before they count.
        Index("ix_signatures_held", "petition_id", "held_at", "id", sqlite_where=_HELD, postgresql_where=_HELD),
        Index(
            "ix_signatures_newest",
            "petition_id",
            "confirmed_at",
            "id",
            sqlite_where=_CONFIRMED,
            postgresql_where=_CONFIRMED,
        ),
        # Who signs on paper may have signed here.
        Index("ix_signatures_name", "petition_id", "name_key", sqlite_where=_CONFIRMED, postgresql_where=_CONFIRMED),
        # What counted once, for the numbers and for an export of everything: few, and written when one leaves only.
        Index("ix_signatures_left", "petition_id", "id", sqlite_where=_LEFT, postgresql_where=_LEFT),
        # What the association looks for, each kind by an index; those of the network hold 30 days.
        Index("ix_signatures_entered", "petition_id", "created_at", "id"),
        Index("ix_signatures_surname", "petition_id", "surname", "name_key", "id"),
        Index("ix_signatures_postal_code", "petition_id", "postal_code", "created_at", "id"),
        Index(
            "ix_signatures_network",
            "petition_id",
            "network",
            "created_at",
            "id",
            sqlite_where=_NETWORK_KEPT,
            postgresql_where=_NETWORK_KEPT,
        ),
        Index(
            "ix_signatures_network_kept",
            "created_at",
            "id",
            sqlite_where=_NETWORK_KEPT,
            postgresql_where=_NETWORK_KEPT,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(String(32), unique=True, default=new_key)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    text_id: Mapped[int] = mapped_column(ForeignKey("petition_texts.id", ondelete="CASCADE"))
    locale: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(12), default="pending")
    given_name: Mapped[str] = mapped_column(String(80))
    surname: Mapped[str] = mapped_column(text_by_bytes(80))
    name_key: Mapped[str | None] = mapped_column(text_by_bytes(400))
    email: Mapped[str | None] = mapped_column(String(320))
    # In place of the address once it is confirmed, where the site seals: its box, and its domain if many share that.
    sealed_email: Mapped[str | None] = mapped_column(Text)
    mail_domain: Mapped[str | None] = mapped_column(String(80))
    # What a mailbox is told apart by: its canonical form, or a keyed hash of that (sealing/names.py).
    mailbox: Mapped[str | None] = mapped_column(text_by_bytes(320))
    seat: Mapped[int | None]
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    name_display: Mapped[str] = mapped_column(String(8))
    number: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    invalidated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    invalidated_reason: Mapped[str] = mapped_column(String(300), default="")
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Keyed hashes of the network that it was entered from, and of its mailbox's domain where that is not a large
    # provider's, for 30 days (antiabuse/networks.py); never the address that it came from.
    network: Mapped[str | None] = mapped_column(String(16))
    domain_mark: Mapped[str | None] = mapped_column(String(16))
    # What was odd or reassuring about how it was entered, a letter each (antiabuse/signs.py); for 30 days.
    signs: Mapped[str] = mapped_column(String(16), default="", server_default=text("''"))
    # Confirmed by its signer, and held: it waits as `pending`, without number or seat, until it is let count. Why, in
    # short (antiabuse/suspicion.py).
    held_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    held_for: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))

    petition: Mapped[Petition] = relationship()
    text: Mapped[PetitionText] = relationship()
    comment: Mapped[Comment | None] = relationship(
        back_populates="signature", cascade="all, delete-orphan", passive_deletes=True
    )
    consents: Mapped[list[Consent]] = relationship(
        back_populates="signature", cascade="all, delete-orphan", passive_deletes=True, order_by=Consent.id
    )
    answers: Mapped[list[SignatureAnswer]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by=SignatureAnswer.field_id
    )

    def confirm(self, at: datetime, seat: int, zone: tzinfo, sealed: Mapping[str, Any] | None = None) -> None:
        """Make it count, and publish its comment.

        `seat` is a free one of its mailbox, from 1; `sealed` are the columns that its address becomes, where the site
        seals.
        """
        self._expect("pending")
        session = object_session(self)
        if session is None:
            raise RuntimeError("a signature is confirmed inside its session")
        from petition_app.models.confirmation import Confirmation  # its statements are made of this table

        session.flush()
        if not Confirmation.of(self, at, seat, zone, sealed).write(session.connection()):
            raise WrongState(self.status)
        session.expire(self)

    @property
    def is_held(self) -> bool:
        """Whether its signer has confirmed it, and it is looked at before it counts."""
        return self.status == "pending" and self.held_at is not None

    def withdraw(self, at: datetime, zone: tzinfo) -> None:
        """Take it back, with all that was agreed to for it: the count falls at once and the comment goes."""
        self._expect("pending", "confirmed")
        self._leave("withdrawn", zone)
        self.withdrawn_at = at
        for consent in self.consents:
            consent.withdraw(at)

    def invalidate(self, at: datetime, reason: str, zone: tzinfo) -> None:
        """The association finds it not to be a signature; the reason is kept."""
        self._expect("pending", "confirmed")
        self._leave("invalidated", zone)
        self.invalidated_at, self.invalidated_reason = at, reason

    def reinstate(self, at: datetime, seat: int | None, zone: tzinfo) -> None:
        """It was one after all: it stands as before it was invalidated, with its number and its place in time.

        `seat` is a free one of its mailbox, None for one that was not confirmed.
        """
        self._expect("invalidated")
        self.status, self.seat = ("confirmed" if self.confirmed_at is not None else "pending"), seat
        self.invalidated_at, self.invalidated_reason = None, ""
        if self.status == "confirmed":
            self._count(+1, zone)
        if self.comment is not None:
            self.comment.signature_returned(at)

    def erase(self, at: datetime, zone: tzinfo) -> None:
        """Withdraw it if it counts, and forget the person: an anonymous row stays, so that numbers add up."""
        if self.status in ("pending", "confirmed"):
            self.withdraw(at, zone)
        self.erased_at, self.country = at, ""
        for column, nothing in NOBODY.items():
            setattr(self, column, nothing)
        self.comment = None
        self.consents.clear()
        self.told.clear()

    def rename(self, given_name: str, surname: str) -> None:
        """Correct the name, and with it what tells two signers of one mailbox apart."""
        self.given_name, self.surname = given_name, surname
        self.name_key = name_key(given_name, surname)

    @property
    def digest(self) -> str:
        """What the signer has entered, in short: it differs where anything of it does (SHA-256, hex)."""
        comment = self.comment.text if self.comment is not None else ""
        return digest_of(self, comment, self.consents, self.told)

    @property
    def told(self) -> list[SignatureAnswer]:
        """The answers to the form's own fields; where a form never had any, none are looked for."""
        return self.answers if self.petition.form_revision else []

    @property
    def audit_label(self) -> str:
        """A number, and no name: a log outlives what it tells of."""
        return f"no. {self.id}"

    @property
    def is_sealed(self) -> bool:
        """Whether its address can be read with the association's passphrase only."""
        return self.email is None and self.sealed_email is not None

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None

    def consent_to(self, purpose: str) -> Consent | None:
        """The newest consent for this purpose, given or withdrawn; None where it was never given."""
        return next((c for c in reversed(self.consents) if c.purpose == purpose), None)

    def agrees_to(self, purpose: str) -> bool:
        consent = self.consent_to(purpose)
        return consent is not None and consent.withdrawn_at is None

    def _leave(self, status: str, zone: tzinfo) -> None:
        if self.status == "confirmed":
            self._count(-1, zone)
        self.status, self.seat = status, None
        if self.comment is not None:
            self.comment.signature_left()

    def _count(self, difference: int, zone: tzinfo) -> None:
        session = object_session(self)
        if session is None or self.confirmed_at is None:
            raise RuntimeError("a signature is counted inside its session, once it has been confirmed")
        add_to_count(session, self.petition_id, self.confirmed_at.astimezone(zone).date(), difference)

    def _expect(self, *statuses: str) -> None:
        if self.status not in statuses:
            raise WrongState(self.status)


class WrongState(Exception):
    """The verb does not fit the state that the signature is in."""
