"""Each scheduled job has one runner at a time, keeps its interval, and outlives whoever ran it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from petition_app.config import Settings
from petition_app.config_sources import PREFIX
from petition_app.extensions import db
from petition_app.models import Petition, ScheduledJob
from petition_app.models.base import now
from petition_app.operations import doctor, forgetting, jobs, schedule, worker
from petition_app.operations.jobs import Job, Renew
from petition_app.transactions import StorageUnavailable, writing
from tests.databases import both_engines
from tests.server import wait_until

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# A worker whose job says that it runs, then hangs.
HANGING = """
import pathlib, sys, time
from datetime import timedelta
from petition_app import create_app
from petition_app.operations import jobs

def hang(_at, _renew):
    pathlib.Path(sys.argv[1]).touch()
    time.sleep(600)

with create_app().app_context():
    jobs.JOBS = (jobs.Job("one", timedelta(minutes=1), hang),)
    jobs.run_due()
"""

# A worker that waits for the other one, then says for some seconds which jobs it ran, one a line.
COUNTING = """
import os, pathlib, sys, time
from datetime import timedelta
from petition_app import create_app
from petition_app.operations import jobs

def told(name):
    def run(_at, _renew):
        time.sleep(0.2)
        with open(sys.argv[1], "a") as file:
            file.write(name + "\\n")
    return run

with create_app().app_context():
    jobs.JOBS = tuple(jobs.Job(name, timedelta(hours=1), told(name)) for name in ("one", "two", "three"))
    told_of = pathlib.Path(sys.argv[1])
    told_of.with_name(f"ready-{os.getpid()}").touch()
    while len(list(told_of.parent.glob("ready-*"))) < 2:
        time.sleep(0.01)
    end = time.monotonic() + 1.2
    while time.monotonic() < end:
        jobs.run_due()
        time.sleep(0.05)
"""


@dataclass
class Record:
    """What ran, in its order."""

    names: list[str] = field(default_factory=list)

    def job(self, name: str, every: timedelta = MINUTE, fails: Callable[[], bool] = lambda: False) -> Job:
        def run(_at: datetime, _renew: Renew) -> None:
            self.names.append(name)
            if fails():
                raise ValueError(name)

        return Job(name, every, run)

    def taken(self) -> list[str]:
        names, self.names = self.names, []
        return names


@pytest.fixture
def record() -> Record:
    return Record()


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a process on the test's site; its first argument is the file `told`."""
    running: list[subprocess.Popen[bytes]] = []
    ours = {PREFIX + name.upper(): value for name, value in settings.values.items() if value}
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}

    def start(program: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", program, str(tmp_path / "told")]
        running.append(subprocess.Popen(command, env={**others, **ours}))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def row(name: str) -> ScheduledJob:
    found = db.session.scalars(select(ScheduledJob).where(ScheduledJob.name == name)).one()
    db.session.expunge(found)
    db.session.rollback()
    return found


@both_engines
def test_two_workers_at_once_run_each_job_once(
    app: Flask, start: Callable[[str], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    for process in [start(COUNTING), start(COUNTING)]:
        assert process.wait(60) == 0
    assert sorted((tmp_path / "told").read_text().split()) == ["one", "three", "two"]


@both_engines
def test_of_many_that_claim_at_once_one_has_it(app: Flask) -> None:
    """All of them have seen it due before any has claimed it."""
    ready, leases = threading.Barrier(8), []

    def claim() -> None:
        with app.app_context():
            assert schedule.due({"one": MINUTE}, now()) == ["one"]
            ready.wait(20)
            leases.append(schedule.claim("one", MINUTE, now()))
            db.session.remove()

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(leases) == 8
    assert len([lease for lease in leases if lease is not None]) == 1


@both_engines
def test_a_killed_holders_job_is_taken_over_after_the_lease(
    app: Flask,
    start: Callable[[str], subprocess.Popen[bytes]],
    tmp_path: Path,
    record: Record,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    holder = start(HANGING)
    wait_until((tmp_path / "told").exists)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    # Longer than the lease, so that it is the lost run that is due, and not the next one.
    monkeypatch.setattr(jobs, "JOBS", (record.job("one", timedelta(days=1)),))
    until = row("one").claimed_until
    assert until is not None
    with time_machine.travel(until - timedelta(seconds=1), tick=False):
        jobs.run_due()
        assert record.taken() == []
    with time_machine.travel(until + timedelta(seconds=1), tick=False):
        jobs.run_due()
        jobs.run_due()
        assert record.taken() == ["one"]
    assert row("one").holder == ""


@both_engines
def test_the_interval_holds_over_a_restart(app: Flask, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that starts knows nothing but what is in the database; `--once` is such a start."""
    monkeypatch.setattr(jobs, "JOBS", (record.job("one", 10 * MINUTE),))
    with time_machine.travel(START, tick=False) as clock:
        for minutes, ran in ((0, ["one"]), (0, []), (9, []), (10, ["one"]), (19, []), (20, ["one"])):
            clock.move_to(START + minutes * MINUTE)
            worker.run(app, threading.Event(), once=True)
            assert record.taken() == ran, minutes


@both_engines
def test_a_job_that_fails_stops_no_other_and_is_tried_again(
    app: Flask, record: Record, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = [True]
    hourly = timedelta(hours=1)
    first = record.job("first", hourly, lambda: broken[0])
    monkeypatch.setattr(jobs, "JOBS", (first, record.job("second", hourly)))
    with time_machine.travel(START, tick=False) as clock:
        jobs.run_due()
        assert record.taken() == ["first", "second"]
        assert "a job failed" in caplog.text
        clock.move_to(START + schedule.RETRY_AFTER / 2)
        jobs.run_due()
        assert record.taken() == []
        broken[0] = False
        clock.move_to(START + schedule.RETRY_AFTER)
        jobs.run_due()
        jobs.run_due()
        assert record.taken() == ["first"]


@both_engines
def test_a_long_job_keeps_its_lease_by_renewing_it(app: Flask) -> None:
    with time_machine.travel(START, tick=False) as clock:
        lease = schedule.claim("one", MINUTE, now())
        assert lease is not None
        for _ in range(5):
            clock.shift(schedule.LEASE * 0.75)
            lease.renew()
            assert schedule.claim("one", MINUTE, now()) is None
        clock.shift(schedule.LEASE + MINUTE)
        other = schedule.claim("one", MINUTE, now())
        assert other is not None
        with pytest.raises(schedule.LeaseLost):
            lease.renew()
        lease.finish()  # too late: it is the other's by now
        assert row("one").holder == other.holder


@both_engines
def test_a_clock_set_back_holds_no_job_up(app: Flask, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "JOBS", (record.job("one"), record.job("two")))
    with time_machine.travel(START, tick=False) as clock:
        jobs.run_due()
        assert schedule.claim("two", MINUTE, START + MINUTE) is not None  # and its runner dies
        clock.move_to(START - timedelta(hours=1))
        assert record.taken() == ["one", "two"]
        jobs.run_due()
        assert record.taken() == ["one", "two"]


@both_engines
def test_forgetting_many_mails_goes_by_batches_and_renews(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from petition_app.mail import outbox
    from petition_app.models import OutboxMessage

    for number in range(5):
        outbox.enqueue_test(f"a{number}@example.org", "fr")
    with writing() as session:
        for mail in session.query(OutboxMessage):
            mail.sent(now() - timedelta(days=8))
    monkeypatch.setattr(forgetting, "BATCH", 2)
    renewals: list[None] = []
    assert forgetting.forget_mails(now(), lambda: renewals.append(None)) == 5
    assert len(renewals) == 2


def test_a_worker_looks_for_jobs_every_few_seconds(
    app: Flask, petition: Petition, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[None] = []
    monkeypatch.setattr(jobs, "run_due", lambda: looks.append(None))
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    worker.run(app, stop)
    assert len(looks) == 1


def test_a_worker_outlives_a_database_that_is_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[None] = []

    def away() -> None:
        looks.append(None)
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr(jobs, "run_due", away)
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(worker, "JOBS_SECONDS", 0.0)
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    worker.run(app, stop)
    assert len(looks) > 1


@both_engines
def test_the_doctor_tells_when_no_worker_runs(app: Flask, petition: Petition) -> None:
    def finding() -> doctor.Finding:
        return next(found for found in doctor.examine() if found.subject == "jobs")

    assert finding().verdict == "look"
    jobs.run_due()
    assert finding().verdict == "ok"
    with time_machine.travel(now() + timedelta(minutes=30)):
        assert finding().verdict == "wrong"
        assert "close petitions" in finding().sentence
        assert "erase" not in finding().sentence
