"""States of the sample that a deed needs: made for one look, as those of rare_states.py."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from petition_app.admin import limits, passphrase, passwords, set_up
from petition_app.admin.translations.rare_states import no_team
from petition_app.admin.translations.sample_data import OPEN
from petition_app.admin.translations.sample_desk import TEAM
from petition_app.antiabuse.rate_limit import Limit
from petition_app.models import Member, Passkey, Petition, PetitionText, RateCount, Signature
from petition_app.models.base import now
from petition_app.web.site import settings

# What opens accounts of the sample; nothing of it opens anything elsewhere.
PASSWORD = "seven made up words for one look"  # noqa: S105  # of nobody
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105  # the same


# A picture of four pixels, and one that says that it has thirty million.
PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR42mM8wcDEwAAAA/oAzJ1i2jMAAAAASUVORK5CYII=")
HUGE_PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAF3AAABOIAQAAAADGoQWJAAAACElEQVR4nAMAAAAAAUgGidIAAAAASUVORK5CYII=")


def petition(session: Session, slug: str) -> Petition:
    return session.scalars(select(Petition).where(Petition.slug == slug)).one()


def member(session: Session, key: str = TEAM) -> Member:
    return session.scalars(select(Member).where(Member.mailbox == f"{key}@example.org")).one()


def as_editor(session: Session) -> None:
    """Somebody who writes petitions, and may not set the site up."""
    member(session).role = "editor"


def with_password(session: Session) -> None:
    member(session).password_hash = passwords.hash_of(PASSWORD)


def with_second_factor(session: Session) -> None:
    member(session).totp_secret = SECRET
    member(session).confirm_second_factor(0, now())


def half_set_up(session: Session) -> None:
    """A second factor that was proposed, and whose first code is still to come."""
    member(session).propose_second_factor(SECRET)


def code() -> str:
    """What the app shows now."""
    return pyotp.TOTP(SECRET).now()


def alone(session: Session) -> None:
    """One administrator, and nobody else."""
    session.execute(delete(Member).where(Member.mailbox != f"{TEAM}@example.org"))


def set_up_code() -> dict[str, str]:
    """What the server has printed, where nobody has joined yet."""
    return {"code": set_up.new_code() or ""}


def with_used_passkey(session: Session) -> None:
    """The second of the sample's."""
    made = Passkey(member_id=member(session).id, credential_id="own", public_key=b"", name="Telephone")
    made.use(1, now())
    session.add(made)


def in_one_language(session: Session) -> None:
    """A petition that has one text, in one version."""
    main = petition(session, OPEN).text_for("en")
    session.execute(update(Signature).where(Signature.petition_id == main.petition_id).values(text_id=main.id))
    of_it = PetitionText.petition_id == main.petition_id
    session.execute(delete(PetitionText).where(of_it, PetitionText.id != main.id))


def many_tries(session: Session) -> None:
    """Whoever tries anything has tried too often; the settings must ask for it (CONTROLLED)."""
    networks = (*limits.SIGN_IN_NETWORK, *limits.RESET_NETWORK, *limits.SET_UP_NETWORK)
    accounts = (*limits.AGAIN_ACCOUNT, *passphrase.TRIES)
    at = now()
    for limit, who in [*((limit, "unknown") for limit in networks), *((limit, _MAILBOX) for limit in accounts)]:
        session.add_all(_full(limit, who, moment) for moment in (at, at + timedelta(seconds=limit.seconds)))


def many_tries_before_the_team(session: Session) -> None:
    no_team(session)
    many_tries(session)


CONTROLLED = {"abuse_controls": True}
_MAILBOX = f"{TEAM}@example.org"


def _full(limit: Limit, who: str, at: datetime) -> RateCount:
    return RateCount(key=limit.key(who, at, settings().network_key), count=limit.most, expires_at=limit.ends(at))
