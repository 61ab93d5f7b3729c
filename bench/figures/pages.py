"""How fast a page goes out: from memory against nginx and a file, and made anew against Flask and a word."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator

from bench import servers, wrk
from bench.figures import Run
from bench.measure import Failed, Figure, side_by_side

PAGE = f"/fr/petitions/{servers.SLUG}"
LIVE = f"{PAGE}/live"
NGINX = "nginx, the same bytes as a file"
SIGNATURES_A_SECOND = 200


def repeated(run: Run) -> Iterator[Figure]:
    """Page, live fragment, its 304, and static files, answered from memory."""
    with servers.site(run.new_folder(), "--no-worker") as site:
        page, _ = servers.fetch(site.url + PAGE)
        live, _ = servers.fetch(site.url + LIVE)
        css, js = (_asset(page, site.url, ending) for ending in (".css", ".js"))
        files = {
            "page": page,
            "live": live,
            "css": servers.fetch(site.url + css)[0],
            "js": servers.fetch(site.url + js)[0],
        }
        with servers.nginx(run.new_folder(), files) as nginx:
            for name, path, file, target in (
                ("petition page", PAGE, "page", 0.45),
                ("live fragment", LIVE, "live", 0.45),
                ("style sheet", css, "css", 0.40),
                ("script", js, "js", 0.40),
            ):
                yield side_by_side(
                    f"{name}, repeated GET",
                    lambda path=path: wrk.load(site.url + path, seconds=run.seconds).rate,
                    lambda file=file: wrk.load(f"{nginx}/{file}", seconds=run.seconds).rate,
                    runs=run.runs,
                    target=target,
                    ceiling_name=NGINX,
                    note=f"{len(files[file])} bytes, gzip",
                )


def not_modified(run: Run) -> Iterator[Figure]:
    """The answer to a reader who has the fragment already.

    Of a closed petition, whose fragment says nothing of the pace: under full load each process would give its own, and
    the two would take turns in having another fragment.
    """
    with servers.site(run.new_folder(), "--no-worker") as site:
        servers.command(site, "close", servers.SLUG)
        time.sleep(2)
        live, _ = servers.fetch(site.url + LIVE)
        with servers.nginx(run.new_folder(), {"live": live}) as nginx:
            yield _not_modified(run, site.url, nginx)


def _not_modified(run: Run, ours: str, nginx: str) -> Figure:
    def rate(url: str) -> float:
        known = str(servers.fetch(url)[1]["ETag"])
        servers.fetch(url, 304, **{"If-None-Match": known})
        headers = ("Accept-Encoding: gzip", f"If-None-Match: {known}")
        return wrk.load(url, seconds=run.seconds, headers=headers).rate

    return side_by_side(
        "live fragment, its 304",
        lambda: rate(ours + LIVE),
        lambda: rate(f"{nginx}/live"),
        runs=run.runs,
        target=0.45,
        ceiling_name="nginx, its own 304 for the same file",
    )


def _asset(page: bytes, url: str, ending: str) -> str:
    import gzip
    import re

    found = re.search(rf'"(/static/[^"]+{re.escape(ending)})"', gzip.decompress(page).decode())
    if not found:
        raise Failed(f"the page at {url} has no {ending}")
    return found[1]


def cold(run: Run) -> Iterator[Figure]:
    """The page made anew for each reader: entering Flask, reading the database, rendering, compressing."""
    with servers.site(run.new_folder(), "--no-worker") as site, servers.hello() as hello:
        yield side_by_side(
            "petition page, cold",
            lambda: wrk.load(site.url + PAGE, "get", "n", seconds=run.seconds).rate,
            lambda: wrk.load(hello, seconds=run.seconds).rate,
            runs=run.runs,
            target=0.05,
            ceiling_name="Flask “hello” on the same server",
            note="each request has a query of its own, so no kept page answers it",
        )


def while_signing(run: Run) -> Iterator[Figure]:
    """Readers beside 200 signatures a second, and at rest."""
    with servers.site(run.new_folder(), "--no-worker") as site:

        def beside() -> float:
            with _Signers(site.port, SIGNATURES_A_SECOND):
                return wrk.load(site.url + PAGE, seconds=run.seconds).rate

        yield side_by_side(
            "petition page, while 200 signatures/s arrive",
            beside,
            lambda: wrk.load(site.url + PAGE, seconds=run.seconds).rate,
            runs=run.runs,
            target=0.60,
            ceiling_name="the same at rest",
        )


class _Signers:
    """So many signatures a second at least, at an even pace, from some connections; fewer is a failure."""

    CONNECTIONS = 32

    def __init__(self, port: int, a_second: float) -> None:
        self._port, self._pause = port, self.CONNECTIONS / (1.12 * a_second)
        self._stop = threading.Event()
        self._done: list[int] = []
        self._wrong: list[str] = []
        self._threads = [threading.Thread(target=self._sign, args=(n,)) for n in range(self.CONNECTIONS)]
        self._expected = a_second

    def __enter__(self) -> None:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def __exit__(self, failed: object, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        seconds = time.monotonic() - self._began
        rate = sum(self._done) / seconds
        if not failed and (self._wrong or rate < self._expected):
            raise Failed(f"{rate:.0f} signatures/s instead of {self._expected:.0f}; errors: {self._wrong[:3]}")

    def _sign(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        due, count = time.monotonic() + number * self._pause / self.CONNECTIONS, 0
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due += self._pause
            address = f"paced-{number}-{count}-{time.monotonic_ns()}%40example.org"
            body = (
                f"given_name=Ada&surname=Exemple&email={address}&postal_code=38000&country=FR&comment="
                "&name_display=full&consent_processing=y"
            )
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
            connection.request("POST", f"{PAGE}/signatures", body, headers)
            answer = connection.getresponse()
            answer.read()
            count += 1
            if answer.status != 303:
                self._wrong.append(str(answer.status))
        self._done.append(count)
