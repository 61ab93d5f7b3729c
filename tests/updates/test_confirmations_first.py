"""Nothing waits for an update: a person waits for a confirmation in front of the screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
import time_machine
from sqlalchemy import insert

from petition_app.mail import outbox
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.models.outbox_message import LEASE
from petition_app.transactions import writing
from petition_app.updates import mailing
from tests.databases import both_engines
from tests.mail.conftest import enqueue
from tests.updates.conftest import MakeCrowd, MakeUpdate, Memory, send_now, work

MINUTE = timedelta(minutes=1)


@pytest.fixture
def variables() -> dict[str, str]:
    return {"PETITION_ABUSE_CONTROLS": "on"}


@pytest.fixture
def flood(clock: time_machine.Traveller, petition: Petition, make_update: MakeUpdate) -> int:
    """Five thousand mails of an update, all of them due."""
    update_id = make_update(petition)
    at = now()
    with writing() as session:
        session.execute(insert(OutboxMessage), [_queued(update_id, n, at - MINUTE) for n in range(5000)])
    return update_id


@both_engines
def test_a_confirmation_goes_first(flood: int, petition: Petition, make_signature: Callable[..., Signature]) -> None:
    enqueue("confirmation", make_signature(petition))
    transport = Memory()
    assert outbox.send_due(now(), transport) == 1
    assert transport.recipients == ["alice@example.org"]


@both_engines
def test_one_that_comes_while_they_are_sent_is_the_next(
    flood: int, petition: Petition, make_crowd: MakeCrowd, make_signature: Callable[..., Signature]
) -> None:
    ids = make_crowd(petition, 60)
    with writing() as session:
        rows = session.query(OutboxMessage).order_by(OutboxMessage.id).limit(60).all()
        for row, signature_id in zip(rows, ids, strict=True):
            row.signature_id = signature_id
    transport = Memory()

    def sign(_mail: EmailMessage) -> None:
        if len(transport.mails) == 2:
            enqueue("confirmation", make_signature(petition))

    transport.before = sign
    while not any("alice@" in to for to in transport.recipients):
        assert outbox.send_due(now(), transport) > 0
    assert transport.recipients.index("alice@example.org") == 3
    # The batch that gave way is nobody's: the next round goes on with it at once.
    assert outbox.send_due(now(), transport) > 0


@both_engines
def test_a_mailbox_that_is_just_being_told_gets_its_confirmation_as_well(
    clock: time_machine.Traveller, petition: Petition, make_update: MakeUpdate, make_crowd: MakeCrowd,
    make_signature: Callable[..., Signature],
) -> None:  # fmt: skip
    make_crowd(petition, 1, name="alice")
    send_now(make_update(petition))
    mailing.advance_all(now())
    with writing() as session:  # a worker has it in hand
        session.query(OutboxMessage).update({"claimed_until": now() + LEASE})
    enqueue("confirmation", make_signature(petition, given_name="Carla"))
    transport = Memory()
    assert outbox.send_due(now(), transport) == 1
    assert "Confirm" in str(transport.mails[0]["Subject"]) or "onfirmez" in str(transport.mails[0]["Subject"])


def test_it_counts_for_nobodys_pace(
    clock: time_machine.Traveller, petition: Petition, make_update: MakeUpdate, make_crowd: MakeCrowd,
    make_signature: Callable[..., Signature],
) -> None:  # fmt: skip
    make_crowd(petition, 1, name="alice")
    send_now(make_update(petition))
    work(clock, transport := Memory(), seconds=10)
    assert len(transport.mails) == 1
    queued = enqueue("confirmation", make_signature(petition, given_name="Carla"))
    assert queued is not None
    assert queued.due_at == now()
    assert outbox.send_due(now(), transport) == 1


def _queued(update_id: int, number: int, at: datetime) -> dict[str, object]:
    return {
        "kind": "update",
        "priority": 50,
        "update_id": update_id,
        "locale": "fr",
        "recipient": f"m{number}@example.org",
        "mailbox": f"m{number}@example.org",
        "message_id": f"<{number}@localhost>",
        "created_at": at,
        "due_at": at,
        "status": "queued",
    }
