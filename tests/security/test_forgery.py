"""Requests that another site's page makes a browser send: none changes anything, at any address of the site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from petition_app.admin.access import is_admin_path, rule_of
from petition_app.extensions import db
from petition_app.models import Petition
from tests.admin.desk import Desk
from tests.security.routes import Route, routes
from tests.story import ALICE, confirmed
from tests.visitor import Visitor

ELSEWHERE = (
    {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://elsewhere.example"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
    {"Origin": "http://localhost.elsewhere.example"},
    {"Origin": "http://localhost@elsewhere.example"},
    {"Origin": "https://elsewhere.example", "Host": "localhost"},
)
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
# By opening this page, a secret is proposed that counts for nothing until a code of it is entered.
PROPOSES = {"admin.account.second_factor"}
# What is taken along is noted in the log, by a GET that a download has to be; it asks for the password before.
NOTES = {"admin.audit_log.export", "admin.exports.fetch", "admin.delivery.fetch"}


def changing(app: Flask, **parts: str) -> Iterator[Route]:
    return (route for route in routes(app, **parts) if route.method != "GET")


@pytest.fixture
def written(app: Flask) -> Iterator[list[str]]:
    """Every statement that changes something, from now on."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if _WRITES.match(statement):
            statements.append(statement.split("\n")[0][:80])

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


def test_every_route_of_the_admin_wants_its_own_token(
    app: Flask, alice: Desk, petition: Petition, written: list[str]
) -> None:
    """Doors, too: who signs somebody in under another name would read along from then on."""
    alice.step_up()
    alice.get("/admin/")
    written.clear()
    tried = 0
    for route in changing(app, slug=petition.slug):
        if not is_admin_path(route.address):
            continue
        for data in ({}, {"csrf_token": ""}, {"csrf_token": alice.token[:-1] + "~"}):
            assert alice.open(route.address, method=route.method, data=data).status_code == 400, route
        as_json = alice.open(route.address, method=route.method, json={"csrf_token": alice.token})
        assert as_json.status_code == 400, route
        in_address = alice.open(f"{route.address}?csrf_token={alice.token}", method=route.method)
        assert in_address.status_code == 400, route
        tried += 1
    assert tried > 60
    assert written == []


def test_another_browsers_token_is_none(app: Flask, alice: Desk, bob: Desk, charlie: Desk, petition: Petition) -> None:
    """Nor is that of a stranger, who gets one at the door for nothing."""
    bob.get("/admin/")
    charlie.get("/admin/sign-in")
    for route in changing(app, slug=petition.slug):
        rule = rule_of(app, route.endpoint)
        if rule is None:
            continue
        for token in (bob.token, charlie.token):
            assert token
            response = alice.open(route.address, method=route.method, data={"csrf_token": token})
            assert response.status_code == 400, route


@pytest.mark.parametrize("headers", ELSEWHERE, ids=lambda headers: " ".join(headers.values())[:40])
def test_what_another_site_sends_is_refused_even_with_the_token(
    app: Flask, alice: Desk, petition: Petition, written: list[str], headers: dict[str, str]
) -> None:
    alice.step_up()
    alice.get("/admin/")
    written.clear()
    for route in changing(app, slug=petition.slug):
        if is_admin_path(route.address):
            data = {"csrf_token": alice.token}
            response = alice.open(route.address, method=route.method, data=data, headers=headers)
            assert response.status_code == 403, route
    assert written == []


def test_the_signers_forms_are_refused_too(app: Flask, client: Visitor, petition: Petition, written: list[str]) -> None:
    """They have no cookie to misuse; but nobody's browser should sign for them, or flag, by another site's page."""
    token = confirmed(app, client).rpartition("/")[2]
    written.clear()
    tried = set()
    for route in changing(app, slug=petition.slug, token=token):
        if is_admin_path(route.address) or route.endpoint == "updates.unsubscribe":
            continue
        for headers in ELSEWHERE:
            if headers == {"Origin": "null"} and "token" in route.rule.arguments:
                continue  # the token in the address is the credential; our own pages with one send no Origin
            response = client.open(route.address, method=route.method, data=ALICE, headers=headers)
            assert response.status_code in (403, 404), (route, headers)
        tried.add(route.endpoint)
    assert {"signing.sign", "signing.correct", "signing.erase", "signing.withdraw", "comments.flag"} <= tried
    assert written == []


def test_nothing_changes_by_reading(app: Flask, alice: Desk, petition: Petition, written: list[str]) -> None:
    """A picture, a link or a prefetch is a GET: a cookie that goes along with one does no harm."""
    confirmed(app, app.test_client())  # type: ignore[arg-type]  # a Visitor
    alice.step_up()
    alice.get("/admin/")
    read = 0
    for route in routes(app, slug=petition.slug):
        if route.method != "GET" or route.endpoint in PROPOSES | NOTES:
            continue
        written.clear()
        response = alice.get(route.address, headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status_code < 500, route
        assert written == [], (route, written)
        read += 1
    assert read > 60


def test_a_link_confirms_withdraws_and_erases_nothing_by_being_opened(
    app: Flask, client: Visitor, petition: Petition, written: list[str]
) -> None:
    """Mail programs and scanners open every link that they find."""
    token = confirmed(app, client).rpartition("/")[2]
    written.clear()
    opened = [route for route in routes(app, token=token) if route.method == "GET" and "token" in route.rule.arguments]
    for route in opened:
        for method in ("GET", "HEAD", "OPTIONS"):
            assert client.open(route.address, method=method).status_code < 500
    assert len(opened) >= 8
    assert written == []
