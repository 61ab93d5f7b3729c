"""The wordings of the consents: shown to every signer, kept once each, and named by what was agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from petition_app.i18n.locales import selected_locale
from petition_app.models import Consent, ConsentWording, Signature
from petition_app.models.consent import wording_hash
from petition_app.web.site import association_name

# The boxes under the form, each for one purpose. None of them can be ticked beforehand: there is no setting for it.
BOXES = ("processing", "petition_news", "association_news")
OPTIONAL_BOXES = ("petition_news", "association_news")


def wordings() -> dict[str, str]:
    """The wording of each purpose in the current locale, as it is shown and kept."""
    name = association_name()
    return {
        "processing": _(
            "I agree that %(association)s processes my signature, which shows an opinion of mine, "
            "in order to count it and to deliver it to the recipients of this petition.",
            association=name,
        ),
        "petition_news": _("I would like %(association)s to e-mail me news about this petition.", association=name),
        "association_news": _("I would like %(association)s to e-mail me about its other actions.", association=name),
        "name_display": _("How my name is shown on the public page"),
    }


def record(session: Session, signature: Signature, given: Mapping[str, str], at: datetime) -> None:
    """Keep what was agreed to: `given` has a purpose and its value (`yes`, or how the name is shown) each."""
    locale, shown = selected_locale(), wordings()  # of the page that shows them, whatever was signed in
    ids = _wording_ids(session, locale, {purpose: shown[purpose] for purpose in given}, at)
    for purpose, value in given.items():
        signature.consents.append(Consent(purpose=purpose, wording_id=ids[purpose], value=value, given_at=at))


def change(session: Session, signature: Signature, purpose: str, value: str | None, at: datetime) -> None:
    """The signer's mind as of now: withdraw what is no longer so, record what is new. None withdraws."""
    current = signature.consent_to(purpose)
    standing = current.value if current is not None and current.withdrawn_at is None else None
    if standing == value:
        return
    if current is not None:
        current.withdraw(at)
    if value is not None:
        record(session, signature, {purpose: value}, at)


def _wording_ids(session: Session, locale: str, shown: Mapping[str, str], at: datetime) -> dict[str, int]:
    hashes = {wording_hash(purpose, locale, text): purpose for purpose, text in shown.items()}
    known = _look_up(session, hashes)
    if missing := hashes.keys() - known.keys():
        insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        rows = [
            {"hash": h, "purpose": hashes[h], "locale": locale, "text": shown[hashes[h]], "first_shown_at": at}
            for h in sorted(missing)
        ]
        session.execute(insert(ConsentWording).values(rows).on_conflict_do_nothing(index_elements=["hash"]))
        known = _look_up(session, hashes)
    return {hashes[h]: known[h] for h in hashes}


def _look_up(session: Session, hashes: Mapping[str, str]) -> dict[str, int]:
    rows = session.execute(select(ConsentWording.hash, ConsentWording.id).where(ConsentWording.hash.in_(hashes)))
    return {row.hash: row.id for row in rows}
