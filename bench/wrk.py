"""wrk, the load generator: every answer is looked at, and one that is not what it should be fails the run."""

from __future__ import annotations

import atexit
import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.measure import Failed

LUA = Path(__file__).parent / "lua"
THREADS, CONNECTIONS = 2, 64


@dataclass(frozen=True)
class Load:
    """What a run of wrk came to; latencies in milliseconds."""

    requests: int
    rate: float
    p50: float
    p99: float
    slowest: float


def load(
    url: str,
    script: str = "get",
    *arguments: str,
    seconds: float,
    connections: int = CONNECTIONS,
    headers: Sequence[str] = ("Accept-Encoding: gzip",),
) -> Load:
    """Ask for so many seconds. Raises Failed for any answer that is an error or missing."""
    return finish(start(url, script, *arguments, seconds=seconds, connections=connections, headers=headers))


def start(
    url: str,
    script: str = "get",
    *arguments: str,
    seconds: float,
    connections: int = CONNECTIONS,
    threads: int = THREADS,
    headers: Sequence[str] = (),
) -> subprocess.Popen[str]:
    """The same in the background; `finish` has the result."""
    program = shutil.which("wrk")
    if program is None:
        raise Failed("wrk is not installed: apt install wrk")
    command = [program, f"-t{threads}", f"-c{connections}", f"-d{math.ceil(seconds)}s", "--timeout", "20s"]
    for header in headers:
        command += ["-H", header]
    command += ["-s", str(_main(script)), url]
    if arguments:
        command += ["--", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@cache
def _main(script: str) -> Path:
    """wrk takes one file: one that reads the two that are wanted."""
    folder = Path(tempfile.mkdtemp(prefix="petition-bench-lua-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / f"{script}.lua"
    file.write_text(f'package.path = "{LUA}/?.lua;" .. package.path; require("report"); require("{script}")\n')
    return file


def finish(process: subprocess.Popen[str]) -> Load:
    said, _ = process.communicate(timeout=300)
    line = next((line for line in said.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        raise Failed(f"wrk said nothing that can be used: {said[-500:]}")
    found = json.loads(line.removeprefix("RESULT "))
    errors = {name: found[name] for name in ("connect", "read", "write", "status", "timeout", "wrong") if found[name]}
    if errors or not found["requests"]:
        raise Failed(f"of {found['requests']} answers some were errors: {errors}")
    return Load(
        found["requests"], found["requests"] / found["seconds"], found["p50_ms"], found["p99_ms"], found["max_ms"]
    )
