"""A figure is the median of its runs beside its ceiling, and an answer that is an error fails the run."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import charts, wrk
from bench.measure import Failed, Figure, percentile, side_by_side


def test_ours_and_the_ceiling_are_measured_in_turn_and_the_medians_count() -> None:
    order: list[str] = []
    ours, ceiling = iter([10.0, 90.0, 20.0]), iter([100.0, 40.0, 50.0])

    def take(name: str, values: Iterator[float]) -> float:
        order.append(name)
        return next(values)

    figure = side_by_side(
        "page", lambda: take("ours", ours), lambda: take("ceiling", ceiling), runs=3, target=0.4, ceiling_name="a file"
    )
    assert order == ["ours", "ceiling"] * 3
    assert (figure.value, figure.ceiling, figure.ratio) == (20.0, 50.0, 0.4)
    assert figure.met
    assert len(figure.load) == 3


@pytest.mark.parametrize(
    ("value", "ceiling", "better", "met"),
    [
        (44.0, 100.0, "higher", False),
        (45.0, 100.0, "higher", True),
        (44.0, 100.0, "lower", True),
        (46.0, 100.0, "lower", False),
        (0.44, None, "lower", True),
        (0.44, None, "higher", False),
    ],
)
def test_the_ratio_is_compared_with_the_target_or_the_value_where_there_is_no_ceiling(
    value: float, ceiling: float | None, better: str, met: bool
) -> None:
    assert Figure("f", "u", value, "c", ceiling, 0.45, better).met == met  # type: ignore[arg-type]


def test_percentiles() -> None:
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([7.0], 0.99)) == (50.0, 99.0, 7.0)
    with pytest.raises(Failed):
        percentile([], 0.5)


class _Answers(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815  # the library's name

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed here")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_an_error_among_the_answers_fails_the_run(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrk.load(server, seconds=1, connections=2).requests > 0
    monkeypatch.setattr(_Answers, "status", 500)
    with pytest.raises(Failed, match="errors"):
        wrk.load(server, seconds=1, connections=2)


@pytest.mark.long
def test_a_signature_that_is_not_taken_fails_the_run(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failed, match="wrong"):
        wrk.load(server, "sign", "run", seconds=1, connections=2)
    monkeypatch.setattr(_Answers, "status", 303)
    assert wrk.load(server, "sign", "run", seconds=1, connections=2).requests > 0


def test_nobody_there_fails_the_run() -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed here")
    with pytest.raises(Failed):
        wrk.load("http://127.0.0.1:9/", seconds=1, connections=2)


def test_a_chart_shows_every_point_and_tells_what_it_is() -> None:
    chart = charts.growth("page <cold>", [(1_000, 2.0), (100_000, 2.5), (2_000_000, 3.0)])
    assert chart.count("<circle") == 3
    assert 'aria-label="page &lt;cold&gt;"' in chart
    assert "2 million" in chart
    assert "prefers-color-scheme:dark" in chart
