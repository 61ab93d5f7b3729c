"""Whether a large petition costs more than a small one: the slowest of a hundred answers at many signatures and few."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from bench import servers
from bench.figures import Run
from bench.measure import Failed, Figure, percentile, side_by_side
from bench.pending import make_pending, pending
from petition_app import create_app
from petition_app.extensions import db
from petition_app.web.keyset import cursor_of
from petition_app.web.tokens import personal_token
from tests.server import Site

FEW = 1_000
DEEP = 10_000  # pages
PAGE_OF = 25  # signers
ASKED = 400  # times a run
POINTS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
# How fast signatures are made up is told of the step that ends here: most of the rows are its own, and the indexes that
# are made anew hold little else.
MADE = 1_000_000


@dataclass
class _Subject:
    """A site of some size, with what is asked of it: each asking is another address, so nothing kept answers."""

    site: Site
    deep: str
    personal: list[str]
    confirming: list[str]

    def __post_init__(self) -> None:
        self._numbers = count()
        self._connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=30)

    def paths(self) -> dict[str, Callable[[], tuple[str, str]]]:
        page = f"/fr/petitions/{servers.SLUG}"
        return {
            "page (cold)": lambda: ("GET", f"{page}?n={next(self._numbers)}"),
            "live fragment (cold)": lambda: ("GET", f"{page}/live?n={next(self._numbers)}"),
            "signers, 10 000 pages deep": lambda: (
                "GET",
                f"{page}/signatures?before={self.deep}&n={next(self._numbers)}",
            ),
            "personal link": lambda: ("GET", self.personal[next(self._numbers) % len(self.personal)]),
            "confirming": lambda: ("POST", self.confirming.pop()),
        }

    def p99(self, ask: Callable[[], tuple[str, str]], times: int = ASKED) -> float:
        """Milliseconds that 99 of 100 answers take at most, one after the other, on one connection."""
        return percentile([self._time(*ask()) for _ in range(times)], 0.99)

    def median(self, ask: Callable[[], tuple[str, str]], times: int = ASKED) -> float:
        return percentile([self._time(*ask()) for _ in range(times)], 0.5)

    def _time(self, method: str, path: str) -> float:
        headers = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
        began = time.perf_counter()
        self._connection.request(method, path, headers=headers)
        answer = self._connection.getresponse()
        answer.read()
        taken = (time.perf_counter() - began) * 1000
        if answer.status != (303 if method == "POST" else 200):
            raise Failed(f"{method} {path} answered {answer.status}")
        return taken


def at_many(run: Run) -> Iterator[Figure]:
    """Each kind of answer at many signatures against the same at 1 000, in turn; and how it grows between them."""
    points: dict[str, list[tuple[int, float]]] = {}
    few_folder, many_folder = run.new_folder(), run.new_folder()
    confirmations = ASKED * (run.runs + 2)
    with servers.site(few_folder, "--no-worker", signatures=FEW - 428, **_ONE) as small:
        few = _subject(small, confirmations)
        with servers.site(many_folder, "--no-worker", **_ONE) as large:
            grown = 428
            for point in (*(point for point in POINTS if point < run.many), run.many):
                began = time.monotonic()
                servers.add_signatures(large, point - grown)
                if point <= MADE:
                    seconds, added = time.monotonic() - began, point - grown
                grown = point
                if point != run.many:
                    _note_points(points, _subject(large, 0), point)
            yield Figure(
                "made-up signatures, SQLite",
                "signatures/s",
                added / seconds,
                "",
                None,
                50_000,
                "higher",
                note=f"{added} by petition demo --signatures, its start included",
            )
            many = _subject(large, confirmations)
            many_words = f"{run.many:,}".replace(",", " ")
            for kind in many.paths():
                few.p99(few.paths()[kind], ASKED // 2)  # both are warm
                many.p99(many.paths()[kind], ASKED // 2)
                figure = side_by_side(
                    f"{kind}, at {many_words} signatures",
                    lambda kind=kind: many.p99(many.paths()[kind]),
                    lambda kind=kind: few.p99(few.paths()[kind]),
                    runs=run.runs,
                    target=1.3,
                    unit="ms, p99",
                    ceiling_name="the same at 1 000 signatures",
                    better="lower",
                )
                if kind != "confirming":
                    points.setdefault(kind, []).append((run.many, many.median(many.paths()[kind])))
                figure.more = {"points": points.get(kind, [])}
                yield figure


_ONE = {"PETITION_WORKERS": "1"}


def _note_points(points: dict[str, list[tuple[int, float]]], subject: _Subject, signatures: int) -> None:
    for kind, ask in subject.paths().items():
        if kind != "confirming":
            subject.median(ask, 50)
            points.setdefault(kind, []).append((signatures, subject.median(ask, 200)))


def _subject(site: Site, confirmations: int) -> _Subject:
    if confirmations:
        make_pending(site, confirmations)
    app = create_app(site.settings())
    with app.app_context():
        from sqlalchemy import text

        confirmed = "FROM signatures WHERE petition_id = 1 AND status = 'confirmed' ORDER BY confirmed_at DESC, id DESC"
        total = db.session.scalar(text("SELECT sum(confirmed) FROM petition_counters"))
        offset = min(DEEP * PAGE_OF, total - PAGE_OF - 1)
        row = db.session.execute(text(f"SELECT id {confirmed} LIMIT 1 OFFSET :offset"), {"offset": offset}).one()
        from petition_app.models import Signature

        deep = db.session.get_one(Signature, row.id)
        cursor = cursor_of(deep.confirmed_at or deep.created_at, deep.id)
        keys = db.session.scalars(
            text("SELECT key FROM signatures WHERE status = 'confirmed' AND id % 7 = 3 LIMIT 2000")
        ).all()
        personal = [f"/fr/signatures/{personal_token(key)}" for key in keys]
        db.session.remove()
        db.engine.dispose()
    return _Subject(site, cursor, personal, pending(site, 0, confirmations)[1] if confirmations else [])
