"""A member's browser: it keeps the admin's cookie, sends the last page's token, and proves each page well-formed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petition_app.admin import passwords
from petition_app.admin.access import is_admin_path
from petition_app.antiabuse.mailboxes import canonical_mailbox
from petition_app.extensions import db
from petition_app.models import Member, MemberSession
from petition_app.models.base import now
from petition_app.models.member_session import hash_of, new_session_key
from petition_app.transactions import writing
from tests.visitor import check_answer

PASSWORD = "seven green bicycles"  # noqa: S105  # made up
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_hashes: dict[str, str] = {}


class Desk(FlaskClient):
    """`desk.get(…)` reads, `desk.send(path, name="…")` presses a button."""

    token = ""
    member_id = 0

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        with self.application.app_context():
            # Read to its end and closed, as a server does: a file that is sent keeps one of few places until then.
            response = super().open(*args, **{"buffered": True, **kwargs})
        if has_app_context():  # what the test has loaded is read anew
            db.session.rollback()
            db.session.expire_all()
        check_answer(response)
        if is_admin_path(response.request.path):
            assert response.headers["Cache-Control"] == "no-store"
            for cookie in response.headers.getlist("Set-Cookie"):
                assert {"Path=/admin", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; ")), cookie
        else:
            assert "Set-Cookie" not in response.headers, "a public page set a cookie"
        if response.mimetype == "text/html" and (found := _TOKEN.search(response.get_data(as_text=True))):
            self.token = found[1]
        return response

    def send(
        self, path: str, *, files: dict[str, Any] | None = None, htmx: bool = False, **fields: Any
    ) -> TestResponse:
        """Send a form to a page: what a press on its button does. None leaves a field out."""
        for page in ("/admin/sign-in", "/admin/", "/admin/set-up"):
            if not self.token:
                self.get(page)
        data = {"csrf_token": self.token, **{k: v for k, v in fields.items() if v is not None}, **(files or {})}
        return self.post(path, data=data, headers={"HX-Request": "true"} if htmx else {})

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        self.get("/admin/sign-in")
        response = self.send("/admin/sign-in", email=email, password=password)
        if response.location == "/admin/sign-in/code":
            self.get(response.location)
        return response

    def step_up(self, password: str = PASSWORD) -> None:
        """Type the password again, as exports, the team and the settings ask for it."""
        assert self.send("/admin/step-up", step_up_password=password, next="/admin/").status_code == 303

    @property
    def member(self) -> Member:
        return db.session.get_one(Member, self.member_id)


def make_member(role: str, *, name: str, email: str = "", password: str = PASSWORD, **values: Any) -> int:
    """A member who has joined the team, by key."""
    email = email or f"{name.lower()}@example.org"
    if password not in _hashes:
        _hashes[password] = passwords.hash_of(password)
    at: datetime = now()
    with writing() as session:
        member = Member(
            email=email,
            mailbox=canonical_mailbox(email),
            name=name,
            role=role,
            password_hash=_hashes[password],
            **{"locale": "en", "joined_at": at, **values},
        )
        session.add(member)
    return member.id


def signed_in(app: Flask, member_id: int) -> Desk:
    """A browser in which this member is signed in since some time: the password would be asked for again."""
    key = new_session_key()
    with writing() as session:
        session.add(MemberSession(member_id=member_id, key_hash=hash_of(key), user_agent="Firefox on Linux"))
    desk = Desk(app, app.response_class)
    with desk.session_transaction("/admin/") as cookie:
        cookie["key"] = key
    desk.member_id = member_id
    return desk
