"""Sealing that is turned on later: all that is there is converted, whatever comes in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.models import InvalidationRule, OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.sealing import boxes, converting, names, state
from petition_app.sealing.turning_on import NewKeys
from petition_app.signing import rules
from petition_app.signing.criteria import Criteria, find
from petition_app.transactions import writing
from petition_app.updates import mailing
from tests.databases import both_engines
from tests.mail.conftest import Memory
from tests.sealing.conftest import PASSPHRASE, convert, everything
from tests.story import confirmed, link_in, mails, mails_to, sign
from tests.updates.conftest import MakeCrowd, MakeUpdate, send_now
from tests.visitor import Visitor

Seal = Callable[[], NewKeys]


def signatures() -> list[Any]:
    db.session.rollback()
    columns = (Signature.id, Signature.status, Signature.email, Signature.sealed_email, Signature.mailbox)
    return list(db.session.execute(select(*columns).order_by(Signature.id)).all())


@both_engines
def test_everything_that_was_there_is_sealed(
    app: Flask, client: Visitor, petition: Petition, make_crowd: MakeCrowd, seal: Seal, settings: Settings
) -> None:
    make_crowd(petition, 250)
    confirmed(app, client)
    sign(client, email="bob@example.org", given_name="Bob")
    link = link_in(mails(app)[-1])
    with writing() as session:
        member = None
        rules.make_rule(session, Criteria(petition.id, email="s7@example.org"), [], "a test", member)
    keys = seal()
    convert()
    assert state.current() is not None
    assert not state.current().is_converting  # type: ignore[union-attr]
    rows = signatures()
    assert [row.email for row in rows if row.email] == ["bob@example.org"]  # who waits is readable
    assert all(names.is_hashed(row.mailbox) for row in rows)
    private_key = boxes.unlocked(keys.passphrase_lock, PASSPHRASE)
    opened = [boxes.opened_address(row.sealed_email, private_key) for row in rows if row.sealed_email]
    assert opened == [f"s{n}@example.org" for n in range(250)] + ["alice@example.org"]
    assert client.post(link).status_code == 303
    held = everything(settings)
    assert [name for name in (b"s7@example.org", b"alice@example.org", b"bob@example.org") if name in held] == []
    criteria = json.loads(db.session.scalars(select(InvalidationRule.criteria)).one())
    assert set(criteria) == {"mailbox"}


@both_engines
def test_it_goes_on_where_it_was_broken_off(
    app: Flask, petition: Petition, make_crowd: MakeCrowd, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_crowd(petition, 60)
    seal()
    monkeypatch.setattr(converting, "BATCH", 7)
    calls = 0

    def die() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        converting.advance(now(), die)
    assert sum(row.email is None for row in signatures()) == 21
    sealed, place = converting.progress()
    assert (sealed, place) == (21, signatures()[20].id)
    convert()
    assert sum(row.email is None for row in signatures()) == 60
    assert converting.progress()[0] == 60


@both_engines
def test_a_mailbox_is_one_while_it_is_converted(
    app: Flask, client: Visitor, make_petition: Callable[..., Petition], seal: Seal
) -> None:
    """Who signed before is known at once; who waits from before takes no second seat."""
    make_petition(signers_per_mailbox=1)
    confirmed(app, client)
    sign(client, email="bob@example.org", given_name="Bob")
    link = link_in(mails(app)[-1])
    seal()
    sign(client)  # Alice once more
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 2
    sign(client, email="bob@example.org", given_name="Charlie")
    other = link_in(mails_to(app, "bob@example.org")[-1])
    assert client.post(link).status_code == 303
    assert client.post(other).status_code == 409
    assert len(find(Criteria(None, email="alice@example.org"), 0, 9).items) == 1
    convert()
    assert [row.status for row in signatures()] == ["confirmed", "confirmed", "pending"]


@both_engines
def test_one_who_confirmed_beside_it_by_a_process_that_did_not_know_yet(
    app: Flask, client: Visitor, petition: Petition, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(app, client)
    seal()
    converting.advance(now())
    assert signatures()[0].email is None
    with writing() as session:  # what such a process would write: the same person, under the old name
        first = session.scalars(select(Signature)).one()
        columns = {c.key: getattr(first, c.key) for c in Signature.__table__.columns if c.key not in ("id", "key")}
        columns |= {"email": "alice@example.org", "mailbox": "alice@example.org", "sealed_email": None}
        session.add(Signature(**columns))
    convert()
    rows = signatures()
    assert [row.email for row in rows] == [None, None]
    assert rows[1].mailbox.startswith(rows[0].mailbox)


@both_engines
def test_a_mailing_that_was_under_way_tells_nobody_twice(
    app: Flask, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate, seal: Seal
) -> None:
    from petition_app.sealing.keyring import keyring

    make_crowd(petition, 20)
    update_id = make_update(petition, per_minute=30)
    send_now(update_id)
    mailing.advance(update_id, now())
    transport, at = Memory(), now() + timedelta(seconds=8)
    while outbox.send_due(at, transport):
        pass
    before = len(transport.mails)
    assert 0 < before < 20
    keys = seal()
    convert()
    assert {row.recipient for row in db.session.scalars(select(OutboxMessage))} == {""}
    keyring().hold(("update", update_id), boxes.unlocked(keys.passphrase_lock, PASSPHRASE))
    for minute in range(1, 4):
        at = now() + timedelta(minutes=minute)
        mailing.advance(update_id, at)
        while outbox.send_due(at, transport):
            pass
    assert sorted(transport.recipients) == sorted(f"s{n}@example.org" for n in range(20))
