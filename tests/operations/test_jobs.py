"""Regular jobs: one runner at a time, at their interval, whatever happens to whoever runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from petition_app.config import PREFIX, Settings
from petition_app.extensions import db
from petition_app.models import ScheduledJob
from petition_app.models.base import now
from petition_app.operations import jobs
from petition_app.operations.jobs import LEASE, Job, run_due
from tests.databases import both_engines

HOUR = timedelta(hours=1)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What ran, by name, of two jobs that take the place of the real ones."""
    found: Counter[str] = Counter()

    def job(name: str) -> Job:
        return Job(name, HOUR, lambda _at: found.update([name]))

    monkeypatch.setattr(jobs, "JOBS", (job("sweep"), job("count")))
    return found


@both_engines
def test_a_job_runs_once_in_its_interval_whoever_asks(app: Flask, ran: Counter[str]) -> None:
    at = now()
    assert run_due(at, "alice") == 2
    assert run_due(at + timedelta(minutes=59), "bob") == 0
    assert run_due(at + timedelta(minutes=61), "bob") == 2
    assert ran == {"sweep": 2, "count": 2}


@both_engines
def test_the_real_jobs_run(app: Flask) -> None:
    assert run_due(now(), "alice") == len(jobs.JOBS)
    assert {job.name for job in db.session.query(ScheduledJob)} == {job.name for job in jobs.JOBS}
    assert all(job.finished_at and not job.claimed_until for job in db.session.query(ScheduledJob))


@both_engines
def test_workers_at_once_run_it_once(app: Flask, ran: Counter[str]) -> None:
    at = now()
    together = threading.Barrier(6)

    def work(number: int) -> int:
        with app.app_context():
            together.wait(20)
            try:
                return run_due(at, f"worker {number}")
            finally:
                db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(work, range(6))) == 2
    assert ran == {"sweep": 1, "count": 1}


@both_engines
def test_one_that_is_in_hand_is_left_alone_until_its_lease_ends(app: Flask, ran: Counter[str]) -> None:
    at = now()
    assert jobs._claim(jobs.JOBS[0], at, "alice", whenever=False)
    assert run_due(at + timedelta(seconds=1), "bob") == 1
    assert run_due(at + LEASE - timedelta(seconds=1), "bob", whenever=True) == 1
    assert ran == {"count": 2}
    assert run_due(at + LEASE, "bob", whenever=True) == 2
    assert ran == {"sweep": 1, "count": 3}


@both_engines
def test_one_that_fails_keeps_no_other_from_running_and_is_tried_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def fails(_at: datetime) -> None:
        tried.append("fails")
        raise OperationalError("DELETE", {}, Exception("disk full"))

    monkeypatch.setattr(
        jobs, "JOBS", (Job("fails", HOUR, fails), Job("works", HOUR, lambda _at: tried.append("works")))
    )
    at = now()
    assert run_due(at, "alice") == 2
    assert run_due(at + HOUR, "alice") == 2
    assert tried == ["fails", "works"] * 2


def test_a_clock_that_was_set_back_stops_no_job(app: Flask, ran: Counter[str]) -> None:
    at = now()
    run_due(at + HOUR, "alice")
    assert run_due(at, "alice") == 2


def test_whoever_looks_is_told_that_no_worker_runs(app: Flask, ran: Counter[str]) -> None:
    at = now()
    run_due(at, "alice")
    assert jobs.overdue(at + HOUR) == []
    assert jobs.overdue(at + 3 * HOUR) == ["sweep", "count"]


HANGS = """
import sys, threading
from datetime import timedelta
from petition_app import create_app
from petition_app.models.base import now
from petition_app.operations import jobs

def hang(_at):
    print("in hand", flush=True)
    threading.Event().wait(60)

jobs.JOBS = (jobs.Job("sweep", timedelta(hours=1), hang),)
with create_app().app_context():
    jobs.run_due(now(), "the one that dies")
"""


@both_engines
def test_a_killed_runners_job_is_taken_over_when_its_lease_ends(
    app: Flask, settings: Settings, ran: Counter[str]
) -> None:
    ours = {PREFIX + name.upper(): value for name, value in settings.values.items() if value}
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    process = subprocess.Popen([sys.executable, "-c", HANGS], env={**others, **ours}, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"in hand\n"
    began = now()
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert run_due(now(), "bob") == 1
    assert ran == {"count": 1}, "the other job is nobody's"
    assert run_due(began + LEASE + HOUR, "bob") == 2
    assert ran == {"count": 2, "sweep": 1}
    process.stdout.close()
