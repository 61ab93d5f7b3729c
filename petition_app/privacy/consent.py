"""The wordings of the consents: shown to every signer, kept once each, and named by what was agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Connection, Insert, Integer, Select, bindparam, case, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from petition_app.i18n.locales import selected_locale
from petition_app.models import Consent, ConsentWording, Signature
from petition_app.models.base import UTCDateTime
from petition_app.models.consent import wording_hash
from petition_app.ready_made import ReadyMade
from petition_app.web.site import association_name

# The boxes under the form, each for one purpose. None of them can be ticked beforehand: there is no setting for it.
BOXES = ("processing", "petition_news", "association_news")
OPTIONAL_BOXES = ("petition_news", "association_news")


def wordings() -> dict[str, str]:
    """The wording of each purpose in the current locale, as it is shown and kept. Worded once in a request."""
    worded: dict[str, dict[str, str]] = g.setdefault("consent_wordings", {})
    locale = selected_locale()
    if locale not in worded:
        worded[locale] = _wordings(association_name())
    return worded[locale]


def _wordings(name: str) -> dict[str, str]:
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


def record(connection: Connection, signature_id: int, given: Mapping[str, str], at: datetime) -> None:
    """Keep what was agreed to: `given` has a purpose and its value (`yes`, or how the name is shown) each."""
    row = {"signature": signature_id, **parameters(given, at)}
    if _INSERT.execute(connection, row).rowcount != len(given):
        record_rest(connection, signature_id, given, at)


def record_rest(connection: Connection, signature_id: int, given: Mapping[str, str], at: datetime) -> None:
    """Record what `recording` could not, for its wording is shown for the first time."""
    keep_wordings(connection, at)
    connection.execute(_INSERT_REST, {"signature": signature_id, **parameters(given, at)})


def recording(signature: ColumnElement[int]) -> Insert:
    """The statement that records what is agreed to for a signature, if there is one, given its `parameters`."""
    return insert(Consent).from_select(_COLUMNS, _agreed(signature).where(signature.is_not(None)))


def parameters(given: Mapping[str, str], at: datetime) -> dict[str, Any]:
    locale, shown = selected_locale(), wordings()  # of the page that shows them, whatever was signed in
    names = [wording_hash(purpose, locale, shown[purpose]) for purpose in given]
    row = {f"hash{n}": name for n, name in enumerate([*names, "", "", "", ""][:4])}
    return {"agreed_at": at, "shown_as": given.get("name_display", ""), **row}


def keep_wordings(connection: Connection, at: datetime) -> dict[str, int]:
    """See to it that the wordings of the current locale are kept; answers with their ids by purpose."""
    locale = selected_locale()
    hashes = {wording_hash(purpose, locale, text): (purpose, text) for purpose, text in wordings().items()}
    rows = [
        {"hash": name, "purpose": purpose, "locale": locale, "text": text, "first_shown_at": at}
        for name, (purpose, text) in sorted(hashes.items())
    ]
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(ConsentWording).values(rows).on_conflict_do_nothing(index_elements=["hash"]))
    kept = connection.execute(select(ConsentWording.purpose, ConsentWording.id).where(ConsentWording.hash.in_(hashes)))
    return {row.purpose: row.id for row in kept}


def change(session: Session, signature: Signature, purpose: str, value: str | None, at: datetime) -> None:
    """The signer's mind as of now: withdraw what is no longer so, record what is new. None withdraws."""
    current = signature.consent_to(purpose)
    standing = current.value if current is not None and current.stands else None
    if standing == value:
        return
    if current is not None:
        current.withdraw(at)
    if value is not None:
        record(session.connection(), signature.id, {purpose: value}, at)
        session.expire(signature, ["consents"])


def _agreed(signature: ColumnElement[int]) -> Select[Any]:
    """One statement for all consents of a signer: each finds its wording by the hash that names it."""
    return select(
        signature,
        ConsentWording.id,
        ConsentWording.purpose,
        case((ConsentWording.purpose == "name_display", bindparam("shown_as")), else_="yes"),
        _AT,
    ).where(or_(*(ConsentWording.hash == bindparam(f"hash{n}") for n in range(4))))


_SIGNATURE, _AT = bindparam("signature", type_=Integer), bindparam("agreed_at", type_=UTCDateTime)
_COLUMNS = ["signature_id", "wording_id", "purpose", "value", "given_at"]
_INSERT = ReadyMade(insert(Consent).from_select(_COLUMNS, _agreed(_SIGNATURE)))
_RECORDED = select(Consent.id).where(
    Consent.signature_id == _SIGNATURE, Consent.wording_id == ConsentWording.id, Consent.given_at == _AT
)
_INSERT_REST = insert(Consent).from_select(_COLUMNS, _agreed(_SIGNATURE).where(~_RECORDED.exists()))
