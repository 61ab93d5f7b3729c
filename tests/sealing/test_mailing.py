"""An update to sealed addresses: the passphrase opens them in a worker's memory, and a crash forgets it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from petition_app.config import Settings
from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.models import AuditEntry, HandedKey, OutboxMessage, Petition, Signature, WorkerKey
from petition_app.models.base import now
from petition_app.sealing import handing_over
from petition_app.sealing.handing_over import Receiver
from petition_app.sealing.keyring import Keyring, keyring
from petition_app.sealing.turning_on import NewKeys
from petition_app.transactions import writing
from petition_app.updates import mailing
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk
from tests.databases import both_engines
from tests.mail.conftest import Memory
from tests.sealing.conftest import PASSPHRASE, convert, everything
from tests.updates.conftest import MakeCrowd, MakeUpdate, stored

SIGNERS = 12


@pytest.fixture
def crowd(petition: Petition, make_crowd: MakeCrowd, seal: Callable[[], NewKeys]) -> NewKeys:
    """Signers of before, whose addresses are sealed by now."""
    make_crowd(petition, SIGNERS)
    keys = seal()
    convert()
    assert db.session.scalars(select(Signature.email).distinct()).all() == [None]
    db.session.rollback()
    return keys


@pytest.fixture
def draft(petition: Petition, make_update: MakeUpdate, crowd: NewKeys) -> int:
    return make_update(petition, per_minute=2400)


def send(desk: Desk, update_id: int, passphrase: str | None = PASSPHRASE, **fields: str) -> int:
    path = f"/admin/updates/clean-water/{update_id}/sending"
    desk.get(path)
    version = str(stored(update_id).version)
    sent = {"by_mail": "yes", "per_minute": "2400", "when": "now", "version": version, **fields}
    return desk.send(path, **sent, passphrase=passphrase).status_code


def work(transport: Memory, receiver: Receiver | None = None, rounds: int = 3) -> None:
    """What a worker does in its rounds, as time passes."""
    for step in range(rounds):
        at = now() + timedelta(minutes=step)
        if receiver is not None:
            receiver.attend()
        mailing.advance_all(at)
        while outbox.send_due(at, transport):
            pass


def told(transport: Memory) -> Counter[str]:
    return Counter(str(mail["To"]) for mail in transport.mails)


EVERYBODY = Counter(f"s{n}@example.org" for n in range(SIGNERS))


@both_engines
def test_with_the_passphrase_everybody_is_told_and_nothing_is_left_readable(
    alice: Desk, draft: int, receiver: Receiver, settings: Settings
) -> None:
    transport = Memory()
    assert send(alice, draft) == 303
    mailing.advance(draft, now())
    assert set(db.session.scalars(select(OutboxMessage.recipient))) == {""}
    held = everything(settings)
    assert b"s1@example.org" not in held
    assert PASSPHRASE.encode() not in held
    work(transport, receiver)
    assert told(transport) == EVERYBODY
    update = stored(draft)
    assert (update.state, update.sent) == ("sent", SIGNERS)
    assert b"s1@example.org" not in everything(settings)
    # The job is over: nobody has the key any more.
    receiver.attend()
    assert keyring().jobs() == []
    assert db.session.query(HandedKey).count() == 0


@both_engines
def test_a_wrong_passphrase_sends_nothing(alice: Desk, draft: int, receiver: Receiver) -> None:
    assert send(alice, draft, "four green herons sleep") == 422
    assert stored(draft).state == "draft"
    assert send(alice, draft, "") == 303  # left for somebody else to enter
    transport = Memory()
    work(transport, receiver)
    assert transport.mails == []
    path = f"/admin/updates/clean-water/{draft}"
    waiting = alice.get(path).get_data(as_text=True)
    assert "waits for the passphrase" in waiting
    assert "hx-trigger" not in waiting.partition('id="mailing"')[2].partition(">")[0]
    assert "waits for the passphrase" in alice.get("/admin/").get_data(as_text=True)
    assert alice.send(f"{path}/passphrase", passphrase="no such thing").status_code == 422
    assert alice.send(f"{path}/passphrase", passphrase=PASSPHRASE).status_code == 303
    assert "waits for the passphrase" not in alice.get(path).get_data(as_text=True)
    work(transport, receiver)
    assert told(transport) == EVERYBODY
    assert PASSPHRASE not in str(db.session.scalars(select(AuditEntry.details)).all())


@both_engines
def test_the_recovery_key_opens_too(alice: Desk, draft: int, receiver: Receiver, crowd: NewKeys) -> None:
    transport = Memory()
    assert send(alice, draft, crowd.recovery_key.replace("-", " ").lower()) == 303
    work(transport, receiver)
    assert told(transport) == EVERYBODY


@both_engines
def test_after_a_crash_it_waits_and_goes_on_with_nobody_told_twice(
    app: Flask, alice: Desk, draft: int, receiver: Receiver
) -> None:
    transport = Memory()
    assert send(alice, draft) == 303
    receiver.attend()
    mailing.advance(draft, now())
    at = now() + timedelta(minutes=1)
    outbox.send_due(at, transport, limit=5)
    assert 0 < len(transport.mails) < SIGNERS
    # The worker dies: what was in its memory is gone, and its place in the list runs out.
    app.extensions["keyring"] = Keyring()
    with writing() as session:
        session.execute(update(WorkerKey).values(alive_until=now() - timedelta(seconds=1)))
    next_one = Receiver()
    next_one.attend()
    work(transport, next_one)
    assert len(transport.mails) < SIGNERS
    assert mailing.waits_for_key(stored(draft), now())
    path = f"/admin/updates/clean-water/{draft}"
    assert "waits for the passphrase" in alice.get(path).get_data(as_text=True)
    alice.send(f"{path}/passphrase", passphrase=PASSPHRASE)
    work(transport, next_one)
    assert told(transport) == EVERYBODY


@both_engines
def test_stopped_it_forgets_the_key(alice: Desk, draft: int, receiver: Receiver) -> None:
    transport = Memory()
    send(alice, draft)
    receiver.attend()
    path = f"/admin/updates/clean-water/{draft}"
    alice.send(f"{path}/stop")
    receiver.attend()
    assert keyring().jobs() == []
    alice.send(f"{path}/resumption")
    work(transport, receiver)
    assert transport.mails == []
    alice.send(f"{path}/passphrase", passphrase=PASSPHRASE)
    work(transport, receiver)
    assert told(transport) == EVERYBODY


def test_a_scheduled_one_keeps_the_key_until_its_moment(alice: Desk, draft: int, receiver: Receiver) -> None:
    day = (now() + timedelta(days=1)).date().isoformat()
    assert send(alice, draft, when="later", day=day, time="12:00") == 303
    receiver.attend()
    assert keyring().jobs() == [("update", draft)]
    alice.send(f"/admin/updates/clean-water/{draft}/calling-off")
    receiver.attend()
    assert keyring().jobs() == []


def test_without_a_worker_the_one_who_types_is_told(alice: Desk, draft: int) -> None:
    assert send(alice, draft) == 303
    page = alice.get(f"/admin/updates/clean-water/{draft}").get_data(as_text=True)
    assert "No worker is running" in page
    assert "waits for the passphrase" in page


def test_an_editor_may_send_and_leave_the_passphrase_to_others(as_member: AsMember, draft: int) -> None:
    editor, translator = as_member("editor", "Bob"), as_member("translator", "Charlie")
    path = f"/admin/updates/clean-water/{draft}/passphrase"
    assert translator.send(path, passphrase=PASSPHRASE).status_code == 403
    assert send(editor, draft, "") == 303
    assert editor.send(path, passphrase=PASSPHRASE).status_code == 303


def test_a_key_that_this_site_did_not_publish_is_handed_nothing(app: Flask, alice: Desk, draft: int) -> None:
    """Whoever can write into the database alone is not a worker."""
    from petition_app.sealing import boxes

    _private, public = boxes.new_pair()
    with writing() as session:
        until = now() + timedelta(hours=1)
        session.add(WorkerKey(name="elsewhere:1", public_key=public, mark="0" * 64, alive_until=until))
    send(alice, draft)
    assert db.session.query(HandedKey).count() == 0
    assert not handing_over.is_held(("update", draft), now())


def test_those_who_share_a_mailbox_are_told_once_and_can_leave(
    app: Flask, alice: Desk, petition: Petition, draft: int, receiver: Receiver
) -> None:
    from tests.story import link_in, mails, sign

    client = app.test_client()
    for name in ("Ada",):
        sign(client, email="s3@example.org", given_name=name, consent_petition_news="y")
        client.post(link_in(mails(app)[-1]))
    transport = Memory()
    send(alice, draft)
    work(transport, receiver)
    assert told(transport) == EVERYBODY
    mail = next(mail for mail in transport.mails if mail["To"] == "s3@example.org")
    way_out = str(mail["List-Unsubscribe"]).strip("<>").partition("localhost")[2].partition("/")[2]
    client.post(f"/{way_out}")
    assert stored(draft).unsubscribed == 1
