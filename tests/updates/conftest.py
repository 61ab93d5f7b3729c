"""What tests of updates stand on: signers who asked for news, and an update that is ready to go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import insert, select

from petition_app.extensions import db
from petition_app.i18n.locales import use_locale
from petition_app.mail import outbox
from petition_app.models import Consent, Petition, Signature, Update, UpdateText
from petition_app.models.base import now
from petition_app.models.names import name_key
from petition_app.models.signature import new_key
from petition_app.privacy.consent import keep_wordings
from petition_app.transactions import writing
from petition_app.updates import mailing, recipients

# The fixtures of the mails' own tests serve here as well.
from tests.mail.conftest import Memory, clock, make_signature, smtp, start_smtp, start_worker

__all__ = ["Memory", "clock", "make_signature", "smtp", "start_smtp", "start_worker"]

MakeCrowd = Callable[..., Sequence[int]]
MakeUpdate = Callable[..., int]


@pytest.fixture
def make_crowd(app: Flask) -> MakeCrowd:
    """`make_crowd(petition, 30)`: signers who count and have asked for news; answers with their ids, in order."""

    def make(petition: Petition, size: int, *, name: str = "s", locale: str = "fr", **values: Any) -> Sequence[int]:
        petition_id = petition.id
        begun = now() - timedelta(days=1)
        with writing() as session:
            text_id = session.get_one(Petition, petition_id).text_for(locale).id
            rows = [_row(petition_id, text_id, f"{name}{n}", locale, begun, n, values) for n in range(size)]
            with use_locale(locale):
                wording = keep_wordings(session.connection(), begun)["petition_news"]
            session.execute(insert(Signature), rows)
            keys = [row["key"] for row in rows]
            ids = list(session.scalars(select(Signature.id).where(Signature.key.in_(keys)).order_by(Signature.id)))
            consents = [
                {"signature_id": key, "wording_id": wording, "purpose": "petition_news", "given_at": begun}
                for key in ids
            ]
            session.execute(insert(Consent), consents)
        return ids

    return make


def _row(
    petition_id: int, text_id: int, name: str, locale: str, begun: datetime, n: int, values: dict[str, Any]
) -> dict[str, Any]:
    return {
        "key": new_key(),
        "petition_id": petition_id,
        "text_id": text_id,
        "locale": locale,
        "status": "confirmed",
        "given_name": name.title(),
        "surname": "Exemple",
        "name_key": name_key(name, "Exemple"),
        "email": f"{name}@example.org",
        "mailbox": f"{name}@example.org",
        "seat": 1,
        "name_display": "full",
        "created_at": begun,
        "confirmed_at": begun + timedelta(seconds=n // 3),
        **values,
    }


@pytest.fixture
def make_update(app: Flask) -> MakeUpdate:
    """`make_update(petition, per_minute=600)`: a draft in French, by its id; `texts` says otherwise."""

    def make(petition: Petition, texts: dict[str, tuple[str, str]] | None = None, **values: Any) -> int:
        petition_id = petition.id
        with writing() as session:
            update = Update(petition_id=petition_id, member_name="Bob", edited_by="Bob", **values)
            update.texts = [
                UpdateText(locale=locale, title=title, body=body)
                for locale, (title, body) in (texts or {"fr": ("La mairie répond", "Elle **répond**.")}).items()
            ]
            session.add(update)
        return update.id

    return make


def send_now(update_id: int) -> None:
    """What a press on the button does."""
    update = db.session.get_one(Update, update_id)
    at = now()
    foreseen = recipients.count(update.petition_id, at)
    with writing() as session:
        mailing.send(session, update_id, at, until=at, foreseen=foreseen)


def stored(update_id: int) -> Update:
    """The update as it is in the database now."""
    db.session.rollback()
    return db.session.get_one(Update, update_id, populate_existing=True)


def work(clock: time_machine.Traveller, transport: Memory, *, seconds: int, step: int = 10) -> None:
    """The worker's day: every ten seconds it looks what is due, and sends."""
    for _ in range(0, seconds, step):
        mailing.advance_all(now())
        while outbox.send_due(now(), transport):
            pass
        clock.shift(timedelta(seconds=step))
