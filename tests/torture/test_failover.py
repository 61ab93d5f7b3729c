"""Several app nodes on PostgreSQL: the standby takes over from a dead primary, one node from another."""

from __future__ import annotations

import time

import pytest

from tests.torture import clusters
from tests.torture.audit import audit
from tests.torture.conftest import SECRET, Make
from tests.torture.load import PAGE, Crowd, ask
from tests.torture.parts import Worker
from tests.torture.scale import Scale
from tests.torture.sink import Sink

pytestmark = pytest.mark.long

TAKES_OVER_WITHIN = 90.0  # seconds


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_the_primary_is_killed_and_the_standby_takes_over(make_site: Make, sink: Sink, scale: Scale) -> None:
    with clusters.pair() as (primary, standby):
        shared = {
            "PETITION_DATABASE_URL": clusters.url(primary, standby),
            "PETITION_SECRET_KEY": SECRET,
            "PETITION_MAIL_URL": sink.url,
        }
        node, other = make_site("a", **shared), make_site("b", petition=False, **shared)
        worker = Worker(node)
        node.start("--no-worker")
        other.start("--no-worker")
        worker.start()
        try:
            with Crowd(sink, node.port, other.port) as crowd:
                for failover in range(scale.failovers):
                    crowd.wait_for(signed=20, confirmed=2, seconds=TAKES_OVER_WITHIN)
                    time.sleep(scale.load)
                    primary.kill()
                    standby.promote()
                    primary, standby = standby, primary
                    crowd.wait_for(signed=20, seconds=TAKES_OVER_WITHIN)
                    for site in (node, other):
                        assert ask(site.port, PAGE).status == 200
                    if failover + 1 < scale.failovers:
                        standby.copy_of(primary)
                        standby.start()
                        primary.wait_for_follower()
                assert worker.is_running, "the mail worker gave up when the database was gone"
        finally:
            worker.stop()
        node.stop()
        other.stop()
        audit(node, crowd.book, sink)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_node_is_killed_and_the_other_serves_on(make_site: Make, sink: Sink, scale: Scale) -> None:
    node = make_site("a", PETITION_MAIL_URL=sink.url)
    other = make_site("b", petition=False, **node.variables)
    worker = Worker(node)
    node.start("--no-worker")
    other.start("--no-worker")
    worker.start()
    try:
        with Crowd(sink, node.port, other.port) as crowd:
            crowd.wait_for(signed=20, confirmed=2)
            node.kill()
            crowd.wait_for(signed=20, confirmed=2)
            time.sleep(scale.load)
            assert ask(other.port, PAGE).status == 200
            assert ask(other.port, "/readyz").status == 200
            node.start("--no-worker")
            crowd.wait_for(signed=20)
    finally:
        worker.stop()
    node.stop()
    other.stop()
    audit(node, crowd.book, sink)
