"""One small application behind a page layer, for many readers."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask, Response, make_response
from werkzeug.test import Client

from petition_app.web import security_headers
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

    def hold_next(self) -> tuple[threading.Event, threading.Event]:
        """The next making stays half done: the first event tells that it has begun, the second lets it end."""
        started, may_end = threading.Event(), threading.Event()

        def hold() -> None:
            self.during = lambda: None
            started.set()
            assert may_end.wait(10)

        self.during = hold
        return started, may_end

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
