"""Thousands of requests that nobody would send by hand: none brings an error of ours, a hang or a look inside."""

from __future__ import annotations

import random
import re
import threading

from flask import current_app
from sqlalchemy import select

from petition_app.extensions import db
from petition_app.models import Signature
from petition_app.web.tokens import confirmation_token, personal_token
from tests.server import Site
from tests.torture import fuzz
from tests.torture.audit import check_counters, check_file, check_nothing_half_written, database
from tests.torture.conftest import Make
from tests.torture.load import PAGE, SLUG, Crowd, ask
from tests.torture.scale import Scale
from tests.torture.sink import Sink

SENDERS = 8
# Nothing takes so long, not even while all the others are at it: whoever gets no answer within it never gets one.
SECONDS = 5.0


def test_requests_that_nobody_sends(make_site: Make, sink: Sink, scale: Scale, dice: random.Random) -> None:
    site = make_site(PETITION_MAIL_URL=sink.url, PETITION_WORKERS="2")
    site.start("--no-worker")
    with Crowd(None, site.port, signers=4) as crowd:
        crowd.wait_for(signed=20)
    maker = fuzz.Maker(dice, *what_is_there(site))
    requests = [maker.request() for _ in range(scale.fuzz)]
    bad: list[str] = []
    answered: list[int] = []
    senders = [
        threading.Thread(target=send_all, args=(site.port, requests[n::SENDERS], bad, answered)) for n in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert not bad, f"{len(bad)} requests, such as {bad[0]}"
    statuses = {status: answered.count(status) for status in sorted(set(answered))}
    print(f"{len(requests)} requests, {len(maker.routes)} routes: {statuses}")
    assert answered.count(200) > scale.fuzz / 20  # it is no wall that all of them ran against
    assert ask(site.port, "/healthz").status == 200
    site.stop()
    log = site.log.read_text("utf-8", "replace")
    traces = re.findall(r'^.*(?:"level": "(?:error|critical)"|Traceback|panicked).*$', log, re.M)
    assert not traces, f"{len(traces)} errors in the log, such as {traces[0][:3000]}"
    check_file(site)
    with database(site):
        check_counters(site)
        check_nothing_half_written()


def what_is_there(site: Site) -> tuple[list[fuzz.Route], dict[str, list[str]]]:
    """The routes and the static files, and for each part of an address some that exist: locales, slugs, tokens."""
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', ask(site.port, PAGE).text)
    assert files
    with database(site):
        keys = db.session.scalars(select(Signature.key).limit(40)).all()
        tokens = [make(key or "") for key in keys for make in (confirmation_token, personal_token)]
        routes = fuzz.routes(current_app)
    return [*routes, *(fuzz.Route("GET", file) for file in files)], {
        "locale": ["fr", "en"],
        "slug": [SLUG],
        "token": tokens,
    }


def send_all(port: int, requests: list[fuzz.Request], bad: list[str], answered: list[int]) -> None:
    for request in requests:
        try:
            answer = fuzz.send(port, request, SECONDS)
        except TimeoutError:
            bad.append(f"no answer within {SECONDS} s to {request.data[:3000]!r}")
            continue
        status = int(answer[9:12]) if re.match(rb"HTTP/1\.[01] \d{3}", answer) else 0
        answered.append(status)
        if status >= 500 and status != 505:
            bad.append(f"{status} to {request.data[:3000]!r}")
        if b"Traceback" in answer or b'File "/' in answer or b"sqlalchemy" in answer:
            bad.append(f"a stack trace to {request.data[:3000]!r}")
