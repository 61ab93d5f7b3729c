"""The processes of one site: loaded once, each replaced by itself, all ended together, by a fork or without one."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.test_serve import FORM, PAGE, ask, mails_of
from tests.server import Site, wait_until
from tests.story import ALICE

# As on a machine whose libraries do not outlive a fork.
WITHOUT_FORK = """
from petition_app.operations import loaded
loaded.CAN_FORK = False
from petition_app.operations.cli import main
if __name__ == "__main__":
    main(["serve"])
"""

# The mail worker and two server processes start; the next two do not.
WITHOUT_MEMORY = """
from multiprocessing.process import BaseProcess
from petition_app.operations.cli import main
start, started = BaseProcess.start, []
def start_or_not(self):
    started.append(self)
    if len(started) in (4, 5):
        raise OSError("no memory")
    start(self)
BaseProcess.start = start_or_not
if __name__ == "__main__":
    main(["serve"])
"""

# The mail worker and the first server process start; the second does not.
WITHOUT_MEMORY_AT_THE_START = """
from multiprocessing.process import BaseProcess
from petition_app.operations.cli import main
start, started = BaseProcess.start, []
def start_or_not(self):
    started.append(self)
    if len(started) == 3:
        raise OSError("no memory")
    start(self)
BaseProcess.start = start_or_not
if __name__ == "__main__":
    main(["serve"])
"""

# A clock's signals come all the time, as a stop does once, in whatever step of its waiting the main thread is.
CALLED_ALL_THE_TIME = """
import signal, time
from petition_app.operations.processes import Call
call = Call()
signal.signal(signal.SIGALRM, lambda *_: call.set())
signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
end = time.monotonic() + 1
while time.monotonic() < end:
    call.wait(0.01)
    call.clear()
signal.setitimer(signal.ITIMER_REAL, 0)
print("waited", call.wait(0))
"""

# Nothing but the first ones can be started.
NOTHING_MORE = """
from multiprocessing.process import BaseProcess
from petition_app.operations.cli import main
start, started = BaseProcess.start, []
def start_or_not(self):
    started.append(self)
    if len(started) > 3:
        raise OSError("no memory")
    start(self)
BaseProcess.start = start_or_not
if __name__ == "__main__":
    main(["serve"])
"""

# One more process can be started, but no thread that would watch it; later both can.
WITHOUT_THREADS = """
import threading
from multiprocessing.process import BaseProcess
from petition_app.operations.cli import main
start, started = BaseProcess.start, []
begin = threading.Thread.start
def count(self):
    started.append(self)
    start(self)
def start_or_not(self):
    if len(started) == 4 and "_watcher" in self.name:
        raise RuntimeError("can't start new thread")
    begin(self)
BaseProcess.start, threading.Thread.start = count, start_or_not
if __name__ == "__main__":
    main(["serve"])
"""

WHAT_IS_OPEN = """
import contextlib, os, threading
from petition_app.operations.cli.site import _check_schema
from petition_app.operations.loaded import share
_check_schema(False)
share()
print([thread.name for thread in threading.enumerate()])
for file in os.listdir("/proc/self/fd"):
    with contextlib.suppress(OSError):
        print(os.readlink(f"/proc/self/fd/{file}"))
"""


def children(site: Site) -> list[int]:
    """All but the one above them, the first that was started first: the mail worker."""
    assert site.process is not None
    begun = {process: _begun(process) for process in set(site.processes()) - {site.process.pid}}
    return sorted((process for process, ticks in begun.items() if ticks), key=lambda each: (begun[each], each))


def servers(site: Site) -> list[int]:
    """The processes that answer: all that were started after the mail worker."""
    return children(site)[1:]


def run_instead(site: Site, program: str) -> None:
    """The site, run by a program of a test's own."""
    site.stop()
    file = site.data_dir.parent / "instead.py"
    file.write_text(program, "utf-8")
    with site.log.open("ab") as log:
        site.process = subprocess.Popen(
            [sys.executable, str(file)],
            env=site.environment,
            cwd=site.data_dir.parent,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    site.wait_until_it_answers()


def replace_mail_worker(site: Site) -> None:
    """Kill it, and wait for the next one."""
    killed, *servers = children(site)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in children(site) and len(children(site)) == len(servers) + 1, 10)


def _begun(process: int) -> int:
    """When it was started, in ticks since the machine was; 0 when it has ended since it was listed."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(stat.rpartition(")")[2].split()[19])


def _megabytes(process: int) -> dict[str, float]:
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return {name: int(size) / 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB", rollup, re.MULTILINE)}


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells what a process has open")
@pytest.mark.parametrize("on_server", [False, True], ids=["sqlite", "postgresql"])
def test_nothing_is_open_where_they_fork(site: Site, on_server: bool, request: pytest.FixtureRequest) -> None:
    if on_server:
        site.variables["PETITION_DATABASE_URL"] = request.getfixturevalue("postgresql")
        site.variables["PETITION_SECRET_KEY"] = "0123456789abcdef" * 4
    assert site.command("upgrade").returncode == 0
    done = subprocess.run(
        [sys.executable, "-c", WHAT_IS_OPEN],
        env=site.environment,
        cwd=site.data_dir.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    _, threads, files = done.stdout.rpartition("['MainThread']\n")
    assert threads, done.stdout
    assert "socket:" not in files
    # In that file writers queue: its locks are a process's own, whoever has opened it (transactions.py).
    assert {Path(file).name for file in files.splitlines() if str(site.data_dir) in file} <= {"petition.sqlite3-queue"}


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells what processes share")
def test_what_is_loaded_lies_in_memory_once(online: Site) -> None:
    assert ask(online.url + PAGE)[0] == 200
    for process in children(online):
        memory = _megabytes(process)
        own = memory["Private_Dirty"] + memory["Private_Clean"]
        assert own < memory["Rss"] / 2, (process, memory)


def test_a_mail_worker_that_dies_is_replaced_alone(online: Site) -> None:
    servers = children(online)[1:]
    replace_mail_worker(online)
    assert '"the mail worker has ended"' in online.log.read_text("utf-8")
    assert children(online)[:2] == servers
    assert ask(online.url + FORM, ALICE)[0] == 303
    wait_until(lambda: mails_of(online))


@pytest.mark.long
def test_a_mail_worker_that_was_replaced_stops_with_the_others(online: Site) -> None:
    replace_mail_worker(online)
    assert online.process is not None
    online.process.send_signal(signal.SIGTERM)
    assert online.process.wait(15) == 0
    assert not online.processes()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux lets a signal be given to one thread")
def test_a_stop_that_another_thread_takes_is_heeded(online: Site) -> None:
    """The system chooses: it does that when the main thread and another could take it at the same moment."""
    assert online.process is not None
    main = online.process.pid
    threads = sorted({int(thread.name) for thread in Path(f"/proc/{main}/task").iterdir()} - {main})
    assert ctypes.CDLL(None).tgkill(main, threads[-1], int(signal.SIGTERM)) == 0
    assert online.process.wait(15) == 0
    assert not online.processes()


def test_a_signal_may_come_in_any_step_of_waiting_for_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CALLED_ALL_THE_TIME], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.strip() in {"waited True", "waited False"}, done.stderr


@pytest.mark.long
def test_a_stop_at_the_very_start_is_heeded(online: Site) -> None:
    online.stop()
    online.log.unlink()
    online.begin()
    wait_until(lambda: online.log.exists() and "Ctrl-C stops it" in online.log.read_text("utf-8"))
    assert online.process is not None
    online.process.send_signal(signal.SIGTERM)
    assert online.process.wait(15) == 0
    wait_until(lambda: not online.processes(), 5)


@pytest.mark.long
def test_server_processes_that_die_again_and_again_do_not_end_the_site(online: Site) -> None:
    assert online.process is not None
    for _ in range(6):
        killed = servers(online)
        for process in killed:
            os.kill(process, signal.SIGKILL)
        wait_until(lambda killed=killed: len(set(servers(online)) - set(killed)) == len(killed))  # type: ignore[misc]
    wait_until(online.answers)
    assert ask(online.url + FORM, ALICE)[0] == 303
    os.kill(servers(online)[0], signal.SIGKILL)  # and while the next is waited for, a stop is heeded
    online.process.send_signal(signal.SIGTERM)
    online.process.wait(15)
    wait_until(lambda: not online.processes(), 5)


@pytest.mark.long
def test_a_server_process_that_cannot_be_started_again_is_started_later(online: Site) -> None:
    run_instead(online, WITHOUT_MEMORY)
    first = servers(online)
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: online.log.read_text("utf-8").count("a server process could not be started again") == 2)
    assert online.answers(), "by the other one"
    wait_until(lambda: len(servers(online)) == len(first))


@pytest.mark.long
def test_a_site_that_cannot_start_all_its_processes_ends_as_one(online: Site) -> None:
    online.stop()
    program = online.data_dir.parent / "instead.py"
    program.write_text(WITHOUT_MEMORY_AT_THE_START, "utf-8")
    begun = subprocess.run(
        [sys.executable, str(program)],
        env=online.environment,
        cwd=online.data_dir.parent,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert begun.returncode != 0
    assert b"no memory" in begun.stderr
    assert not online.answers()


@pytest.mark.long
def test_processes_that_live_go_on_while_no_new_ones_can_be_started(online: Site) -> None:
    """It is tried again, but not all the time: each try is told in the log."""
    run_instead(online, NOTHING_MORE)
    first = servers(online)
    assert online.process is not None
    online.process.send_signal(signal.SIGHUP)
    failed = "a server process could not be started again"
    wait_until(lambda: online.log.read_text("utf-8").count(failed) >= 4)
    assert online.log.read_text("utf-8").count(failed) < 30
    assert servers(online) == first
    assert online.answers()
    online.process.send_signal(signal.SIGTERM)
    online.process.wait(15)
    wait_until(lambda: not online.processes(), 5)


@pytest.mark.long
def test_a_server_process_that_nobody_could_watch_is_replaced(online: Site) -> None:
    run_instead(online, WITHOUT_THREADS)
    first = servers(online)
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: "a server process could not be started again" in online.log.read_text("utf-8"))
    wait_until(lambda: len(servers(online)) == len(first))
    assert first[1] in servers(online)
    assert online.answers()


@pytest.mark.long
def test_new_processes_are_had_by_a_signal(online: Site) -> None:
    assert online.process is not None
    first = servers(online)
    online.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(servers(online)) == len(first) and not set(first) & set(servers(online)))
    assert ask(online.url + PAGE)[0] == 200


@pytest.mark.long
def test_without_a_fork_each_loads_for_itself(online: Site) -> None:
    run_instead(online, WITHOUT_FORK)
    assert online.process is not None
    assert ask(online.url + FORM, ALICE)[0] == 303
    wait_until(lambda: mails_of(online))
    online.process.send_signal(signal.SIGTERM)
    assert online.process.wait(15) == 0
    wait_until(lambda: not online.processes(), 5)
