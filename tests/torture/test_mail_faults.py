"""A mail server that is down, picky, slow or rude: signing goes on, and in the end every mail that is due has come."""

from __future__ import annotations

import time

import pytest

from tests.server import Site, wait_until
from tests.torture.audit import audit, database, make_due, waiting
from tests.torture.conftest import Make
from tests.torture.load import Crowd, ask
from tests.torture.scale import FULL, Scale
from tests.torture.sink import Sink

pytestmark = pytest.mark.long

RECOVERS_WITHIN = 60.0  # seconds: the worker asks a server that was down again after 15


def test_down_for_the_whole_load_then_up(make_site: Make, sink: Sink, scale: Scale) -> None:
    sink.stop()
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    with Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=20)
        time.sleep(scale.load)
    assert not sink.letters
    assert ask(site.port, "/readyz").status == 200  # mails wait, but not for long yet
    sink.start()
    if scale is FULL:  # the worker finds out by itself; nobody has to start anything again
        wait_until(lambda: set(crowd.book.signed) <= sink.reached(), RECOVERS_WITHIN, crowd.state)
    site.stop()
    audit(site, crowd.book, sink)


def test_some_recipients_are_refused_and_some_must_wait(make_site: Make, sink: Sink, scale: Scale) -> None:
    sink.answer = lambda address: REFUSALS.get(address.partition("@")[0][-1:], "")
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    with Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=40, confirmed=3)
        time.sleep(scale.load)
    wait_until(lambda: sink.refusals["550"] and sink.refusals["450"], RECOVERS_WITHIN)
    sink.answer = lambda address: NO_SUCH_MAILBOX if address.partition("@")[0].endswith("3") else ""
    site.stop()
    audit(site, crowd.book, sink, refused=True)
    assert not any(address.partition("@")[0].endswith("3") for address in sink.reached())
    assert any(address.partition("@")[0].endswith("7") for address in sink.reached())


NO_SUCH_MAILBOX = "550 5.1.1 no such mailbox"
REFUSALS = {"3": NO_SUCH_MAILBOX, "7": "450 4.2.0 greylisted, come again"}


def test_it_hangs_and_signing_goes_on(make_site: Make, sink: Sink, scale: Scale) -> None:
    sink.hangs = True
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    with Crowd(sink, site.port) as crowd:
        wait_until(lambda: sink.hanging, 30)
        crowd.wait_for(signed=20)
        time.sleep(scale.load)
        assert ask(site.port, "/healthz").status == 200
        assert not sink.letters
        sink.hangs = False
        sink.stop()  # whoever looks after it starts it again
        sink.start()
        if scale is FULL:
            wait_until(lambda: sink.letters, RECOVERS_WITHIN)
    site.stop()
    audit(site, crowd.book, sink)


def test_it_closes_in_the_middle_or_takes_a_mail_without_a_word(make_site: Make, sink: Sink, scale: Scale) -> None:
    """Who takes a mail and dies before saying so is sent it again: a crash of its own."""
    times = 3 if scale is FULL else 1
    sink.drops = sink.deaths = times
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    with Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=30)
        wait_until(lambda: sink.drops < times, 30)
        crowd.wait_for(signed=10)
    site.stop()
    send_by_hand(site, sink)
    audit(site, crowd.book, sink, crashes=times)
    assert sink.refusals["drop"] == sink.refusals["death"] == times


def send_by_hand(site: Site, sink: Sink) -> None:
    """Run the worker until the server has been as rude as it was to be: the worker leaves it alone after each time."""
    while sink.drops or sink.deaths:
        with database(site):
            assert waiting()
            make_due()
        assert site.command("worker", "--once").returncode == 0
