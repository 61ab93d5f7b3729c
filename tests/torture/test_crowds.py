"""More connections than there are threads, by far: health stays green, and who wants to sign can sign."""

from __future__ import annotations

import time

import pytest

from tests.torture.audit import audit
from tests.torture.conftest import Make
from tests.torture.crowds import Readers, allow_open_files, idle_connections, slow_connections, watched
from tests.torture.load import FORM, Crowd
from tests.torture.scale import Scale
from tests.torture.sink import Sink

pytestmark = pytest.mark.long

SLOW = {
    "headers": f"POST {FORM} HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    "body": f"POST {FORM} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 20000\r\n\r\ngiven_name=",
}


def test_idle_connections(make_site: Make, sink: Sink, scale: Scale) -> None:
    count = allow_open_files(scale.idle_connections)
    if count < scale.idle_connections:
        print(f"only {count} connections: the limit of open files allows no more")
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    with idle_connections(site.port, count), watched(site.port) as unwell, Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=40, confirmed=1)
        time.sleep(scale.crowd)
    assert not unwell, unwell[:3]
    site.stop()
    audit(site, crowd.book, sink)


@pytest.mark.parametrize("part", SLOW)
def test_slow_clients(make_site: Make, sink: Sink, scale: Scale, part: str) -> None:
    count = allow_open_files(scale.slow_connections)
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    beginning = SLOW[part].encode()
    with (
        slow_connections(site.port, count, beginning),
        watched(site.port) as unwell,
        Crowd(sink, site.port) as crowd,
    ):
        crowd.wait_for(signed=40, confirmed=1)
        time.sleep(scale.crowd)
    assert not unwell, unwell[:3]
    site.stop()
    audit(site, crowd.book, sink)


def test_readers_whose_pages_ask_again_and_again(make_site: Make, sink: Sink, scale: Scale) -> None:
    allow_open_files(scale.readers)
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    with Readers(site.port, scale.readers) as readers, watched(site.port) as unwell, Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=40, confirmed=1)
        time.sleep(scale.crowd)
    assert not unwell, unwell[:3]
    assert set(readers.answers) <= {"200", "304"}, readers.answers
    assert sum(readers.answers.values()) >= scale.readers
    print(f"readers were answered {dict(readers.answers)}")
    site.stop()
    audit(site, crowd.book, sink)
