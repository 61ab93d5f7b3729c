"""What readers, proxies and signers meet at the page layer: what it keeps, and what it never does."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable

import pytest
from flask import Response, make_response, request, session

from petition_app.web import security_headers
from petition_app.web.page_layer import cacheable
from tests.web.conftest import GZIP, LONG, Site, view

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


def test_page_is_made_anew_within_a_second_and_never_given_out_older(site: Site) -> None:
    site.reader.get("/page")
    site.text = "new"
    site.time += 0.74
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
