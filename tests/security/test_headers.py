"""What every answer says to the browser: kept out of frames, guessed at by nobody, and told of to nobody else."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from petition_app.models import Petition
from tests.admin.desk import Desk
from tests.security.routes import METHODS, routes
from tests.story import confirmed
from tests.visitor import Visitor


@pytest.mark.parametrize(
    "variables", [{"PETITION_SITE_URL": "https://petition.example.org", "PETITION_ABUSE_CONTROLS": "on"}]
)
def test_no_answer_at_all_may_be_framed_or_guessed_at(app: Flask, alice: Desk, petition: Petition) -> None:
    """Clickjacking: not the pages, nor the errors, redirects and files. And HSTS for a year or more."""
    plain = app.test_client()
    for path in (*(route.address for route in routes(app, slug=petition.slug)), "/nothing", "/static/nothing", "/%00"):
        for method in ("GET", "POST"):
            answer = super(type(plain), plain).open(path, method=method, base_url="https://petition.example.org")
            headers = answer.headers
            policy = headers["Content-Security-Policy"]
            for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
                assert part in policy, (path, part)
            assert "unsafe" not in policy
            assert "*" not in policy
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert int(re.findall(r"max-age=(\d+)", headers["Strict-Transport-Security"])[0]) >= 31_536_000
            assert "Access-Control-Allow-Origin" not in headers
            assert "Server" not in headers
            assert "X-Powered-By" not in headers
            if answer.data:
                kind = headers["Content-Type"]
                assert "charset=utf-8" in kind.lower() or not kind.startswith(("text/", "application/xml")), (
                    path,
                    kind,
                )


def test_an_address_with_a_token_is_told_to_nobody(app: Flask, client: Visitor, petition: Petition) -> None:
    """`Referer`: none from a page whose address is a key; from the admin to the admin alone."""
    personal = confirmed(app, client)
    token = personal.rpartition("/")[2]
    seen = set()
    for route in routes(app, token=token):
        if "token" in route.rule.arguments and route.method == "GET":
            browser = Desk(app, app.response_class) if route.address.startswith("/admin") else client
            answer = browser.get(route.address)
            wanted = "same-origin" if route.address.startswith("/admin") else "no-referrer"
            assert answer.headers["Referrer-Policy"] == wanted, route
            assert answer.headers["Cache-Control"] == "no-store", route
            assert "noindex" in answer.headers["X-Robots-Tag"], route
            seen.add(route.endpoint)
    assert {"signing.personal", "signing.confirmation", "updates.unsubscribing", "outcomes.answer"} <= seen
    page = client.get(personal).get_data(as_text=True)
    loaded = re.findall(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=\"([^\"]+)\"", page)
    assert loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded), loaded


def test_methods_that_nobody_needs_do_nothing(app: Flask, client: Visitor, petition: Petition) -> None:
    for method in ("TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND", "PUT", "DELETE", "PATCH"):
        answer = client.open("/fr/petitions/clean-water", method=method, headers={"X-Secret": "told back"})
        assert answer.status_code == 405, method
        assert "told back" not in answer.get_data(as_text=True)
    for route in routes(app, slug=petition.slug):
        assert route.method in METHODS[:2], "every change is a POST"


@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/.git/HEAD", "/.env", "/.svn/entries", "/wsgi.py", "/static/", "/static/..%2f.env", "/console",
     "/debug", "/server-status", "/docs", "/openapi.json", "/metrics", "/backup.tar.gz", "/var/petition.sqlite3"],
)  # fmt: skip
def test_nothing_else_is_served(client: Visitor, path: str) -> None:
    assert client.get(path).status_code == 404
