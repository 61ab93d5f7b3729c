"""More connections than there are threads, by far: health stays green, and who wants to sign can sign."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.server import Site, wait_until
from tests.torture.audit import audit
from tests.torture.conftest import Make
from tests.torture.crowds import Readers, allow_open_files, idle_connections, slow_connections, watched
from tests.torture.load import FORM, Crowd
from tests.torture.proxy import nginx_before
from tests.torture.scale import Scale
from tests.torture.sink import Sink

pytestmark = pytest.mark.long

SLOW_HEADERS = f"POST {FORM} HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".encode()
SLOW_BODY = (
    f"POST {FORM} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 20000\r\n\r\ngiven_name="
).encode()


def test_idle_connections(make_site: Make, sink: Sink, scale: Scale) -> None:
    count = allow_open_files(scale.idle_connections)
    if count < scale.idle_connections:
        print(f"only {count} connections: the limit of open files allows no more")
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    with idle_connections(site.port, count), watched(site.port) as unwell, Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=20, confirmed=1)
        time.sleep(scale.crowd)
    assert not unwell, unwell[:3]
    site.stop()
    audit(site, crowd.book, sink)


def test_clients_that_send_their_headers_slowly(make_site: Make, sink: Sink, scale: Scale) -> None:
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    serves_on(site.port, sink, site, scale, SLOW_HEADERS)


def test_clients_that_send_their_forms_slowly(make_site: Make, sink: Sink, scale: Scale, tmp_path: Path) -> None:
    """A form that comes a byte at a time would hold a thread of the site; nginx takes it in whole first."""
    site = make_site(PETITION_MAIL_URL=sink.url, PETITION_TRUSTED_PROXIES="1")
    site.start()
    with nginx_before(site, tmp_path / "nginx") as port:
        serves_on(port, sink, site, scale, SLOW_BODY)


def serves_on(port: int, sink: Sink, site: Site, scale: Scale, beginning: bytes) -> None:
    """Whatever many slow clients begin, others read and sign."""
    count = allow_open_files(scale.slow_connections)
    with slow_connections(port, count, beginning), watched(port) as unwell, Crowd(sink, port) as crowd:
        crowd.wait_for(signed=20, confirmed=1)
        time.sleep(scale.crowd)
    assert not unwell, unwell[:3]
    site.stop()
    audit(site, crowd.book, sink)


def test_readers_whose_pages_ask_again_and_again(make_site: Make, sink: Sink, scale: Scale) -> None:
    allow_open_files(scale.readers)
    site = make_site(PETITION_MAIL_URL=sink.url)
    site.start()
    with Readers(site.port, scale.readers) as readers, watched(site.port) as unwell, Crowd(sink, site.port) as crowd:
        crowd.wait_for(signed=20, confirmed=1)
        time.sleep(scale.crowd)
        wait_until(lambda: sum(readers.answers.values()) >= scale.readers, 60, lambda: str(readers.answers))
    assert not unwell, unwell[:3]
    assert set(readers.answers) <= {"200", "304"}, readers.answers
    print(f"readers were answered {dict(readers.answers)}")
    site.stop()
    audit(site, crowd.book, sink)
