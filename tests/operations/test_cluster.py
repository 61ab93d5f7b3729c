"""The example of a site on several machines, alive: the leading database dies under load, and the site mends itself."""

from __future__ import annotations

import io
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.operations.machines import CLUSTER, DatabaseMachine, Network, machines
from tests.server import Site, site_in, wait_until
from tests.torture.audit import audit, check_log
from tests.torture.conftest import open_petition
from tests.torture.load import PAGE, Crowd, ask
from tests.torture.parts import Worker
from tests.torture.sink import Sink

BEGINS_WITHIN = 60.0  # seconds
TAKES_OVER_WITHIN = 45.0  # what the example's README calls about half a minute
COMES_BACK_WITHIN = 60.0
SYNCHRONOUS = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'"
UNENCRYPTED = (
    "SELECT usename FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE client_addr IS NOT NULL AND NOT ssl"
)


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


@pytest.mark.long
def test_the_leading_machine_dies_and_the_site_mends_itself(tmp_path: Path, sink: Sink) -> None:
    with people_sign(tmp_path, sink) as (leader, standby, crowd):
        hold_up_replication(leader, crowd)
        leader.cut_power()
        crowd.wait_for(signed=30, seconds=TAKES_OVER_WITHIN)
        leader.switch_on()
        assert wait_for_a_pair(leader, standby, COMES_BACK_WITHIN) == (standby, leader)
        assert "running pg_rewind" in leader.said("patroni")


@pytest.mark.long
def test_the_leading_machine_stands_still_and_wakes_up(tmp_path: Path, sink: Sink) -> None:
    """A virtual machine that is held up believes that it still leads when it goes on."""
    with people_sign(tmp_path, sink) as (leader, standby, crowd):
        leader.hold()
        crowd.wait_for(signed=30, seconds=TAKES_OVER_WITHIN)
        leader.go_on()
        assert wait_for_a_pair(leader, standby, COMES_BACK_WITHIN) == (standby, leader)


@contextmanager
def people_sign(folder: Path, sink: Sink) -> Iterator[tuple[DatabaseMachine, DatabaseMachine, Crowd]]:
    """People sign while something happens to the leader; in the end all is well, and nothing is lost."""
    network = Network()
    with machines(network) as databases:
        leader, standby = wait_for_a_pair(*databases, BEGINS_WITHIN)
        make_database(leader)
        with running_site(folder, settings(network, sink)) as (node, other, worker):
            with Crowd(sink, node.port, other.port, signers=2, confirmers=1) as crowd:
                crowd.wait_for(signed=30, confirmed=5)
                yield leader, standby, crowd
                crowd.wait_for(signed=30, confirmed=5)
                assert [ask(site.port, PAGE).status for site in (node, other)] == [200, 200]
            assert worker.is_running, "the mail worker gave up when the database was gone"
        for site in (node, other):
            check_log(site)
        audit(worker.site, crowd.book, sink)
        check_has_all(leader, crowd.book.signed)


def wait_for_a_pair(
    one: DatabaseMachine, two: DatabaseMachine, seconds: float
) -> tuple[DatabaseMachine, DatabaseMachine]:
    """The leader and its standby, when Patroni on both and PostgreSQL say that the standby has every commit at once."""
    found: list[tuple[DatabaseMachine, DatabaseMachine]] = []

    def is_a_pair() -> bool:
        views = [{name: member["role"] for name, member in machine.members().items()} for machine in (one, two)]
        found[:] = [
            (leader, standby)
            for leader, standby in ((one, two), (two, one))
            if views == [{leader.name: "leader", standby.name: "sync_standby"}] * 2
        ]
        return bool(found)

    wait_until(is_a_pair, seconds, lambda: f"{one.state()}\n{two.state()}")
    leader, standby = found[0]
    wait_until(lambda: leader.ask(SYNCHRONOUS), seconds, leader.state)
    assert leader.ask(UNENCRYPTED) == []
    return leader, standby


def make_database(leader: DatabaseMachine) -> None:
    """By the README's own words."""
    block = re.search(r"(?s)```sql\n(.*?)```", (CLUSTER / "README.md").read_text("utf-8"))
    assert block is not None
    leader.type_into_psql(block[1])


def settings(network: Network, sink: Sink) -> dict[str, str]:
    """The shipped settings, at home on loopback."""
    text = network.translated((CLUSTER / "petition.env.example").read_text("utf-8"))
    shipped = dotenv_values(stream=io.StringIO(text))
    shipped |= {"PETITION_HOST": "127.0.0.1", "PETITION_MAIL_URL": sink.url}
    del shipped["PETITION_SITE_URL"]
    return {name: value or "" for name, value in shipped.items()}


@contextmanager
def running_site(folder: Path, variables: dict[str, str]) -> Iterator[tuple[Site, Site, Worker]]:
    """Two app nodes and a worker node, started as their units do."""
    with ExitStack() as stack:
        node, other, third = (stack.enter_context(site_in(folder / name, **variables)) for name in "abw")
        done = node.command("upgrade")
        assert done.returncode == 0, done.stderr
        open_petition(node, folder)
        for site in (node, other):
            site.begin("--no-worker")
        worker = Worker(third)
        worker.start()
        stack.callback(worker.stop)
        for site in (node, other):
            site.wait_until_it_answers()
        yield node, other, worker


def hold_up_replication(leader: DatabaseMachine, crowd: Crowd) -> None:
    """The leader writes, and its standby hears nothing: the worst moment to die.

    Nothing is acknowledged from then on, and etcd knows of a leader that is ahead of all that could take over.
    """
    [(sender, standby)] = leader.ask("SELECT pid, application_name FROM pg_stat_replication")
    os.kill(sender, signal.SIGSTOP)
    time.sleep(0.5)  # what was on its way arrives
    signed = len(crowd.book.signed)
    wait_until(lambda: leader.members()[standby]["lag"] > 0, 15, leader.state)
    assert len(crowd.book.signed) == signed, "a signature was acknowledged that is on one machine only"


def check_has_all(standby: DatabaseMachine, signed: list[str]) -> None:
    """Each that was acknowledged is on the machine that came back, too: it could lead again."""
    rows = {email for (email,) in standby.ask("SELECT email FROM signatures", "petition")}
    assert set(signed) <= rows
