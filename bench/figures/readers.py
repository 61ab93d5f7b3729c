"""What a crowd of readers meets: how many open pages the machine carries, and how the pace stretches under load."""

from __future__ import annotations

import gzip
import re
import statistics
import threading
import time
from collections.abc import Iterator

from bench import servers, wrk
from bench.figures import Run
from bench.figures.pages import LIVE
from bench.measure import Figure
from petition_app.public.pace import AIM, BUSY, STEPS

FASTEST = STEPS[0][1]  # seconds


def stretched(run: Run) -> Iterator[Figure]:
    """The interval that the fragment carries, each second: at rest, while it is asked for at full speed, and after."""
    with servers.site(run.new_folder(), "--no-worker", signatures=1) as site:
        rates = [wrk.load(site.url + LIVE, seconds=run.seconds).rate for _ in range(run.runs)]
        rate = statistics.median(rates)
        _wait_for_calm(site.url)
        seconds = max(12, int(4 * run.seconds))
        seen: list[tuple[float, int]] = []
        looking = threading.Thread(target=_look, args=(site.url, seen, 3 * seconds))
        looking.start()
        time.sleep(seconds / 2)
        crowd = wrk.load(site.url + LIVE, seconds=seconds)
        looking.join()
        crowded = [interval for at, interval in seen if seconds / 2 < at < 1.5 * seconds]
        yield Figure(
            "open pages that ask at the quickest pace",
            "pages",
            rate * BUSY * FASTEST,
            "",
            None,
            100_000,
            "higher",
            [value * BUSY * FASTEST for value in rates],
            note=f"{rate:.0f} live fragments/s at full speed, {BUSY:.0%} of that, one page asks every {FASTEST} s",
        )
        yield Figure(
            "interval while the fragment is asked for at full speed",
            "s",
            float(max(crowded, default=0)),
            "",
            None,
            FASTEST + 1,
            "higher",
            note=f"{crowd.rate:.0f} questions/s; {FASTEST} s at rest",
            more={"seen": seen, "aim": AIM},
        )


def _interval(url: str) -> int:
    body, headers = servers.fetch(url + LIVE)
    text = gzip.decompress(body).decode() if headers.get("Content-Encoding") == "gzip" else body.decode()
    found = re.search(r'data-poll="(\d+)"', text)
    return int(found[1]) if found else 0


def _wait_for_calm(url: str) -> None:
    end = time.monotonic() + 60
    while _interval(url) > FASTEST and time.monotonic() < end:
        time.sleep(1)


def _look(url: str, seen: list[tuple[float, int]], seconds: float) -> None:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        seen.append((round(time.monotonic() - began, 1), _interval(url)))
        time.sleep(1)
