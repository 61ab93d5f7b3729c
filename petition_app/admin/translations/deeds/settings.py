"""The site's settings, its mail server, sealed addresses; what is counted of a petition."""

from __future__ import annotations

import smtplib
import socket
import ssl
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from petition_app.admin.translations.deeds.deed import Deed, seen, sent
from petition_app.admin.translations.deeds.states import PASSWORD, PNG, petition
from petition_app.admin.translations.sample_data import OPEN
from petition_app.admin.translations.visits import File
from petition_app.antiabuse.providers import OTHERS
from petition_app.config_values import MailServer
from petition_app.mail import trial
from petition_app.mail.trial import Outcome
from petition_app.models import Consent, ConsentWording, Tally, TallyState, VisitCount
from petition_app.models.base import now
from petition_app.pictures.reading import INSTALL
from petition_app.statistics.departements import NAMES

_SERVER = MailServer("mail.example.org", 587, tls=False, user="petition", password=PASSWORD)
_NAMELESS = {"site_url": "https://petitions.example.org", "association_contact": ""}
# What may be wrong with a mail server, as the library for mails says it.
_FAILURES = (
    socket.gaierror(),
    ConnectionRefusedError(),
    ssl.SSLCertVerificationError(),
    ssl.SSLError(),
    TimeoutError(),
    smtplib.SMTPServerDisconnected(),
    smtplib.SMTPAuthenticationError(535, b"5.7.8 authentication failed"),
    smtplib.SMTPNotSupportedError(),
    smtplib.SMTPSenderRefused(550, b"5.7.1 refused", "petition@example.org"),
    smtplib.SMTPRecipientsRefused({}),
    smtplib.SMTPResponseException(554, b"5.3.4 too large"),
    OSError(),
)


def _failed(cause: Exception) -> Outcome:
    failure = RuntimeError("554 5.7.1 refused")
    failure.__cause__ = cause
    return Outcome(False, trial.explained(failure, _SERVER), trial.technical(failure))


def _tried(outcome: Any) -> Deed:
    """The page of the mail server after a trial; what came of it is worded when somebody looks."""
    return seen("settings-mail", told={"outcome": outcome, "may_save_anyway": True})


def _counted(session: Session, *, is_complete: bool = True) -> None:
    """What the numbers of a petition are made of, more than are shown at once."""
    number, at = petition(session, OPEN).id, now()
    for kind, keys in (("departement", list(NAMES)[:20]), ("provider", ["example.org", OTHERS]), ("country", ["FR"])):
        session.add_all(Tally(petition_id=number, generation=1, kind=kind, key=key, count=3) for key in keys)
    sources = ("", "(other)", "via:mail", "news.example.org")
    session.add_all(
        VisitCount(petition_id=number, day=at.date(), source=source, views=9, signed=3) for source in sources
    )
    counted = {"begun_at": at, "counted_until": at, "counted": 60, "is_complete": is_complete}
    session.add(TallyState(petition_id=number, generation=1, **counted))


def _behind_a_cdn(session: Session) -> None:
    number = petition(session, OPEN).id
    session.add(VisitCount(petition_id=number, day=now().date(), source="(cdn)", views=9, signed=3))


def _nobody_agreed(session: Session) -> None:
    session.execute(delete(Consent))
    session.execute(delete(ConsentWording))


_SEALING = "/admin/settings/sealing"
_NEW = {"new": PASSWORD, "again": PASSWORD}
_SEALED = ((_SEALING, _NEW),)
_CHANGED = {"present": PASSWORD, "new": f"{PASSWORD} more", "again": f"{PASSWORD} more"}
_LANGUAGES = {"order": ["en", "fr"], "locales": ["en", "fr"]}
_FILE = "/admin/exports/file/2/passphrase"

DEEDS: list[Deed] = [
    seen("settings", settings=_NAMELESS),
    seen("dashboard", settings=_NAMELESS),
    seen("settings-association", "/admin/settings/association?set-up=1"),
    Deed("settings-association", told={"fixed": {"association_name": "PETITION_ASSOCIATION_NAME"}}),
    *sent("settings-association", {"signers_kept_months": "99"}),
    *sent("settings-appearance", {"accent_colour": "red"}, {"accent_colour": "#ffee00", "act": "preview"}),
    *sent("settings-appearance", {"logo": File("a.png", PNG)}),
    seen("settings-appearance", told={"install": INSTALL}),
    seen("pictures", told={"install": INSTALL}),
    *sent("settings-languages", _LANGUAGES | {"default": "de"}, _LANGUAGES | {"default": "fr", "timezone": "x"}),
    *sent("settings-mail", {"sender": "x"}, {"act": "test"}),
    *(_tried(lambda cause=cause: _failed(cause)) for cause in _FAILURES),
    *map(_tried, (lambda: trial.let_in("TLS 1.3"), lambda: trial.taken("team@example.org", "250 OK"), trial.busy)),
    *(seen("settings-mail", told={name: True}) for name in ("has_lost_password", "has_password", "has_typed_password")),
    *sent("settings-sealing", {"new": PASSWORD, "again": "another"}, _NEW),
    seen("settings-sealing", told={"is_installed": False}),
    seen("settings-sealing", told={"lacks_key": True}),
    *sent("settings-sealing", _NEW, told={"on_sqlite": False}),
    *sent("settings-sealing", _CHANGED, _CHANGED | {"present": "another"}, to=f"{_SEALING}/passphrase", first=_SEALED),
    *sent("exports", {"passphrase": PASSWORD}, to=_FILE, first=_SEALED),
    seen("privacy", before=_nobody_agreed),
    seen("numbers", before=_counted),
    seen("numbers", before=lambda session: _counted(session, is_complete=False)),
    seen("numbers", before=_behind_a_cdn),
]
