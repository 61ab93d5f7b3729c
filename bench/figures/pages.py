"""How fast a page goes out: from memory against nginx and a file, and made anew against Flask and a word."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

from bench import servers, wrk
from bench.figures import Run
from bench.measure import Failed, Figure, side_by_side
from petition_app.paths import resource_folder

PAGE = f"/fr/petitions/{servers.SLUG}"
LIVE = f"{PAGE}/live"
SIGN = f"{PAGE}/signatures"
NGINX = "nginx, the same bytes as a file"
SIGNATURES_A_SECOND = 200
# How often readers and signers are measured beside each other: which of two processes has whom is chance.
RUNS_BESIDE = 5


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


def in_all_languages(run: Run) -> Iterator[Figure]:
    """The page in each language that there is, in turn, against the same page in one of them."""
    languages = [po.parent.parent.name for po in sorted(resource_folder("translations").glob("*/LC_MESSAGES/*.po"))]
    with servers.site(run.new_folder(), "--no-worker", PETITION_LOCALES=",".join(languages)) as site:
        wrk.load(site.url + PAGE, "languages", *languages, seconds=run.seconds)  # each has been made once
        yield side_by_side(
            f"petition page in {len(languages)} languages in turn",
            lambda: wrk.load(site.url + PAGE, "languages", *languages, seconds=run.seconds).rate,
            lambda: wrk.load(site.url + PAGE, "languages", "fr", seconds=run.seconds).rate,
            runs=run.runs,
            target=0.9,
            ceiling_name="the same in one language",
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
            # A little more than is wanted, so that no late answer misses it; and longer than the page is asked for.
            arguments = (uuid4().hex, str(1.05 * SIGNATURES_A_SECOND))
            signing = wrk.start(
                site.url + SIGN, "sign_paced", *arguments, seconds=run.seconds + 1, connections=32, threads=1
            )
            page = wrk.load(site.url + PAGE, seconds=run.seconds).rate
            signed = wrk.finish(signing).rate
            if signed < SIGNATURES_A_SECOND:
                raise Failed(f"{signed:.0f} signatures/s instead of {SIGNATURES_A_SECOND}")
            return page

        beside()  # the first signatures of a site have their statements made
        yield side_by_side(
            "petition page, while 200 signatures/s arrive",
            beside,
            lambda: wrk.load(site.url + PAGE, seconds=run.seconds).rate,
            runs=max(run.runs, RUNS_BESIDE),
            target=0.60,
            ceiling_name="the same at rest",
        )
