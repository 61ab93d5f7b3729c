"""SIGKILL at random moments while people sign and confirm: nothing that was acknowledged is lost."""

from __future__ import annotations

import random
import time

import pytest

from tests.databases import both_engines
from tests.server import Site
from tests.torture.audit import audit
from tests.torture.conftest import Make
from tests.torture.load import Crowd
from tests.torture.parts import Worker
from tests.torture.scale import Scale
from tests.torture.sink import Sink

pytestmark = pytest.mark.long

LONGEST_LIFE = 0.7  # seconds of load between a start and the kill
NEXT_AS_IT_STARTS = 0.2  # of the kills


@both_engines
def test_killed_again_and_again(make_site: Make, sink: Sink, scale: Scale, dice: random.Random, engine: str) -> None:
    site = make_site(PETITION_MAIL_URL=sink.url)
    worker = Worker(site)
    kills = victims(scale.kills_on_sqlite if engine == "sqlite" else scale.kills_on_postgresql, dice)
    site.start("--no-worker")
    worker.start()
    try:
        with Crowd(sink, site.port) as crowd:
            crowd.wait_for(signed=20, confirmed=5)
            for victim in kills:
                kill(victim, site, worker, dice)
            site.wait_until_it_answers()
            crowd.wait_for(signed=20)
    finally:
        worker.stop()
    site.stop()
    audit(site, crowd.book, sink, crashes=sum(victim != "server" for victim in kills))


def victims(counts: tuple[int, int, int], dice: random.Random) -> list[str]:
    """Who is killed, in an order of the dice's."""
    server, worker, both = counts
    kills = ["server"] * server + ["worker"] * worker + ["both"] * both
    dice.shuffle(kills)
    return kills


def kill(victim: str, site: Site, worker: Worker, dice: random.Random) -> None:
    """Kill at a moment of the dice's and start again; the next kill may come while it still starts."""
    time.sleep(dice.uniform(0, LONGEST_LIFE))
    if victim in ("server", "both"):
        site.kill()
        site.begin("--no-worker")
    if victim in ("worker", "both"):
        worker.kill()
        worker.start()
    if dice.random() >= NEXT_AS_IT_STARTS:
        site.wait_until_it_answers()
