"""What readers, proxies and signers meet at the page layer: one small application, many readers."""

from __future__ import annotations

import gzip
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask, Response, make_response, request, session
from werkzeug.test import Client, run_wsgi_app
from werkzeug.test import EnvironBuilder as Environ

from petition_app.web import page_layer, security_headers
from petition_app.web.page_layer import PageLayer, cacheable

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
LONG = "A long petition, in many words. " * 100


class Site:
    """An application that counts how often it is entered, behind a layer whose clock the test turns."""

    def __init__(self, capacity: int = 2**20) -> None:
        self.text, self.time, self.entered = LONG, 100.0, 0
        self.during: Callable[[], None] = lambda: None
        self.flask = Flask("site")
        self.flask.secret_key = "a test's"  # noqa: S105  # opens nothing
        self.flask.config["SITE_URL"] = "https://petitions.example"
        security_headers.init_app(self.flask)
        self.flask.before_request(self._enter)
        self.layer = PageLayer(self.flask.wsgi_app, capacity=capacity, clock=lambda: self.time)
        self.reader = Client(self.layer)

    def _enter(self) -> None:
        self.entered += 1

    def page(self) -> Response:
        text = self.text
        self.during()
        return cacheable(make_response(text), "petition:1", "home")


@pytest.fixture
def site() -> Site:
    site = Site()
    site.flask.add_url_rule("/page", view_func=site.page)
    return site


def view(site: Site, path: str) -> Callable[[Callable[[], object]], object]:
    return site.flask.route(path, methods=["GET", "POST"])


# Reading


def test_second_reader_is_answered_without_entering_flask(site: Site) -> None:
    first, second = site.reader.get("/page"), site.reader.get("/page")
    assert first.data == second.data == LONG.encode()
    assert list(first.headers) == list(second.headers)
    assert site.entered == 1
    assert (site.layer.misses, site.layer.hits) == (1, 1)


def test_reader_gets_the_headers_of_the_cache_contract(site: Site) -> None:
    for answer in (site.reader.get("/page"), site.reader.get("/page"), site.reader.head("/page")):
        assert answer.headers["Cache-Control"] == "public, max-age=2, stale-while-revalidate=10, stale-if-error=300"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["ETag"].startswith('"')
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Strict-Transport-Security"]
        assert "X-Page-Cache" not in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_page_is_made_anew_after_its_second_and_never_given_out_older(site: Site) -> None:
    site.reader.get("/page")
    site.text = "new"
    site.time += 0.99
    assert site.reader.get("/page").text == LONG
    site.time += 0.01
    assert site.reader.get("/page").text == "new"
    assert (site.layer.misses, site.layer.hits, site.layer.rebuilds) == (1, 1, 1)


def test_reader_who_takes_gzip_gets_it_and_the_other_does_not(site: Site) -> None:
    packed, plain = site.reader.get("/page", headers=GZIP), site.reader.get("/page")
    assert gzip.decompress(packed.data) == plain.data == LONG.encode()
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert packed.headers["ETag"] == plain.headers["ETag"][:-1] + '-gz"'
    assert site.entered == 1


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("*", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("gzip ; q=0.001", True),
        ("", False),
        ("identity", False),
        ("br, zstd", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("gzip;q=nonsense", False),
        ("gzip;level=9", False),
        (",;,;q=;=", False),
        ("notgzip", False),
    ],
)
def test_accept_encoding_is_read_as_the_standard_has_it(site: Site, accepted: str, takes: bool) -> None:
    answer = site.reader.get("/page", headers={"Accept-Encoding": accepted})
    assert (answer.headers.get("Content-Encoding") == "gzip") is takes


def test_short_page_stays_plain_for_everybody_also_when_made_anew(site: Site) -> None:
    site.text = "short"
    for _ in range(3):
        answer = site.reader.get("/page", headers=GZIP)
        assert answer.text == "short"
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"
        site.time += 1


def test_unchanged_page_is_not_compressed_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    compressed: list[int] = []
    compress = gzip.compress
    monkeypatch.setattr(gzip, "compress", lambda *a, **k: compressed.append(1) or compress(*a, **k))
    before = site.reader.get("/page", headers=GZIP)
    site.time += 1
    after = site.reader.get("/page", headers=GZIP)
    assert site.entered == 2
    assert len(compressed) == 1
    assert (before.data, before.headers["ETag"]) == (after.data, after.headers["ETag"])


def test_reader_who_has_the_page_is_told_so(site: Site) -> None:
    for coding in (GZIP, {}):
        etag = site.reader.get("/page", headers=coding).headers["ETag"]
        for wanted in (etag, f'"other", {etag}', f"W/{etag}", "*", f'  "a" ,W/{etag}  '):
            answer = site.reader.get("/page", headers={**coding, "If-None-Match": wanted})
            assert (answer.status_code, answer.data) == (304, b"")
            assert answer.headers["ETag"] == etag
            assert answer.headers["Cache-Control"].startswith("public, max-age=2")
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert "Content-Security-Policy" in answer.headers
            assert not {"Content-Length", "Content-Type", "Content-Encoding"} & set(answer.headers.keys())
    assert site.layer.not_modified == 10


@pytest.mark.parametrize("wanted", ['"other"', "nonsense", "", ",,,", 'W/"', "\xff"])
def test_reader_who_has_another_page_gets_this_one(site: Site, wanted: str) -> None:
    assert site.reader.get("/page", headers={"If-None-Match": wanted}).status_code == 200


def test_etag_of_one_coding_does_not_stand_for_the_other(site: Site) -> None:
    etag = site.reader.get("/page", headers=GZIP).headers["ETag"]
    assert site.reader.get("/page", headers={"If-None-Match": etag}).status_code == 200


def test_first_reader_with_an_old_copy_leaves_a_whole_page_for_the_next(site: Site) -> None:
    etag = site.reader.get("/page").headers["ETag"]
    site.time += 1
    assert site.reader.get("/page", headers={"If-None-Match": etag}).status_code == 304
    assert site.reader.get("/page").data == LONG.encode()
    assert site.entered == 2


def test_head_tells_of_the_page_without_its_body_and_leaves_a_whole_one(site: Site) -> None:
    head, whole = site.reader.head("/page"), site.reader.get("/page")
    assert head.data == b""
    assert list(head.headers) == list(whole.headers)
    assert whole.data == LONG.encode()
    assert site.entered == 1


# What is kept apart, and what is not kept


def test_addresses_with_different_queries_are_different_pages(site: Site) -> None:
    view(site, "/list")(lambda: cacheable(make_response(request.query_string.decode() or "none"), "home"))
    for _ in range(2):
        assert site.reader.get("/list").text == "none"
        assert site.reader.get("/list?before=1").text == "before=1"
        assert site.reader.get("/list?before=2").text == "before=2"
    assert site.entered == 3


def test_question_mark_in_a_path_is_not_taken_for_a_query(site: Site) -> None:
    view(site, "/<path:rest>")(lambda rest: cacheable(make_response(f"{rest}|{request.query_string.decode()}"), "x"))
    assert site.reader.get("/a%3Fb").text == "a?b|"
    assert site.reader.get("/a?b").text == "a|b"
    assert site.reader.get("/a%3Fb?c").text == "a?b|c"
    assert site.reader.get("/a?b?c").text == "a|b?c"


def test_endless_queries_do_not_push_out_the_page(site: Site) -> None:
    site.reader.get("/page")
    for number in range(400):
        site.reader.get(f"/page?noise={number}")
    entered = site.entered
    site.reader.get("/page")
    assert site.entered == entered
    site.reader.get("/page?noise=399")
    assert site.entered == entered
    site.reader.get("/page?noise=0")  # the oldest of them had to go
    assert site.entered == entered + 1


def test_page_too_large_to_keep_is_sent_with_etag_all_the_same(site: Site) -> None:
    site.text = "x" * (2**20 + 1)
    etag = site.reader.get("/page").headers["ETag"]
    assert site.reader.get("/page", headers={"If-None-Match": etag}).status_code == 304
    assert site.entered == 2


def test_page_larger_than_all_memory_leaves_the_others_in_place() -> None:
    site = Site(capacity=20_000)
    site.flask.add_url_rule("/page", view_func=site.page)
    view(site, "/huge")(lambda: cacheable(make_response("x" * 30_000), "huge"))
    site.reader.get("/page")
    assert len(site.reader.get("/huge").data) == 30_000
    site.reader.get("/page")
    assert site.entered == 2


def test_memory_is_bounded_and_the_longest_unread_page_goes_first() -> None:
    site = Site(capacity=50_000)
    view(site, "/<name>")(lambda name: cacheable(make_response(name * 2000), "x"))
    for number in range(10, 40):
        site.reader.get(f"/{number}")
    assert site.entered == 30
    site.reader.get("/39")
    assert site.entered == 30
    site.reader.get("/10")
    assert site.entered == 31


@pytest.mark.parametrize("status", [201, 302, 404, 410, 500])
def test_only_a_full_answer_is_kept(site: Site, status: int) -> None:
    view(site, "/odd")(lambda: cacheable(make_response("odd", status), "x"))
    for _ in range(2):
        answer = site.reader.get("/odd")
        assert answer.status_code == status
        assert "X-Page-Cache" not in answer.headers
    assert site.entered == 2


def test_answer_that_did_not_ask_for_it_passes_untouched(site: Site) -> None:
    view(site, "/mine")(lambda: make_response("mine", {"ETag": '"own"', "Vary": "Cookie"}))
    for _ in range(2):
        answer = site.reader.get("/mine", headers=GZIP)
        assert (answer.text, answer.headers["ETag"], answer.headers["Vary"]) == ("mine", '"own"', "Cookie")
        assert answer.headers["Cache-Control"] == "no-store"
    assert site.entered == 2
    assert site.reader.head("/mine").data == b""


def test_view_that_answers_conditions_itself_is_asked_them(site: Site) -> None:
    def own() -> Response:
        response = make_response("own")
        response.set_etag("mine")
        return response.make_conditional(request)

    view(site, "/own")(own)
    assert site.reader.get("/own", headers={"If-None-Match": '"mine"'}).status_code == 304


def test_posting_enters_flask_and_its_answer_is_not_kept(site: Site) -> None:
    view(site, "/form")(lambda: cacheable(make_response(request.method), "x"))
    assert site.reader.post("/form").text == "POST"
    assert "X-Page-Cache" not in site.reader.post("/form").headers
    assert site.reader.get("/form").text == "GET"
    assert site.reader.post("/form").text == "POST"


def test_stranger_cannot_have_an_answer_kept_by_asking(site: Site) -> None:
    view(site, "/mine")(lambda: "mine")
    for _ in range(2):
        site.reader.get("/mine", headers={"X-Page-Cache": "petition:1"})
    assert site.entered == 2


def personal_by_cookie() -> Response:
    response = cacheable(make_response("page"), "petition:1")
    response.set_cookie("visitor", "7")
    return response


def personal_by_session() -> Response:
    return cacheable(make_response(f"Hello {session.get('name')}"), "petition:1")


@pytest.mark.parametrize("personal", [personal_by_cookie, personal_by_session])
def test_page_that_shows_a_person_is_kept_by_nobody_and_noted(
    site: Site, personal: Callable[[], Response], caplog: pytest.LogCaptureFixture
) -> None:
    view(site, "/personal")(personal)
    with caplog.at_level(logging.ERROR):
        answers = [site.reader.get("/personal") for _ in range(2)]
    assert site.entered == 2
    assert [answer.headers.getlist("Cache-Control") for answer in answers] == [["no-store"]] * 2
    assert "a page for everybody (petition:1) is not kept" in caplog.text


def test_page_that_was_made_private_after_all_is_not_kept(site: Site) -> None:
    view(site, "/late")(lambda: security_headers.private(cacheable(make_response("late"), "x")))
    for _ in range(2):
        assert site.reader.get("/late").headers["Cache-Control"] == "no-store"
    assert site.entered == 2


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
    started, may_end = threading.Event(), threading.Event()

    def wait_once() -> None:
        site.during = lambda: None
        started.set()
        assert may_end.wait(10)

    site.during = wait_once
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
    started, may_end = threading.Event(), threading.Event()

    def hang_once() -> None:
        site.during = lambda: None
        started.set()
        assert may_end.wait(10)

    site.during = hang_once
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
    started, may_end = threading.Event(), threading.Event()

    def hang_once() -> None:
        site.during = lambda: None
        started.set()
        assert may_end.wait(10)

    site.during = hang_once
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
