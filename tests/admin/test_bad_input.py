"""Whatever its bytes, nothing that is sent to the admin makes a 500, at the door or behind it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.admin.desk import Desk, make_member
from tests.databases import both_engines
from tests.test_bad_input import BODIES

# Each page with the fields that it reads.
DOORS = {
    "sign-in": ("email", "password", "next", "kept"),
    "sign-in/code": ("code",),
    "sign-in/passkey": ("credential", "next"),
    "set-up": ("code",),
    "set-up/account": ("name", "email", "password"),
    "new-password": ("email",),
    "invitation/x": ("password",),
    "new-password/x": ("password",),
}
_SOUGHT = ("petition", "name", "email", "postal_code", "network", "since", "until", "after")
_TEXT = ("act", "revision", "title", "summary", "body", "call_to_action", "recipient_name")
_EDITED = "petitions/clean-water/"
BEHIND = {
    "account": ("name", "locale", "email"),
    "account/password": ("current", "password"),
    "team/invitation": ("name", "email", "role", "locale"),
    "step-up": ("password", "step_up_password", "next", "kept"),
    "account/second-factor": ("code",),
    "account/passkeys/new": ("name", "credential"),
    "account/passkeys/99999999999/removal": (),
    "comments/decision": ("show", "hide", "id", "point", "words", "state"),
    "comments/rules": ("words", "flags_to_queue", "flags_to_hide"),
    "comments/acts/x/undo": (),
    "signatures": _SOUGHT,
    "signatures/rules": (*_SOUGHT, "reason", "foreseen"),
    "signatures/rules/preview": _SOUGHT,
    _EDITED + "text": _TEXT,
    _EDITED + "text?text=%00": (),
    _EDITED + "text/preview": _TEXT,
    _EDITED + "text/paste": ("html",),
    _EDITED + "text/publication": ("revision", "kind", "reason"),
    _EDITED + "text/drop": ("revision",),
    _EDITED + "text/taking-up?revision=%C3%A9": (),
    _EDITED + "settings": (
        *("act", "revision", "slug", "author", "default_locale", "goal", "closes_at", "comments"),
        *("signers_per_mailbox", "carrier_url"),
    ),
}
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


# What gets as far as a statement are the values below: they take both engines.
@pytest.mark.long
@both_engines
@pytest.mark.usefixtures("petition")
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
@pytest.mark.usefixtures("petition")
def test_no_value_breaks_a_field(app: Flask, charlie: Desk, alice: Desk, value: str) -> None:
    make_member("reader", name="Bob")
    alice.step_up()
    for desk, pages in ((charlie, DOORS), (alice, BEHIND)):
        for page, fields in pages.items():
            for field in (*fields, "unknown"):
                usual = {"email": "dora@example.org", "name": "Dora", "role": "reader", "locale": "en"}
                response = desk.send(f"/admin/{page}", **{**usual, field: value})
                assert response.status_code < 500, (page, field)
                assert "<script>alert" not in response.get_data(as_text=True)


def test_too_much_is_refused_before_it_is_read(app: Flask, charlie: Desk, alice: Desk) -> None:
    make_member("reader", name="Bob")
    assert charlie.send("/admin/sign-in", email="a@example.org", password="x" * 100_000).status_code == 413
    assert alice.send("/admin/account", name="x" * 2_000_000).status_code == 413
