"""The whole site: what it takes at rest, and how long it takes to start."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench import servers
from bench.figures import Run
from bench.measure import Figure
from tests.server import Site, site_in

RESTS = 3.0  # seconds


def at_rest(run: Run) -> Iterator[Figure]:
    """Memory (PSS: what is shared counts in parts) with two workers and with one, and the time to the first answer."""
    starts: list[float] = []
    for workers, target in ((2, 250), (1, 150)):
        with site_in(run.new_folder(), PETITION_WORKERS=str(workers)) as site:
            servers.prepare(site, 0)
            taken: list[float] = []
            for _ in range(run.runs):
                began = time.monotonic()
                site.start()
                starts.append(time.monotonic() - began)
                for path in ("/fr/petitions/demo", "/en/petitions/demo", "/fr/petitions/demo/live", "/readyz"):
                    for _again in range(10):
                        servers.fetch(site.url + path)
                time.sleep(RESTS)
                taken.append(_pss(site))
                site.stop()
            words = "two workers" if workers == 2 else "one worker"
            yield Figure(
                f"memory at rest, {words} and the mail worker",
                "MB",
                statistics.median(taken),
                "",
                None,
                target,
                "lower",
                taken,
            )
    yield Figure("petition serve to its first answer", "s", statistics.median(starts), "", None, 2, "lower", starts)


def _pss(site: Site) -> float:
    found = 0
    for process in site.processes():
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        match = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
        found += int(match[1]) if match else 0
    return found / 1024
