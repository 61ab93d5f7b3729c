"""The gate: who signs waits in front of it, and never in the way of who reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

from petition_app.web import gate
from petition_app.web.gate import Gate
from petition_app.web.page_layer import PageLayer
from tests.server import wait_until
from tests.web.conftest import LONG, Site


class Inside:
    """An application that counts who is in it, and lets nobody out before it is told to."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.order: list[str] = []
        self.may_go = threading.Event()
        self._mutex = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._mutex:
            self.now += 1
            self.most = max(self.most, self.now)
            self.order.append(environ["PATH_INFO"])
        assert self.may_go.wait(20)
        with self._mutex:
            self.now -= 1
        return Response("in")(environ, start_response)


def test_no_more_go_in_than_there_are_places_and_all_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "PATIENCE", 20.0)
    inside = Inside()
    narrow = Gate(inside, 3)
    with ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(Client(narrow).get, "/") for _ in range(12)]
        wait_until(lambda: inside.now == 3)
        time.sleep(0.1)
        assert inside.now == 3
        inside.may_go.set()
        assert [answer.result(20).status_code for answer in answers] == [200] * 12
    assert inside.most == 3


def test_first_come_first_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "PATIENCE", 20.0)
    inside = Inside()
    narrow = Gate(inside, 1)
    with ThreadPoolExecutor(6) as pool:
        for number in range(6):
            pool.submit(Client(narrow).get, f"/{number}")
            wait_until(lambda n=number: len(narrow._waiting) + inside.now == n + 1)  # type: ignore[misc]  # its default
        inside.may_go.set()
    assert inside.order == [f"/{number}" for number in range(6)]


def test_whoever_loses_patience_goes_in_and_the_places_are_right_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "PATIENCE", 0.05)
    inside = Inside()
    narrow = Gate(inside, 1)
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(Client(narrow).get, "/") for _ in range(4)]
        wait_until(lambda: inside.now == 4)
        inside.may_go.set()
        assert [answer.result(20).status_code for answer in answers] == [200] * 4
    assert (narrow._free, len(narrow._waiting)) == (1, 0)


def test_a_place_is_free_again_after_a_fault() -> None:
    def broken(_environ: object, _start_response: object) -> Iterable[bytes]:
        raise ValueError("broken")

    narrow = Gate(broken, 1)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            Client(narrow).get("/")


def test_a_reader_is_answered_from_memory_while_every_place_is_taken(site: Site) -> None:
    """The page is kept; those who sign hold all places, and more wait in front."""
    going = threading.Event()

    def hang() -> str:
        assert going.wait(20)
        return "signed"

    site.flask.add_url_rule("/sign", view_func=hang, methods=["POST"])
    site.layer = PageLayer(Gate(site.flask.wsgi_app, 2), clock=lambda: site.time)
    assert Client(site.layer).get("/page").text == LONG
    with ThreadPoolExecutor(4) as pool:
        signers = [pool.submit(Client(site.layer).post, "/sign") for _ in range(4)]
        wait_until(lambda: site.entered >= 3)
        assert Client(site.layer).get("/page").text == LONG
        going.set()
        assert [signer.result(20).text for signer in signers] == ["signed"] * 4
