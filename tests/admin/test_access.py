"""Every role at every route of the admin, by the one table; and a stranger, who stays at the door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from petition_app.admin.access import ROLES, STEP_UP, TABLE, admin_routes, is_admin_path
from tests.admin.conftest import AsMember
from tests.admin.desk import Desk

# Whoever comes may stand here; a page that is added to them is a decision, and so a line of this test.
DOORS = {
    "admin.sign_in.form",
    "admin.sign_in.enter",
    "admin.sign_in.code_form",
    "admin.sign_in.enter_code",
    "admin.set_up.code_form",
    "admin.set_up.enter_code",
    "admin.set_up.account_form",
    "admin.set_up.make_account",
    "admin.invitation.form",
    "admin.invitation.accept",
    "admin.new_password.ask_form",
    "admin.new_password.ask",
    "admin.new_password.sent",
    "admin.new_password.form",
    "admin.new_password.save",
    "admin.passkeys.sign_in_form",
    "admin.passkeys.sign_in",
}


def test_every_route_has_a_rule(app: Flask) -> None:
    routes = list(admin_routes(app))
    assert len(routes) > 5
    assert [endpoint for endpoint, _address, rule in routes if rule is None] == []
    assert {endpoint for endpoint, _address, rule in routes if rule is not None and rule.is_door} == DOORS


def test_no_screen_stands_elsewhere(app: Flask) -> None:
    """A view that is marked stands under /admin, where the guard looks."""
    for route in app.url_map.iter_rules():
        marked = hasattr(app.view_functions[route.endpoint], "access_rule")
        assert marked == is_admin_path(route.rule), route.endpoint


def requests(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Each route that is no door: its action, a method, an address."""
    for route in app.url_map.iter_rules():
        rule = getattr(app.view_functions[route.endpoint], "access_rule", None)
        if rule is None or rule.is_door or route.endpoint == "admin.sign_in.out":
            continue
        kinds = {name: converter.__class__.__name__ for name, converter in route._converters.items()}
        values = {name: sample_of(kind) for name, kind in kinds.items()}
        with app.test_request_context():
            address = app.url_map.bind("localhost").build(route.endpoint, values, method=None)
        for method in sorted((route.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            yield rule.action, method, address


def sample_of(converter: str) -> str:
    """What stands in an address in place of a variable part: the name of nothing that there is."""
    return {"IntegerConverter": "2147480000", "LocaleConverter": "fr"}.get(converter, "no-such-thing")


@pytest.mark.parametrize("role", ROLES)
def test_each_role_does_what_its_line_allows_and_nothing_else(app: Flask, as_member: AsMember, role: str) -> None:
    desk = as_member(role)
    desk.step_up()
    seen = 0
    for action, method, address in requests(app):
        response = desk.open(address, method=method, data={"csrf_token": desk.token} if method != "GET" else None)
        may = role in TABLE[action]
        assert (response.status_code == 403) != may, (role, method, address, response.status_code)
        assert response.status_code < 500, (method, address)
        seen += 1
    assert seen >= 3


def test_a_stranger_gets_no_further_than_the_door(app: Flask, charlie: Desk) -> None:
    for _action, method, address in requests(app):
        response = charlie.open(address, method=method)
        if method == "GET":
            assert response.status_code == 303, address
            assert response.location.startswith("/admin/sign-in")
        else:
            assert response.status_code == 401, (method, address)
            assert 'action="/admin/sign-in"' in response.get_data(as_text=True)
        assert charlie.open(address, method=method, headers={"HX-Request": "true"}).status_code == 401


def test_a_form_without_the_token_is_not_taken(app: Flask, alice: Desk) -> None:
    alice.step_up()
    for _action, method, address in requests(app):
        if method == "GET":
            continue
        for data in ({}, {"csrf_token": ""}, {"csrf_token": "wrong"}, {"csrf_token": alice.token + "x"}):
            assert alice.open(address, method=method, data=data).status_code == 400, address
        foreign = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
        response = alice.open(address, method=method, data={"csrf_token": alice.token}, headers=foreign)
        assert response.status_code == 403
        assert "another site" in response.get_data(as_text=True)


def test_the_password_is_asked_for_again_where_harm_could_be_done(app: Flask, alice: Desk) -> None:
    for action, method, address in requests(app):
        if action not in STEP_UP:
            continue
        data = {"csrf_token": alice.token, "kept": "<typed>"} if method != "GET" else None
        page = alice.open(address, method=method, data=data).get_data(as_text=True)
        assert 'name="step_up_password"' in page, address
        if method != "GET":
            assert 'value="&lt;typed&gt;"' in page


def test_a_route_without_a_rule_is_refused(app: Flask, alice: Desk) -> None:
    app.view_functions["admin.dashboard.index"] = lambda: "forgotten"
    assert alice.get("/admin/").status_code == 403
