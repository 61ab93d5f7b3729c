"""An update goes to each mailbox that asked for it, once, at its pace; it can be stopped, and nothing waits for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine

from petition_app.extensions import db
from petition_app.mail import outbox
from petition_app.mail.transport import PermanentFailure, ServerUnavailable, TemporaryFailure
from petition_app.models import Consent, OutboxMessage, Petition, Signature, Update
from petition_app.models.base import now
from petition_app.signing.lifecycle import erase_signature, withdraw_signature
from petition_app.transactions import writing
from petition_app.updates import mailing, recipients
from petition_app.updates.unsubscribing import end_news
from tests.databases import both_engines
from tests.mail.conftest import START
from tests.updates.conftest import MakeCrowd, MakeUpdate, Memory, send_now, stored, work

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@both_engines
def test_everybody_who_asked_is_told_once(
    clock: time_machine.Traveller,
    petition: Petition,
    make_petition: Callable[..., Petition],
    make_crowd: MakeCrowd,
    make_update: MakeUpdate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recipients, "WINDOW", 7)
    monkeypatch.setattr(recipients, "LARGE_WINDOW", 11)
    make_crowd(petition, 40)
    make_crowd(make_petition("air"), 5, name="stranger")
    make_crowd(petition, 3, name="gone", status="withdrawn", seat=None)
    update_id = make_update(petition, per_minute=600)
    no_news = make_crowd(petition, 4, name="quiet")
    with writing() as session:
        session.query(Consent).filter(Consent.signature_id.in_(no_news)).update({"withdrawn_at": now()})
    assert recipients.count(petition.id, now()) == 40
    send_now(update_id)
    transport = Memory()
    work(clock, transport, seconds=30)
    assert Counter(transport.recipients) == {f"s{n}@example.org": 1 for n in range(40)}
    update = stored(update_id)
    assert (update.state, update.foreseen, update.queued, update.sent) == ("sent", 40, 40, 40)
    assert (update.bounced, update.unsubscribed) == (0, 0)
    work(clock, transport, seconds=60)
    assert len(transport.mails) == 40


@both_engines
def test_one_mail_goes_to_a_mailbox_that_two_share(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 1, name="alice", mailbox="home@example.org", email="Home@example.org")
    make_crowd(petition, 1, name="bob", mailbox="home@example.org", email="home@example.org", seat=2)
    assert recipients.count(petition.id, now()) == 1
    send_now(update_id := make_update(petition))
    work(clock, transport := Memory(), seconds=30)
    assert transport.recipients == ["Home@example.org"]
    assert stored(update_id).sent == 1


def test_who_confirms_after_it_began_is_not_told(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 2)
    send_now(make_update(petition))
    make_crowd(petition, 1, name="late", confirmed_at=START + SECOND)
    work(clock, transport := Memory(), seconds=40)
    assert sorted(transport.recipients) == ["s0@example.org", "s1@example.org"]


def test_the_pace_holds_and_nothing_is_caught_up_after_an_absence(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 400)
    update_id = make_update(petition, per_minute=60)
    send_now(update_id)
    transport = Memory()
    work(clock, transport, seconds=60)
    assert 50 <= len(transport.mails) <= 61
    clock.shift(10 * MINUTE)  # the machine was off
    before = len(transport.mails)
    work(clock, transport, seconds=60)
    assert 50 <= len(transport.mails) - before <= 85  # what was in the outbox, and a minute's worth
    assert db.session.query(OutboxMessage).filter_by(status="queued").count() <= 30


def test_where_sending_is_slower_than_the_pace_the_outbox_does_not_fill(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 900)
    send_now(update_id := make_update(petition, per_minute=600))
    for _ in range(20):
        mailing.advance_all(now())
        clock.shift(10 * SECOND)  # and nobody sends
    assert stored(update_id).queued <= 600


@both_engines
def test_stopped_and_resumed(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 60)
    send_now(update_id := make_update(petition, per_minute=60))
    transport = Memory()
    work(clock, transport, seconds=20)
    with writing() as session:
        mailing.stop(session, update_id)
    told = len(transport.mails)
    assert 0 < told < 60
    work(clock, transport, seconds=300)
    assert len(transport.mails) == told
    assert stored(update_id).state == "stopped"
    with pytest.raises(mailing.WrongState), writing() as session:
        mailing.stop(session, update_id)
    with writing() as session:
        mailing.resume(session, update_id, now())
    work(clock, transport, seconds=120)
    assert Counter(transport.recipients) == {f"s{n}@example.org": 1 for n in range(60)}
    assert stored(update_id).state == "sent"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_a_worker_had_in_hand_when_it_was_stopped_is_kept(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate, moment: str
) -> None:
    """Before the next one is made, and after it was made while the server took the first."""
    make_crowd(petition, 5)
    send_now(update_id := make_update(petition, per_minute=6000))
    mailing.advance_all(now())
    clock.shift(SECOND)

    def stop(_mail: EmailMessage) -> None:
        if stored(update_id).state == "sending":
            with writing() as session:
                mailing.stop(session, update_id)

    transport = Memory()
    setattr(transport, moment, stop)
    while outbox.send_due(now(), transport):
        pass
    assert len(transport.mails) == 1
    setattr(transport, moment, lambda _mail: None)
    with writing() as session:
        mailing.resume(session, update_id, now())
    work(clock, transport, seconds=30)
    assert sorted(transport.recipients) == [f"s{n}@example.org" for n in range(5)]


def test_who_changes_their_mind_before_the_mail_has_gone_is_not_told(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    ids = make_crowd(petition, 4)
    send_now(update_id := make_update(petition))
    mailing.advance_all(now())
    assert stored(update_id).queued == 4
    key = db.session.get_one(Signature, ids[0]).key
    assert end_news(key or "", update_id, now())
    withdraw_signature(ids[1], now())
    erase_signature(ids[2], now())
    work(clock, transport := Memory(), seconds=30)
    assert transport.recipients == ["s3@example.org"]
    update = stored(update_id)
    assert (update.state, update.sent, update.bounced, update.unsubscribed) == ("sent", 1, 0, 1)


@both_engines
def test_refused_for_good_is_counted_at_once_and_the_mailbox_is_left_alone(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 3)
    refusals = {
        "s0@example.org": PermanentFailure("550 5.1.1 no such mailbox", no_mailbox=True),
        "s1@example.org": PermanentFailure("550 5.7.1 we do not like it"),
    }

    def answer(mail: EmailMessage) -> None:
        if str(mail["To"]) in refusals:
            raise refusals[str(mail["To"])]

    send_now(update_id := make_update(petition))
    work(clock, transport := Memory(before=answer), seconds=30)
    update = stored(update_id)
    assert (update.state, update.sent, update.bounced) == ("sent", 1, 2)
    # The first gets no more; the second is not at fault.
    assert recipients.count(petition.id, now()) == 2
    send_now(make_update(petition))
    refusals.clear()
    work(clock, transport, seconds=30)
    assert sorted(transport.recipients) == ["s1@example.org", "s2@example.org", "s2@example.org"]


def test_delayed_is_tried_again_and_the_mailing_is_not_over_before(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 2)
    tries = Counter[str]()

    def answer(mail: EmailMessage) -> None:
        tries[str(mail["To"])] += 1
        if str(mail["To"]) == "s0@example.org" and tries["s0@example.org"] == 1:
            raise TemporaryFailure("451 later")

    send_now(update_id := make_update(petition))
    transport = Memory(before=answer)
    work(clock, transport, seconds=30)
    assert (stored(update_id).state, stored(update_id).sent) == ("sending", 1)
    work(clock, transport, seconds=90)
    assert (stored(update_id).state, stored(update_id).sent) == ("sent", 2)
    assert tries == {"s0@example.org": 2, "s1@example.org": 1}


def test_given_up_with_the_server_counts_as_well(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 2)
    send_now(update_id := make_update(petition))
    mailing.advance_all(now())
    clock.shift(timedelta(days=4))

    def down() -> None:
        raise ServerUnavailable("nobody answers")

    transport = Memory()
    transport.on_open = down
    with pytest.raises(ServerUnavailable):
        outbox.send_due(now(), transport)
    assert stored(update_id).bounced == 2
    mailing.advance_all(now())
    assert stored(update_id).state == "sent"


@both_engines
def test_scheduled(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate
) -> None:
    make_crowd(petition, 2)
    update_id = make_update(petition)
    only_page = make_update(petition, by_mail=False)
    with writing() as session:
        for each in (update_id, only_page):
            session.get_one(Update, each).schedule(now() + MINUTE)
    transport = Memory()
    work(clock, transport, seconds=50)
    assert transport.mails == []
    assert stored(update_id).published_at is None
    make_crowd(petition, 1, name="late", confirmed_at=now())
    work(clock, transport, seconds=60)
    assert len(transport.mails) == 3
    assert (stored(update_id).state, stored(update_id).foreseen) == ("sent", 3)
    assert (stored(only_page).state, stored(only_page).sent) == ("sent", 0)
    assert sorted((stored(update_id).number, stored(only_page).number)) == [1, 2]


@both_engines
def test_a_large_petition_is_counted_a_little_at_a_time_before_it_begins(
    clock: time_machine.Traveller, petition: Petition, make_crowd: MakeCrowd, make_update: MakeUpdate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(recipients, "LARGE_WINDOW", 7)
    monkeypatch.setattr(mailing, "LONGEST_TURN", -1.0)
    make_crowd(petition, 30)
    update_id = make_update(petition, per_minute=6000)
    with writing() as session:
        session.get_one(Update, update_id).schedule(now())
    for turn in range(1, 5):
        mailing.advance_all(now())
        assert (stored(update_id).state, stored(update_id).foreseen) == ("scheduled", 7 * turn)
        assert stored(update_id).published_at is None
    make_crowd(petition, 1, name="late", confirmed_at=now() + MINUTE)
    clock.shift(2 * MINUTE)
    mailing.advance_all(now())
    assert (stored(update_id).state, stored(update_id).foreseen) == ("sending", 30)
    monkeypatch.setattr(mailing, "LONGEST_TURN", 1.0)
    work(clock, transport := Memory(), seconds=30)
    assert Counter(transport.recipients) == {f"s{n}@example.org": 1 for n in range(30)}
