"""What a figure is worth nothing without: the machine, the versions, the commit, and how busy the machine was."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("flask", "granian", "sqlalchemy", "psycopg", "wtforms", "jinja2")


def conditions() -> dict[str, Any]:
    """Everything that somebody who repeats the measurement should compare first."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "nginx": _said("nginx", "-v"),
        "wrk": _said("wrk", "-v"),
        "packages": {name: version(name) for name in PACKAGES},
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "changed": bool(_git("status", "--porcelain")),
        "load": [round(value, 2) for value in os.getloadavg()],
    }


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _said(name: str, *arguments: str) -> str:
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if program is None:
        return "not installed"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+[\w.-]*", done.stdout + done.stderr)
    return found[0] if found else "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()
