"""What readers get while the database is away or held up: the last page that could be made, for five minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import abort

from tests.web.conftest import LONG, Site


def fail() -> None:
    abort(503)


def test_a_page_that_cannot_be_made_is_the_last_one_that_could(site: Site) -> None:
    site.reader.get("/page")
    site.during, site.text = fail, "new"
    site.time += 5
    assert site.reader.get("/page").text == LONG
    entered = site.entered
    assert site.reader.get("/page").text == LONG
    assert site.entered == entered, "it is tried once a second, not for every reader"
    site.time += 1
    site.during = lambda: None
    assert site.reader.get("/page").text == "new"


def test_after_five_minutes_the_error_is_told(site: Site) -> None:
    site.reader.get("/page")
    site.during = fail
    for _minute in range(4):
        site.time += 60
        assert site.reader.get("/page").status_code == 200
    site.time += 61
    assert site.reader.get("/page").status_code == 503


def test_a_page_that_was_never_made_has_no_stand_in(site: Site) -> None:
    site.during = fail
    assert site.reader.get("/page").status_code == 503


def test_a_page_that_was_dropped_has_no_stand_in(site: Site) -> None:
    """What was taken down does not come back because the database is away."""
    site.reader.get("/page")
    site.layer.drop("petition:1")
    site.during = fail
    assert site.reader.get("/page").status_code == 503


def test_a_page_that_is_gone_has_no_stand_in(site: Site) -> None:
    site.reader.get("/page")
    site.during = lambda: abort(404)
    site.time += 5
    assert site.reader.get("/page").status_code == 404


def test_readers_are_given_the_last_page_while_the_next_one_is_made(site: Site) -> None:
    """For a quarter of a second only: then they wait for it, so that nothing older than a second is given out."""
    site.reader.get("/page")
    going, entered = threading.Event(), threading.Event()

    def take_time() -> None:
        entered.set()
        assert going.wait(10)

    site.during, site.text = take_time, "new"
    site.time += 0.8
    first: list[str] = []
    maker = _in_thread(lambda: first.append(site.reader.get("/page").text))
    assert entered.wait(10)
    assert site.reader.get("/page").text == LONG
    site.time += 0.2
    later: list[str] = []
    waiter = _in_thread(lambda: later.append(site.reader.get("/page").text))
    site.during = lambda: None
    going.set()
    maker.join(10)
    waiter.join(10)
    assert (first, later) == (["new"], ["new"])


def test_readers_do_not_wait_for_a_page_that_is_held_up(site: Site) -> None:
    site.reader.get("/page")
    going, entered = threading.Event(), threading.Event()

    def hang() -> None:
        entered.set()
        going.wait(20)

    site.during, site.text = hang, "new"
    site.time += 5
    late: list[str] = []
    thread = _in_thread(lambda: late.append(site.reader.get("/page").text))
    assert entered.wait(10)
    assert site.reader.get("/page").text == LONG, "the second reader has waited a second"
    site.time += 1.5
    before = site.entered
    for _ in range(20):
        assert site.reader.get("/page").text == LONG, "the others do not wait at all"
    assert site.entered == before
    going.set()
    thread.join(20)
    assert late == ["new"]
    assert site.reader.get("/page").text == "new"


def _in_thread(call: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=call)
    thread.start()
    return thread
