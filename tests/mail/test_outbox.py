"""Mails wait in the outbox, go out one by one at a mailbox's pace, and none is lost or sent twice."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from itertools import pairwise

import pytest
import time_machine
from flask import Flask

from petition_app.extensions import db
from petition_app.mail import messages, outbox
from petition_app.mail.transport import PermanentFailure, ServerUnavailable, TemporaryFailure
from petition_app.models import OutboxMessage, Petition, Signature
from petition_app.models.base import now
from petition_app.signing.confirming import confirm_signature
from petition_app.signing.lifecycle import erase_signature, withdraw_signature
from petition_app.transactions import writing
from tests.databases import both_engines
from tests.mail.conftest import START, Memory, enqueue, row, send_all

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Make = Callable[..., Signature]


class TestPace:
    """At most one mail in 10 minutes and 5 in 24 hours to a mailbox, whatever for."""

    @pytest.fixture
    def variables(self) -> dict[str, str]:
        return {"PETITION_ABUSE_CONTROLS": "on"}

    def test_asking_again_adds_nothing_while_the_mail_waits_or_has_just_gone(
        self, clock: time_machine.Traveller, petition: Petition, make_signature: Make
    ) -> None:
        alice, transport = make_signature(petition), Memory()
        assert enqueue("confirmation", alice) is not None
        assert enqueue("confirmation", alice) is None
        send_all(transport)
        clock.shift(9 * MINUTE)
        assert enqueue("confirmation", alice) is None
        clock.shift(MINUTE)
        again = enqueue("confirmation", alice)
        assert again is not None
        assert again.due_at == now()
        send_all(transport)
        assert len(transport.mails) == 2

    def test_mails_of_one_mailbox_wait_for_each_other(
        self, clock: time_machine.Traveller, petition: Petition, make_signature: Make
    ) -> None:
        household = [make_signature(petition, given_name=name) for name in ("Alice", "Bob", "Charlie")]
        rows = [enqueue("confirmation", one) for one in household]
        stranger = enqueue("confirmation", make_signature(petition, email="stranger@example.org"))
        assert [mail and mail.due_at - START for mail in rows] == [0 * MINUTE, 10 * MINUTE, 20 * MINUTE]
        assert stranger is not None
        assert stranger.due_at == START

    def test_the_sixth_waits_until_the_first_is_a_day_old_and_the_seventh_is_not_sent(
        self, clock: time_machine.Traveller, petition: Petition, make_signature: Make
    ) -> None:
        signatures = [make_signature(petition, surname=f"Exemple {letter}") for letter in "abcdefg"]
        rows = [enqueue("confirmation", one) for one in signatures]
        assert rows[4] is not None
        assert rows[4].due_at == START + 40 * MINUTE
        assert rows[5] is not None
        assert rows[5].due_at == START + 24 * HOUR
        assert rows[6] is None

    def test_what_became_due_while_no_worker_ran_keeps_the_pace_all_the_same(
        self, clock: time_machine.Traveller, petition: Petition, make_signature: Make
    ) -> None:
        for name in ("Alice", "Bob", "Charlie"):
            enqueue("confirmation", make_signature(petition, given_name=name))
        clock.shift(2 * HOUR)
        transport, sent_at = Memory(), []
        for minute in range(30):
            before = len(transport.mails)
            send_all(transport)
            sent_at += [minute] * (len(transport.mails) - before)
            clock.shift(MINUTE)
        assert sent_at == [0, 10, 20]

    def test_a_mail_that_has_waited_for_days_still_counts(
        self, clock: time_machine.Traveller, petition: Petition, make_signature: Make
    ) -> None:
        alice = make_signature(petition)
        enqueue("confirmation", alice)
        clock.shift(50 * HOUR)
        assert enqueue("confirmation", alice) is None
        bob = enqueue("confirmation", make_signature(petition, given_name="Bob"))
        assert bob is not None
        assert bob.due_at == now() + 10 * MINUTE

    def test_the_operators_test_mail_is_not_held_back(
        self, clock: time_machine.Traveller, petition: Petition, make_signature: Make
    ) -> None:
        enqueue("confirmation", make_signature(petition))
        test_mail = outbox.enqueue_test("Alice@Example.org", "en")
        transport = Memory()
        send_all(transport)
        assert transport.recipients == ["alice@example.org", "Alice@example.org"]
        assert row(test_mail).status == "sent"


def test_without_the_controls_only_equal_mails_are_held_back(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make
) -> None:
    alice, bob = make_signature(petition), make_signature(petition, given_name="Bob")
    assert enqueue("confirmation", alice) is not None
    second = enqueue("confirmation", bob)
    assert second is not None
    assert second.due_at == START
    assert enqueue("confirmation", bob) is None


def test_personal_links_are_one_mail_for_each_petition(
    clock: time_machine.Traveller, make_petition: Callable[..., Petition], make_signature: Make
) -> None:
    water, air = make_petition("water"), make_petition("air")
    first, second = make_signature(water, status="confirmed"), make_signature(air, status="confirmed")
    housemate = make_signature(water, given_name="Bob", status="confirmed")
    assert enqueue("personal_links", first) is not None
    assert enqueue("personal_links", housemate) is None
    assert enqueue("personal_links", second) is not None


def test_an_erased_signature_is_mailed_nothing(petition: Petition, make_signature: Make) -> None:
    alice = make_signature(petition)
    enqueue("confirmation", alice)
    erase_signature(alice.id, now())
    assert db.session.query(OutboxMessage).count() == 0
    assert enqueue("personal_link", alice) is None


@pytest.mark.parametrize(
    "happens", [lambda s: confirm_signature(s.key, now()), lambda s: withdraw_signature(s.id, now())]
)
def test_a_confirmation_is_dropped_when_there_is_nothing_left_to_confirm(
    happens: Callable[[Signature], object], petition: Petition, make_signature: Make
) -> None:
    alice, transport = make_signature(petition), Memory()
    mail = enqueue("confirmation", alice)
    happens(alice)
    send_all(transport)
    assert transport.mails == []
    assert row(mail).status == "dropped"
    assert "@" not in row(mail).last_error


@both_engines
def test_confirmations_go_first(petition: Petition, make_signature: Make) -> None:
    for number in range(3):
        old = make_signature(petition, email=f"old{number}@example.org", status="confirmed")
        enqueue("personal_link", old)
    enqueue("confirmation", make_signature(petition, email="new@example.org"))
    transport = Memory()
    assert outbox.send_due(now(), transport, limit=2) == 2
    assert transport.recipients == ["new@example.org", "old0@example.org"]


def test_a_mail_that_cannot_go_now_is_tried_again_ever_later_for_three_days(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make
) -> None:
    def busy(_mail: EmailMessage) -> None:
        tries.append(now() - START)
        raise TemporaryFailure("451 try later")

    tries: list[timedelta] = []
    mail = enqueue("confirmation", make_signature(petition))
    while row(mail).status == "queued":
        clock.move_to(row(mail).due_at)
        outbox.send_due(now(), Memory(busy))
    assert tries[:5] == [0 * MINUTE, 1 * MINUTE, 3 * MINUTE, 7 * MINUTE, 15 * MINUTE]
    assert max(b - a for a, b in pairwise(tries)) == 6 * HOUR
    assert timedelta(days=3) <= tries[-1] <= timedelta(days=3, hours=6)
    assert (row(mail).status, row(mail).last_error) == ("failed", "451 try later")
    assert outbox.failed_count() == 1
    assert [failed.id for failed in outbox.failures()] == [row(mail).id]


def test_a_refused_mail_is_given_up_and_the_others_go(petition: Petition, make_signature: Make) -> None:
    def refuses_alice(mail: EmailMessage) -> None:
        if "alice" in str(mail["To"]):
            raise PermanentFailure("550 no such mailbox")

    refused = enqueue("confirmation", make_signature(petition))
    enqueue("confirmation", make_signature(petition, email="bob@example.org"))
    transport = Memory(refuses_alice)
    send_all(transport)
    assert row(refused).status == "failed"
    assert transport.recipients == ["bob@example.org"]


@both_engines
def test_a_server_that_is_down_costs_no_mail_a_try(petition: Petition, make_signature: Make) -> None:
    def down() -> None:
        raise ServerUnavailable("ConnectionRefusedError")

    rows = [enqueue("confirmation", make_signature(petition, email=f"a{n}@example.org")) for n in range(3)]
    transport = Memory()
    transport.on_open = down
    for _round in range(5):
        with pytest.raises(ServerUnavailable):
            outbox.send_due(now(), transport)
    assert {(row(m).attempts, row(m).claimed_until, row(m).last_error) for m in rows} == {
        (0, None, "ConnectionRefusedError")
    }
    transport.on_open = lambda: None
    send_all(transport)
    assert len(transport.mails) == 3
    assert {row(m).last_error for m in rows} == {""}


def test_what_no_server_took_for_three_days_is_given_up(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make
) -> None:
    def down() -> None:
        raise ServerUnavailable("TimeoutError")

    old = enqueue("confirmation", make_signature(petition))
    clock.shift(timedelta(days=3))
    new = enqueue("confirmation", make_signature(petition, email="bob@example.org"))
    transport = Memory()
    transport.on_open = down
    with pytest.raises(ServerUnavailable):
        outbox.send_due(now(), transport)
    assert (row(old).status, row(new).status) == ("failed", "queued")


def test_a_mail_at_which_the_server_breaks_off_does_not_stand_in_the_others_way(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make
) -> None:
    def breaks_off_at_alice(mail: EmailMessage) -> None:
        if "alice" in str(mail["To"]):
            raise ServerUnavailable("SMTPServerDisconnected")

    alice = enqueue("confirmation", make_signature(petition))
    enqueue("confirmation", make_signature(petition, email="bob@example.org"))
    transport = Memory(breaks_off_at_alice)
    with pytest.raises(ServerUnavailable):
        outbox.send_due(now(), transport)
    assert (row(alice).attempts, row(alice).due_at) == (1, START + MINUTE)
    send_all(transport)
    assert transport.recipients == ["bob@example.org"]


def test_a_mail_that_cannot_be_made_does_not_stand_in_the_others_way(
    petition: Petition, make_signature: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    poison = enqueue("confirmation", make_signature(petition))
    with writing() as session:
        session.get_one(OutboxMessage, poison.id).recipient = "alice@example.org\r\nBcc: charlie@example.org"
    enqueue("confirmation", make_signature(petition, email="bob@example.org"))
    transport = Memory()
    send_all(transport)
    assert transport.recipients == ["bob@example.org"]
    assert row(poison).status == "queued"
    assert row(poison).last_error == "The mail could not be made: ValueError."


def test_a_slow_server_lets_the_lease_run_out_and_nothing_is_sent_twice(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make
) -> None:
    for number in range(4):
        enqueue("confirmation", make_signature(petition, email=f"a{number}@example.org"))
    other = Memory()

    def takes_three_minutes(_mail: EmailMessage) -> None:
        if not slow.mails:
            clock.shift(3 * MINUTE)
            slow_row = db.session.query(OutboxMessage).filter_by(recipient="a0@example.org").one()
            with writing() as session:  # this one's own lease is not what is tried here
                session.get_one(OutboxMessage, slow_row.id).claimed_until = now() + MINUTE
            assert outbox.send_due(now(), other, limit=2) == 2

    slow = Memory(takes_three_minutes)
    outbox.send_due(now(), slow)
    assert sorted(slow.recipients + other.recipients) == [f"a{n}@example.org" for n in range(4)]
    assert len(other.mails) == 2


def test_a_worker_told_to_stop_gives_back_what_it_has_claimed(petition: Petition, make_signature: Make) -> None:
    rows = [enqueue("confirmation", make_signature(petition, email=f"a{n}@example.org")) for n in range(3)]
    transport = Memory()
    assert outbox.send_due(now(), transport, stop=lambda: len(transport.mails) == 1) == 1
    assert [(row(m).status, row(m).claimed_until) for m in rows] == [("sent", None), ("queued", None), ("queued", None)]


@both_engines
def test_the_mail_that_has_waited_longest_is_told(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make
) -> None:
    assert outbox.oldest_due(now()) is None
    enqueue("confirmation", make_signature(petition))
    clock.shift(HOUR)
    enqueue("confirmation", make_signature(petition, email="bob@example.org"))
    assert outbox.oldest_due(now()) == START


def test_logs_name_neither_addresses_nor_people_nor_links(
    petition: Petition, make_signature: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for number, failure in enumerate((None, TemporaryFailure("451 later"), PermanentFailure("550 no"))):

        def fails(_mail: EmailMessage, failure: Exception | None = failure) -> None:
            if failure is not None:
                raise failure

        enqueue("confirmation", make_signature(petition, email=f"alice{number}@example.org"))
        send_all(Memory(fails))
    lines = "\n".join(f"{r.getMessage()} {getattr(r, 'fields', '')}" for r in caplog.records)
    assert {"mail sent", "mail delayed", "mail refused"} <= {r.getMessage() for r in caplog.records}
    for secret in ("alice", "example.org", "Exemple", "http"):
        assert secret not in lines


def test_the_message_id_is_of_the_sites_host_and_survives_a_second_try(
    clock: time_machine.Traveller, petition: Petition, make_signature: Make
) -> None:
    ids: list[str] = []

    def busy(mail: EmailMessage) -> None:
        ids.append(str(mail["Message-ID"]))
        raise TemporaryFailure("451 try later")

    mail = enqueue("confirmation", make_signature(petition))
    for _try in range(2):
        clock.move_to(row(mail).due_at)
        outbox.send_due(now(), Memory(busy))
    assert ids == [row(mail).message_id] * 2
    assert ids[0].endswith("@localhost>")


def test_no_link_rests_in_the_database(app: Flask, petition: Petition, make_signature: Make) -> None:
    mail = enqueue("confirmation", make_signature(petition))
    stored = " ".join(str(getattr(row(mail), column.key)) for column in OutboxMessage.__table__.columns)
    assert "http" not in stored
    assert b"/signatures/" in messages.render(row(mail)).as_bytes()
