"""What a worker has in hand: one mail at the server, the one before to be marked, the next one made ahead."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import object_session

from petition_app.extensions import db
from petition_app.mail import marks, messages, outbox
from petition_app.mail.claims import Claim
from petition_app.mail.making import Maker
from petition_app.mail.transport import PermanentFailure
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.models.member import Member
from petition_app.models.member_link import MemberLink
from petition_app.signing.confirming import confirm_signature
from petition_app.signing.lifecycle import erase_signature
from petition_app.transactions import StorageUnavailable, writing
from tests.databases import both_engines
from tests.mail.conftest import Memory, enqueue, row, send_all

Make = Callable[..., Signature]


@both_engines
def test_each_mail_is_marked_before_the_next_one_is_handed_over(petition: Petition, make_signature: Make) -> None:
    def look(_mail: EmailMessage) -> None:
        db.session.rollback()
        marked.append(db.session.query(OutboxMessage).filter_by(status="sent").count())

    marked: list[int] = []
    for number in range(4):
        enqueue("confirmation", make_signature(petition, email=f"a{number}@example.org"))
    send_all(Memory(look))
    assert marked == [0, 1, 2, 3]
    assert db.session.query(OutboxMessage).filter_by(status="sent").count() == 4


def test_where_a_mail_cannot_be_marked_the_next_one_is_not_handed_over(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_claim: object) -> None:
        raise StorageUnavailable("disk full")

    for number in range(3):
        enqueue("confirmation", make_signature(petition, email=f"a{number}@example.org"))
    transport = Memory()
    with monkeypatch.context() as patched:
        patched.setattr(marks, "_mark_sent", full)
        with pytest.raises(StorageUnavailable):
            outbox.send_due(now(), transport)
    assert transport.recipients == ["a0@example.org"]
    clock.shift(timedelta(minutes=3))
    send_all(transport)
    assert transport.recipients == ["a0@example.org", "a0@example.org", "a1@example.org", "a2@example.org"]


def test_a_mail_that_was_sent_while_the_disk_was_full_is_marked_once_there_is_room(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_claim: object) -> None:
        raise StorageUnavailable("disk full")

    for number in range(3):
        enqueue("confirmation", make_signature(petition, email=f"a{number}@example.org"))
    transport, unmarked = Memory(), outbox.Unmarked()
    with monkeypatch.context() as patched:
        patched.setattr(marks, "_mark_sent", full)
        for _again in range(2):
            with pytest.raises(StorageUnavailable):
                outbox.send_due(now(), transport, unmarked=unmarked)
    clock.shift(timedelta(minutes=3))
    while outbox.send_due(now(), transport, unmarked=unmarked):
        pass
    assert transport.recipients == ["a0@example.org", "a1@example.org", "a2@example.org"]
    assert db.session.query(OutboxMessage).filter_by(status="sent").count() == 3


def test_a_mail_that_marking_the_one_before_held_up_for_too_long_goes_back(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make
) -> None:
    """Else its lease could run out while it is sent, and another worker would send it, too."""

    class HeldUp(Memory):
        def send(self, message: EmailMessage, *errands: Callable[[], None]) -> None:
            clock.shift(timedelta(seconds=45))
            super().send(message, *errands)

    rows = [enqueue("confirmation", make_signature(petition, email=f"a{n}@example.org")) for n in range(2)]
    assert outbox.send_due(now(), transport := HeldUp()) == 2
    assert transport.mails == []
    assert {(row(m).status, row(m).claimed_until, row(m).attempts) for m in rows} == {("queued", None, 0)}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_was_read_with_others_or_made_ahead_is_read_again_where_that_was_long_ago(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make, moment: str
) -> None:
    def takes_its_time(mail: EmailMessage) -> None:
        if "a0@" in str(mail["To"]):
            clock.shift(timedelta(seconds=2))
            confirm_signature(signatures[1].key or "", now())
            erase_signature(signatures[2].id, now())

    signatures = [make_signature(petition, email=f"a{n}@example.org") for n in range(4)]
    for signature in signatures:
        enqueue("confirmation", signature)
    transport = Memory()
    setattr(transport, moment, takes_its_time)
    send_all(transport)
    assert transport.recipients == ["a0@example.org", "a3@example.org"]


def test_what_goes_wrong_while_the_next_mail_is_made_ahead_does_not_touch_the_one_in_hand(
    petition: Petition, make_signature: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_mail: OutboxMessage) -> str:
        if not transport.mails:
            raise StorageUnavailable("it is away for a moment")
        return ""

    rows = [enqueue("confirmation", make_signature(petition, email=f"a{n}@example.org")) for n in range(2)]
    transport = Memory(lambda _mail: monkeypatch.setattr(messages, "unwanted", breaks))
    send_all(transport)
    assert transport.recipients == ["a0@example.org", "a1@example.org"]
    assert [row(m).status for m in rows] == ["sent", "sent"]


def test_a_mail_whose_signature_was_erased_while_the_one_before_was_marked_is_not_sent(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits_for_its_turn(claim: Claim) -> None:
        clock.shift(timedelta(seconds=3))
        if not erased:
            erased.append(erase_signature(signatures[1].id, now()))
        mark_sent(claim)

    erased: list[object] = []
    mark_sent = marks._mark_sent
    monkeypatch.setattr(marks, "_mark_sent", waits_for_its_turn)
    signatures = [make_signature(petition, email=f"a{n}@example.org") for n in range(4)]
    for signature in signatures:
        enqueue("confirmation", signature)
    transport = Memory()
    assert outbox.send_due(now(), transport) == 4
    assert transport.recipients == ["a0@example.org", "a2@example.org", "a3@example.org"]
    assert db.session.query(OutboxMessage).filter_by(status="sent").count() == 3


def test_a_mail_whose_mark_would_come_after_its_lease_is_marked_at_once(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make
) -> None:
    """The server may take its time for the mail, and again for the next connection."""

    def takes_its_time(_mail: EmailMessage) -> None:
        clock.shift(timedelta(seconds=70))

    def look() -> None:
        db.session.rollback()
        marked.append(db.session.query(OutboxMessage).filter_by(status="sent").count())

    marked: list[int] = []
    for number in range(2):
        enqueue("confirmation", make_signature(petition, email=f"a{number}@example.org"))
    transport = Memory(takes_its_time)
    transport.on_open = look
    send_all(transport)
    assert marked == [0, 1]


def test_a_member_whose_link_goes_meanwhile_stops_no_worker(petition: Petition, make_signature: Make) -> None:
    def goes(_mail: EmailMessage) -> None:
        with writing() as session:
            session.execute(delete(MemberLink))
        transport.before = lambda _mail: None
        raise PermanentFailure("nobody")  # so that the next one is not made ahead

    with writing() as session:
        ada = Member(email="ada@example.org", mailbox="ada@example.org", name="Ada Example", role="reader", locale="en")
        link = MemberLink.make("password_reset", now(), member=ada)
        session.add(link)
        outbox.enqueue_for_member(session, link, "ada@example.org", "en", now())
    enqueue("confirmation", make_signature(petition))
    enqueue("personal_link", make_signature(petition, email="b@example.org", status="confirmed"))
    transport = Memory(goes)
    send_all(transport)
    assert transport.recipients == ["b@example.org"]


@both_engines
@pytest.mark.parametrize("is_made_ahead", [True, False])
def test_a_connection_that_breaks_while_a_mail_is_made_costs_no_mail(
    petition: Petition, make_signature: Make, monkeypatch: pytest.MonkeyPatch, is_made_ahead: bool
) -> None:
    def breaks(mail: OutboxMessage) -> str:
        if mail.recipient == "a1@example.org" and not broken:
            broken.append(mail.id)
            driver: Any = object_session(mail).connection().connection.driver_connection  # type: ignore[union-attr]
            driver.close()
        return unwanted(mail)

    broken: list[int] = []
    unwanted = messages.unwanted
    monkeypatch.setattr(messages, "unwanted", breaks)
    rows = [
        enqueue("personal_link", make_signature(petition, email=f"a{n}@example.org", status="confirmed"))
        for n in range(4)
    ]
    if not is_made_ahead:
        monkeypatch.setattr(Maker, "make_ahead", lambda _maker, _claim: None)
    transport = Memory()
    with suppress(SQLAlchemyError, StorageUnavailable):
        send_all(transport)
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        send_all(transport)
    assert broken
    assert sorted(transport.recipients) == [f"a{n}@example.org" for n in range(4)]
    assert {row(m).status for m in rows} == {"sent"}
