"""Whatever its bytes, nothing that is sent to the admin makes a 500, at the door or behind it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.admin.desk import Desk, make_member
from tests.databases import both_engines
from tests.test_bad_input import BODIES

DOORS = ("sign-in", "sign-in/code", "set-up", "set-up/account", "new-password", "invitation/x", "new-password/x")
BEHIND = (
    "account",
    "account/password",
    "team/invitation",
    "step-up",
    "account/second-factor",
    "comments/decision",
    "comments/rules",
    "comments/acts/x/undo",
    "signatures",
    "signatures/rules",
    "signatures/rules/preview",
)
ODD = [
    "\x00",
    "\ufffd\uffff",
    "\u202eevil\u202c",
    "🌻" * 400,
    "x" * 5000,
    "<script>alert(1)</script>",
    "-1",
    "{{ 7 * 7 }} %(x)s",
]
FIELDS = (
    *("email", "name", "password", "code", "role", "locale", "next", "kept", "current", "step_up_password"),
    *("show", "hide", "id", "point", "words", "state", "petition", "flags_to_queue", "flags_to_hide"),
    *("postal_code", "network", "since", "until", "after", "reason", "foreseen"),
)


@both_engines
def test_no_body_breaks_a_page(app: Flask, charlie: Desk, alice: Desk) -> None:
    make_member("reader", name="Bob")
    alice.step_up()
    for desk, pages in ((charlie, DOORS), (alice, BEHIND)):
        for page in pages:
            for body, kind in BODIES:
                for token in ("", desk.token):
                    headers = {"Content-Type": kind, **({"X-CSRFToken": token} if token else {})}
                    response = desk.post(f"/admin/{page}", data=body, headers=headers)
                    assert response.status_code < 500, (page, body[:40], kind)


@both_engines
@pytest.mark.parametrize("value", ODD, ids=lambda value: ascii(value)[:16])
def test_no_value_breaks_a_field(app: Flask, charlie: Desk, alice: Desk, value: str) -> None:
    make_member("reader", name="Bob")
    alice.step_up()
    for desk, pages in ((charlie, DOORS), (alice, BEHIND)):
        for page in pages:
            for field in FIELDS:
                usual = {"email": "dora@example.org", "name": "Dora", "role": "reader", "locale": "en"}
                response = desk.send(f"/admin/{page}", **{**usual, field: value})
                assert response.status_code < 500, (page, field)
                assert "<script>alert" not in response.get_data(as_text=True)


def test_too_much_is_refused_before_it_is_read(app: Flask, charlie: Desk, alice: Desk) -> None:
    make_member("reader", name="Bob")
    assert charlie.send("/admin/sign-in", email="a@example.org", password="x" * 100_000).status_code == 413
    assert alice.send("/admin/account", name="x" * 2_000_000).status_code == 413
