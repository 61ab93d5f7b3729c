"""The processes of one site: loaded once, each replaced by itself, all ended together, by a fork or without one."""

from __future__ import annotations

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
    return sorted(set(site.processes()) - {site.process.pid}, key=_begun)


def replace_mail_worker(site: Site) -> None:
    """Kill it, and wait for the next one."""
    killed, *servers = children(site)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in children(site) and len(children(site)) == len(servers) + 1, 10)


def _begun(process: int) -> tuple[int, int]:
    after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(after_name[19]), process


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
def test_without_a_fork_each_loads_for_itself(online: Site) -> None:
    online.stop()
    program = online.data_dir.parent / "without_fork.py"
    program.write_text(WITHOUT_FORK, "utf-8")
    with online.log.open("ab") as log:
        online.process = subprocess.Popen(
            [sys.executable, str(program)],
            env=online.environment,
            cwd=online.data_dir.parent,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    wait_until(online.answers, 30, lambda: online.log.read_text("utf-8")[-2000:])
    assert ask(online.url + FORM, ALICE)[0] == 303
    wait_until(lambda: mails_of(online))
    online.process.send_signal(signal.SIGTERM)
    assert online.process.wait(15) == 0
    wait_until(lambda: not online.processes(), 5)
