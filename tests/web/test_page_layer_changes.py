"""The page layer under streams, errors, changes and many readers at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import make_response
from werkzeug.test import Client, run_wsgi_app
from werkzeug.test import EnvironBuilder as Environ

from petition_app.web import page_layer
from petition_app.web.page_layer import PageLayer, cacheable
from tests.web.conftest import GZIP, LONG, Site, view

# Streams and errors of the application


def test_export_is_passed_on_line_by_line(site: Site) -> None:
    made: list[int] = []

    def lines() -> Iterator[str]:
        for number in range(3):
            made.append(number)
            yield f"line {number}\n"

    site.flask.add_url_rule("/export", "export", lambda: site.flask.response_class(lines()))
    site.flask.add_url_rule("/shared", "shared", lambda: cacheable(site.flask.response_class(lines()), "x"))
    for path in ("/export", "/shared"):
        made.clear()
        chunks, status, headers = run_wsgi_app(site.layer, Environ(path).get_environ())
        assert status == "200 OK"
        assert "X-Page-Cache" not in headers
        assert len(made) <= 1
        assert b"".join(chunks) == b"line 0\nline 1\nline 2\n"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("keep", [True, False])
def test_source_of_an_answer_is_closed(method: str, keep: bool) -> None:
    closed: list[bool] = []

    class Source(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def app(environ: object, start_response: Callable[..., object]) -> Source:
        mark = [("X-Page-Cache", "x"), ("Cache-Control", "public")] if keep else []
        start_response("200 OK", [("Content-Type", "text/plain"), *mark])
        return Source([b"a", b"b"])

    answer = Client(PageLayer(app)).open("/", method=method)
    assert (answer.status, answer.data) == ("200 OK", b"ab" if method == "GET" else b"")
    answer.close()
    assert closed == [True]


def test_application_that_starts_late_or_fails_midway_is_heard() -> None:
    said: list[tuple[str, object]] = []

    def late(environ: object, start_response: Callable[..., object]) -> Iterator[bytes]:
        start_response("200 OK", [("X-Page-Cache", "x"), ("Content-Type", "text/plain")])
        yield b"half"
        start_response("500 Oh", [("Content-Type", "text/plain")], ("exc", "info", None))

    def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
        assert ("X-Page-Cache", "x") not in headers
        said.append((status, exc_info))
        return lambda data: None

    assert list(PageLayer(late)(Environ("/").get_environ(), start)) == [b"half"]
    assert said == [("200 OK", None), ("500 Oh", ("exc", "info", None))]


def test_failing_page_fails_for_its_reader_and_is_tried_again_for_the_next(site: Site) -> None:
    site.flask.config["PROPAGATE_EXCEPTIONS"] = True

    def broken() -> None:
        raise RuntimeError("no database")

    site.during = broken
    for _ in range(2):
        with pytest.raises(RuntimeError):
            site.reader.get("/page")
    site.during = lambda: None
    assert site.reader.get("/page").text == LONG


# Changes


def test_change_drops_the_pages_that_show_it_and_no_others(site: Site) -> None:
    view(site, "/other")(lambda: cacheable(make_response(site.text), "petition:11"))
    for path in ("/page", "/page?before=1", "/other"):
        site.reader.get(path)
    site.text = "changed"
    site.layer.drop("petition:1")
    assert site.reader.get("/page").text == "changed"
    assert site.reader.get("/page?before=1").text == "changed"
    assert site.reader.get("/other").text == LONG
    site.layer.drop()
    assert site.reader.get("/other").text == "changed"


def test_change_while_a_page_is_made_is_in_the_next_answer(site: Site) -> None:
    def change() -> None:
        site.text, site.during = "changed", lambda: None
        site.layer.drop("petition:1")

    site.during = change
    assert site.reader.get("/page").text == LONG  # read before the change
    assert site.reader.get("/page").text == "changed"
    assert site.reader.get("/page").text == "changed"
    assert site.entered == 2


def test_change_elsewhere_while_a_page_is_made_does_not_matter(site: Site) -> None:
    site.during = lambda: site.layer.drop("petition:2")
    site.reader.get("/page")
    site.reader.get("/page")
    assert site.entered == 1


def test_slow_page_that_was_overtaken_does_not_come_back(site: Site) -> None:
    """One reader's page is under way when two changes come; the page made after them stays."""
    started, may_end = site.hold_next()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(lambda: Client(site.layer).get("/page").text)
        assert started.wait(10)
        site.layer.drop("petition:2")
        site.reader.get("/page")  # overtakes it, for it cannot be known yet what that one shows
        site.text = "changed"
        site.layer.drop("petition:1")
        may_end.set()
        assert slow.result() == LONG
    assert site.reader.get("/page").text == "changed"


# Many readers at once


def test_many_readers_at_once_have_a_page_made_once(site: Site) -> None:
    site.during = lambda: time.sleep(0.05)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: Client(site.layer).get("/page", headers=GZIP), range(64)))
    assert {answer.headers["ETag"] for answer in answers} == {answers[0].headers["ETag"]}
    assert {answer.status_code for answer in answers} == {200}
    assert site.entered == 1
    assert (site.layer.misses, site.layer.hits) == (1, 63)


def test_many_readers_of_a_page_that_is_not_kept_all_get_their_own(site: Site) -> None:
    view(site, "/mine")(lambda: (time.sleep(0.02), str(threading.get_ident()))[1])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: Client(site.layer).get("/mine").status_code, range(16)))
    assert answers == [200] * 16
    assert site.entered == 16


def test_readers_do_not_wait_forever_for_one_that_hangs(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_layer, "LONGEST_WAIT_SECONDS", 0.05)
    started, may_end = site.hold_next()
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(lambda: Client(site.layer).get("/page"))
        assert started.wait(10)
        answer = site.reader.get("/page")
        assert (answer.status_code, answer.headers["Vary"]) == (200, "Accept-Encoding")
        may_end.set()
        assert hanging.result().status_code == 200
    assert not site.layer._flights
    assert not site.layer._in_the_air


def test_reader_who_comes_after_the_second_does_not_join_an_old_making(site: Site) -> None:
    started, may_end = site.hold_next()
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(lambda: Client(site.layer).get("/page").text)
        assert started.wait(10)
        site.text = "changed in another process"
        site.time += 1
        assert site.reader.get("/page").text == "changed in another process"
        may_end.set()
        assert hanging.result() == LONG
    assert site.reader.get("/page").text == "changed in another process"


def test_readers_and_changes_at_once_never_see_a_number_fall(site: Site) -> None:
    count = 0
    lock = threading.Lock()
    site.flask.add_url_rule("/count", view_func=lambda: cacheable(make_response(str(count)), "petition:1"))

    def confirm(_: int) -> bool:
        nonlocal count
        with lock:
            count += 1
            mine = count
        site.layer.drop("petition:1")
        return int(Client(site.layer).get("/count").text) >= mine

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(confirm, range(400)))
    assert site.reader.get("/count").text == "400"
