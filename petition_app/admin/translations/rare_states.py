"""States of the sample site that a page needs and the others must not have: made for one look, and taken back."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Update, delete, select, update
from sqlalchemy.orm import Session

from petition_app.models import Comment, DataRequest, Member, Petition, PetitionText, Signature, SiteSetting
from petition_app.models.base import now
from petition_app.sealing import state


def no_team(session: Session) -> None:
    """As it is before anybody has joined."""
    session.execute(delete(Member))


def nothing(session: Session) -> None:
    """A site that has just been set up: its team, and no petition."""
    session.execute(delete(DataRequest))
    session.execute(delete(Petition))


def sealed(session: Session) -> None:
    """Addresses rest sealed. Nothing can be opened by these keys; what was there before is still being sealed."""
    rows = {state.PUBLIC_KEY: "sample", state.SINCE: now().isoformat(), state.MARK: "sample"}
    rows |= {state.PASSPHRASE_LOCK: "sample", state.RECOVERY_LOCK: "sample"}
    session.add_all(SiteSetting(name=name, value=value) for name, value in rows.items())


def sealed_signature(session: Session) -> None:
    sealed(session)
    session.execute(of_signature("confirmed").values(sealed_email="sample", email=None, mail_domain="example.org"))


def held(session: Session) -> None:
    """A signature that its signer has confirmed, and that is looked at before it counts."""
    session.execute(of_signature("pending").values(held_at=now(), held_for="evidence", network="sample"))


def bounced(session: Session) -> None:
    """Its mails come back; its name is hidden; its comment waits."""
    session.execute(of_signature("confirmed").values(network="sample", name_display="hidden"))
    session.execute(update(Comment).values(status="waiting", needs_review=True, queued_at=now()))


def ended(session: Session) -> None:
    """The names under the petition that is closed were erased, for their time was over."""
    long_ago = now() - timedelta(days=900)
    session.execute(update(Petition).where(Petition.status == "closed").values(signers_forgotten_at=long_ago))


def behind(session: Session) -> None:
    """A translation of a text that has been changed since in its main language."""
    for text in session.scalars(select(PetitionText).where(PetitionText.version == 2)):
        if text.locale != "en":
            session.delete(text)
    first = select(PetitionText.id).where(PetitionText.version == 1, PetitionText.locale == "en").limit(1)
    session.execute(
        update(PetitionText).where(PetitionText.locale != "en").values(source_text_id=session.scalar(first))
    )


def mailbox_full(session: Session) -> None:
    """As many have signed from this mailbox as may."""
    mailbox = select(Signature.mailbox).where(Signature.key == "pending").scalar_subquery()
    signers = select(Signature.id).where(Signature.status == "confirmed").order_by(Signature.id.desc()).limit(2)
    for seat, number in enumerate(session.scalars(signers).all()):
        session.execute(update(Signature).where(Signature.id == number).values(mailbox=mailbox, seat=1 + seat))


def of_signature(key: str) -> Update:
    return update(Signature).where(Signature.key == key)
