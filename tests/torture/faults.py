"""Ways to take something away from a site: room on its disk, the right to write, its idea of the time."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Site
from tests.torture.conftest import lacking

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """The folder on a file system of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        # Not even where the checks run, inside a container perhaps: files that may not grow stand in for it there.
        pytest.skip("NOT TESTED: a small file system cannot be mounted here, which takes root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room that is left; answers with the file that has it."""
    path = folder / "somebody-elses.file"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    return path


def limit_file_size(site: Site, size: int) -> None:
    """No process of the site may make a file longer than this, in bytes; resource.RLIM_INFINITY takes it away."""
    for process in site.processes():
        _soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))


@contextlib.contextmanager
def held_by_another(database: Path) -> Iterator[None]:
    """Another process has the write lock of the SQLite file."""
    command = [sys.executable, "-c", HOLD, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield
        finally:
            other.stdin.close()
            other.wait(30)


def heed_file_modes(site: Site) -> None:
    """Root writes into what is read-only, unless that right is taken away."""
    if os.geteuid() != 0:
        return
    if shutil.which("setpriv") is None:
        lacking("file modes do not bind root, and setpriv (Debian's util-linux) is not here")
    site.launcher = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", *site.launcher)


def fake_clock(site: Site, file: Path) -> None:
    """Let the site read its clock through this file: "+3600" is an hour ahead."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        lacking("libfaketime is not here (Debian's package faketime)")
    set_clock(file, 0)
    site.variables = {
        **site.variables,
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",  # seconds until a new time is noticed
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(file: Path, seconds: int) -> None:
    """Set it at once, so that no half-written file is read."""
    draft = file.with_suffix(".draft")
    draft.write_text(f"{seconds:+d}\n", "ascii")
    draft.replace(file)
