"""The example of a site on several machines, live: its leading database dies under load, and nothing is lost."""

from __future__ import annotations

import time
from random import Random

import pytest

from tests.torture import patroni
from tests.torture.audit import audit
from tests.torture.conftest import SECRET, Make
from tests.torture.load import PAGE, Crowd, ask
from tests.torture.parts import Worker
from tests.torture.scale import Scale
from tests.torture.sink import Sink

pytestmark = pytest.mark.long


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_patroni_promotes_the_standby_and_takes_the_old_leader_back(
    make_site: Make, sink: Sink, scale: Scale, dice: Random
) -> None:
    with patroni.databases(dice) as databases:
        shared = {
            "PETITION_DATABASE_URL": databases.url,
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
                crowd.wait_for(signed=20, confirmed=2)
                time.sleep(scale.load)
                lost = databases.leader()
                databases.machines[lost].kill()
                crowd.wait_for(signed=20, seconds=patroni.TAKES_OVER_WITHIN)
                assert databases.leader() not in ("", lost)
                for site in (node, other):
                    assert ask(site.port, PAGE).status == 200
                databases.machines[lost].start()
                databases.wait_for_sync_standby()
                crowd.wait_for(signed=20, confirmed=2)
            assert worker.is_running, "the mail worker gave up when the database was gone"
        finally:
            worker.stop()
        node.stop()
        other.stop()
        audit(node, crowd.book, sink)
